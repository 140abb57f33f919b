package main

import (
	"context"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/templates"
)

// builtIn returns the templates that are built in, which are read when they are first asked for.
var builtIn = sync.OnceValues(func() ([]rules.Template, error) { return rules.ReadTemplates(templates.Files, bot.IsOption) })

// templates returns the templates that are built in and those of the newest rulebook, with what would refuse their rules.
func (s *service) templates(ctx context.Context) (rules.Templates, error) {
	ours, err := builtIn()
	if err != nil {
		return rules.Templates{}, err
	}
	book, err := s.applier.Book(ctx)
	if err != nil {
		return rules.Templates{}, err
	}
	all, err := book.Templates(ours, bot.IsOption)
	if err != nil {
		return rules.Templates{}, err
	}
	linter, err := lint.New(s.cfg.Lint, time.Now) // one of its own: the service's keeps what it knows of the rulebook
	if err != nil {
		return rules.Templates{}, err
	}
	all.Lint(book.Rulers(), linter.Change)
	return all, nil
}
