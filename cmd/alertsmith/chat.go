package main

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/bot"
)

// chat is the bot's handler with the tokens and allow-lists in force, which a reload replaces.
type chat struct {
	settings   *serve
	backend    bot.Backend
	journal    bot.Journal
	answered   func(request string) // as bot.Options has it
	mattermost *bot.Mattermost      // nil where the server's address is not known
	deadline   time.Duration
	logger     *slog.Logger
	metrics    *metrics

	token   atomic.Pointer[string] // the bot's
	access  atomic.Pointer[bot.Access]
	handler *bot.Handler // made by the first load
}

// ServeHTTP takes one command.
func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// actionPath is where Mattermost sends the presses of buttons.
const actionPath = "/mattermost/action"

// actionURL returns where Mattermost reaches actionPath; "" where the configuration does not say.
func (c *chat) actionURL() string {
	if c.backend.Pages == "" {
		return ""
	}
	return c.backend.Pages + actionPath
}

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
	c.token.Store(&botToken)
	c.access.Store(&bot.Access{
		Tokens: tokens, CLITokens: []string{own}, AllowGET: m.AllowGet,
		Teams: m.Teams, Channels: m.Channels, Users: m.Users,
	})
	if c.handler == nil {
		c.handler = bot.New(bot.Options{
			Access:     func() bot.Access { return *c.access.Load() },
			Mattermost: c.mattermost,
			ActionURL:  c.actionURL(),
			Deadline:   c.deadline,
			Logger:     c.logger,
			Observe:    c.metrics.commanded,
			Answered:   c.answered,
		}, c.backend, c.journal)
	}
	return nil
}

// wait returns when no command is being worked on. None may come in meanwhile.
func (c *chat) wait(ctx context.Context) error { return c.handler.Wait(ctx) }

// reload reads tokens and allow-lists again. A failure is logged and returned, and leaves everything as it was.
func (s *service) reload() error {
	cfg, err := s.settings.config()
	if err == nil {
		err = s.chat.load(cfg.Mattermost)
	}
	if err == nil && s.webhook != nil {
		err = s.webhook.load(cfg.Git.WebhookSecretFiles)
	}
	s.metrics.reloaded(err)
	if err != nil {
		s.logger.Error("The configuration was not reloaded; the old one stays in force", "id", "AS5101", "err", err)
		return err
	}
	if needsRestart(*s.cfg, *cfg) {
		s.logger.Warn("Tokens and allow-lists were read again; what else changed in the configuration is read at the next start", "id", "AS5102")
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
