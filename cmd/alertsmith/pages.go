package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/bot/web"
	"github.com/alertsmith/alertsmith/rules"
)

// newPages returns the pages for people, which chat and journal are asked for.
func (s *service) newPages() *web.Pages {
	backend := &s.chat.backend
	return web.New(web.Options{
		Find:      s.search.Find,
		Terms:     bot.JournalTerms,
		Versions:  s.index.Versions,
		Changes:   s.index.Changes,
		Commit:    s.index.Commit,
		StateAt:   s.index.StateAt,
		Book:      s.applier.Book,
		BookAt:    s.applier.BookAt,
		Status:    s.status,
		Admits:    func(request rules.Request) bool { return s.chat.access.Load().Admits(request) },
		BasicUser: s.basicUser,
		SignedIn:  func(ctx context.Context, request rules.Request) { s.chat.handler.SignedIn(ctx, request) },
		Secure: func(r *http.Request) bool {
			return r.TLS != nil || strings.HasPrefix(s.cfg.Web.ExternalURL, "https:") || strings.EqualFold(r.Header.Get(forwardedProto), "https")
		},
		Console: s.nobodyChats,
		Type: func(ctx context.Context, request rules.Request) (string, string, rules.Result) {
			return s.chat.handler.Type(ctx, request)
		},
		Now:     time.Now,
		Zone:    backend.Zone,
		Actions: bot.ActionNames(),
		Logger:  s.logger.With("part", "pages"),
	})
}

// nobodyChats reports whether no chat server is known: then whoever there is sits at this machine.
func (s *service) nobodyChats() bool {
	return s.cfg.Mattermost.URL == "" && len(s.chat.access.Load().Tokens) == 0
}

// signIn returns the whole address of a page that signs in whoever gave a request.
func (s *service) signIn(ctx context.Context, request rules.Request) (string, error) {
	base := s.cfg.pagesAddress()
	if base == "" && (request.Entry == rules.EntryCLI || s.nobodyChats()) {
		base = s.address // nobody is known to be on another machine
	}
	if base == "" {
		return "", &rules.Error{Kind: rules.Unavailable, Offset: -1,
			Text: "The address of the pages is not known here: whoever runs Alertsmith has to set web.external_url in its configuration."}
	}
	path, err := s.pages.Ticket(ctx, request)
	return base + path, err
}

// basicUser returns the name that a request was let in by, where the file of --web.config.file has users: without a right password none comes
// so far. The file is read again each time, as what lets requests in does.
func (s *service) basicUser(r *http.Request) string {
	file := *s.settings.web.WebConfigFile
	user, _, said := r.BasicAuth()
	if file == "" || !said {
		return ""
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	var users struct {
		Names map[string]string `yaml:"basic_auth_users"`
	}
	if err := yaml.Unmarshal(content, &users); err != nil || users.Names[user] == "" {
		return ""
	}
	return user
}

// pagesAddress returns where people reach the pages, without a slash at its end; "" where the configuration does not say.
func (c *config) pagesAddress() string { return strings.TrimRight(c.Web.ExternalURL, "/") }
