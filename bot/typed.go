package bot

import (
	"context"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// SignedIn writes into the journal that somebody opened the pages: the request is the one that asked for the link, from another place.
func (h *Handler) SignedIn(ctx context.Context, request rules.Request) {
	request.ID, request.Key, request.Time, request.Entry = h.options.NewID(), "", h.options.Now(), rules.EntryWeb
	request.Client, request.Command = name(request.Client), SignInAction
	_, err := h.journal.Receive(ctx, request)
	if err == nil {
		defer h.options.Answered(request.ID)
		err = h.record(ctx, request, SignInAction, answer{outcome: rules.Outcome{Result: rules.Success}})
	}
	if err != nil {
		h.options.Logger.Error("journal not written", "id", "AS1004", "request", request.ID, "err", err)
	}
}

// Type takes a command that somebody typed who is known already: who, from where and with which idempotency key says the request, whose command is
// the text. It walks the path of every other command behind the token's verification, and returns when it ends, or with "" when ctx does.
func (h *Handler) Type(ctx context.Context, request rules.Request) (id, text string, result rules.Result) {
	f := form{command: "/alert", text: wellFormed(request.Command)}
	if f.length = len(f.text); f.length > maxText {
		f.text = strings.ToValidUTF8(f.text[:maxText], "")
	}
	request.ID, request.Time, request.Entry = h.options.NewID(), h.options.Now(), rules.EntryWeb
	request.Client, request.Command = name(request.Client), redact(strings.TrimSpace(f.text))
	access := h.options.Access()
	done := make(chan Reply, 1)
	h.working.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.options.Deadline)
		defer cancel()
		done <- h.work(ctx, access, request, f)
	})
	select {
	case reply := <-done:
		return request.ID, reply.message(), reply.result
	case <-ctx.Done():
		return request.ID, "", ""
	}
}
