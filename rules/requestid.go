package rules

import (
	"context"
	"strings"
)

// RequestHeader is the HTTP header that carries the id of a request: in the answer to who gave it, and in what rulers are asked because of it.
const RequestHeader = "X-Request-Id"

type requestIDKey struct{}

// maxRequestIDs is how many requests one question to a ruler names; the log has them all.
const maxRequestIDs = 10

// withRequestIDs returns a context of what is done for some requests.
func withRequestIDs(ctx context.Context, ids ...string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, strings.Join(ids[:min(len(ids), maxRequestIDs)], ","))
}

// RequestIDs returns the ids of the requests that something is done for, with commas between them; "" where it is done for none.
func RequestIDs(ctx context.Context) string {
	ids, _ := ctx.Value(requestIDKey{}).(string)
	return ids
}
