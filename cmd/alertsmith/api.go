package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/bot/web"
)

// api returns what answers programs about the journal.
func (s *service) api(ending <-chan struct{}) *web.API {
	return &web.API{
		Find:    s.search.Find,
		Changes: s.search.Changes,
		Head:    s.search.Head,
		Allowed: func(r *http.Request) bool { return s.chat.access.Load().MayRead(tokenOf(r)) || s.pages.SignedIn(r) },
		Now:     time.Now,
		Zone:    s.chat.backend.Zone,
		Actions: bot.ActionNames(),
		Logger:  s.logger.With("part", "api"),
		Ending:  ending,
	}
}

// tokenOf returns the token that a request carries in its header Authorization, as `Token …` or `Bearer …`; "" for none.
func tokenOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Token") && !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// anchor returns what a commit that is made now says of the journal; "" when that cannot be read.
func (s *service) anchor(ctx context.Context) string {
	anchor, err := s.search.Anchor(ctx)
	if err != nil {
		s.logger.Error("A commit does not say how the journal stood", "id", "AS2105", "err", err)
	}
	return anchor
}
