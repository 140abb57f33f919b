package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// measureHistory asks the index of the history that the service has made, beside `git log` in the same repository. Both have to look at all
// of the history: what is asked for is rare.
func measureHistory(ctx context.Context, l *lab) ([]result, error) {
	service, err := l.service(ctx, large)
	if err != nil {
		return nil, err
	}
	if _, err := service.awaitIndex(ctx); err != nil {
		return nil, err
	}
	db, err := journal.Open(ctx, filepath.Join(service.storage, "journal.db"))
	if err != nil {
		return nil, err
	}
	l.atEnd(db.Close)
	var life, gitLife, search, gitSearch, chat times
	for i := range 100 {
		name := someRule()
		found, err := db.Versions(ctx, rules.HistoryQuery{Name: name})
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("history of %s: %d versions, %w", name, len(found), err)
		}
		ref := found[0].Ref
		ask := func(q rules.HistoryQuery) func() error {
			return func() error {
				_, err := db.Versions(ctx, q)
				return err
			}
		}
		theirs := func(args ...string) func() error {
			return func() error {
				return git(ctx, filepath.Join(service.storage, "rulebook.git"), append([]string{"log", "--format=%H %an %ad %s"}, args...)...)
			}
		}
		if err := life.clock(ask(rules.HistoryQuery{Rule: &ref})); err != nil {
			return nil, err
		}
		if err := search.clock(ask(rules.HistoryQuery{Name: name, Action: "edit", By: "dana"})); err != nil {
			return nil, err
		}
		if err := chat.clock(func() error { return service.command(ctx, "history "+name) }); err != nil {
			return nil, err
		}
		if i%10 != 0 {
			continue
		}
		if err := gitLife.clock(theirs("main", "--", ruler+"/"+ref.Path)); err != nil {
			return nil, err
		}
		if err := gitSearch.clock(theirs("main", "--all-match", "--author=dana", "--grep=^Alert: "+name+"$", "--grep=^Action: edit$")); err != nil {
			return nil, err
		}
	}
	l.say("the history of a rule as a command in chat, written down as received and as answered: %s", show(chat.median()))
	return []result{
		faster("history", "history of one rule; git log -- path", life.median(), gitLife.median(), 100),
		under("history-p50", "history of one rule, median", life.median(), 5*time.Millisecond),
		under("history-p99", "history of one rule, 99 of 100", life.quantile(0.99), 5*time.Millisecond),
		faster("search", "a filtered search; git log --grep", search.median(), gitSearch.median(), 100),
		under("search-p50", "a filtered search, median", search.median(), 5*time.Millisecond),
		under("search-p99", "a filtered search, 99 of 100", search.quantile(0.99), 5*time.Millisecond),
	}, nil
}

// someRule returns the name of a rule of the large rulebook.
func someRule() string {
	return fmt.Sprintf("Service%03d%dAlert%d", rand.IntN(large.directories), rand.IntN(large.files), rand.IntN(large.rules))
}
