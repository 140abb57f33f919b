package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/bot"
)

// chat is the bot's handler for the tokens and allow-lists in force; a reload puts another in its place.
type chat struct {
	settings   *serve
	backend    bot.Backend
	journal    bot.Journal
	mattermost *bot.Mattermost // nil where the server's address is not known
	deadline   time.Duration
	logger     *slog.Logger
	metrics    *metrics

	token   atomic.Pointer[string] // the bot's
	handler atomic.Pointer[bot.Handler]
	mu      sync.Mutex
	all     []*bot.Handler // those of before too: they may still be working
}

// ServeHTTP takes one command.
func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.Load().ServeHTTP(w, r) }

// botToken returns the bot account's access token, or "".
func (c *chat) botToken() string {
	if token := c.token.Load(); token != nil {
		return *token
	}
	return ""
}

// load reads every token and puts tokens and allow-lists into force. On an error the ones of before stay.
func (c *chat) load(m mattermostConfig) error {
	tokens, err := readTokens(m.TokenFiles...)
	if err != nil {
		return err
	}
	own, err := readToken(filepath.Join(c.settings.storage, tokenName))
	if err != nil {
		return err
	}
	botToken := ""
	if m.BotTokenFile != "" {
		if botToken, err = readToken(m.BotTokenFile); err != nil {
			return err
		}
	}
	handler := bot.New(bot.Options{
		Tokens:     func() []string { return tokens },
		CLITokens:  func() []string { return []string{own} },
		AllowGET:   m.AllowGet,
		Teams:      m.Teams,
		Channels:   m.Channels,
		Users:      m.Users,
		Mattermost: c.mattermost,
		Deadline:   c.deadline,
		Logger:     c.logger,
		Observe:    c.metrics.commanded,
	}, c.backend, c.journal)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.token.Store(&botToken)
	c.handler.Store(handler)
	c.all = append(c.all, handler)
	return nil
}

// wait returns when no command is being worked on. None may come in meanwhile.
func (c *chat) wait(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, handler := range c.all {
		errs = append(errs, handler.Wait(ctx))
	}
	return errors.Join(errs...)
}

// reload reads tokens and allow-lists again. A failure is logged and returned, and leaves everything as it was.
func (s *service) reload() error {
	cfg, err := s.settings.config()
	if err == nil {
		err = s.chat.load(cfg.Mattermost)
	}
	s.metrics.reloaded(err)
	if err != nil {
		s.logger.Error("The configuration was not reloaded; the old one stays in force", "err", err)
		return err
	}
	if needsRestart(*s.cfg, *cfg) {
		s.logger.Warn("Tokens and allow-lists were read again; what else changed in the configuration is read at the next start")
		return nil
	}
	s.logger.Info("Tokens and allow-lists were read again")
	return nil
}

// needsRestart reports whether two configurations differ in what is only read at start.
func needsRestart(running, read config) bool {
	sameServer := running.Mattermost.URL == read.Mattermost.URL
	running.Mattermost, read.Mattermost = mattermostConfig{}, mattermostConfig{}
	return !sameServer || !reflect.DeepEqual(running, read)
}
