package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// The journals that are asked: their numbers of entries.
const (
	journalEntries = 100_000
	journalMany    = 1_000_000
)

// questions is how many filters a journal is asked.
const questions = 500

// measureJournal asks journals combined filters at random, beside `git log --grep` over commits that say the same, and jq over the same entries in
// JSON. How long it takes to index and to verify them is told as well.
func measureJournal(ctx context.Context, l *lab) ([]result, error) {
	theirs, err := l.journalTexts(ctx)
	if err != nil {
		return nil, err
	}
	usual, err := l.askJournal(ctx, journalEntries)
	if err != nil {
		return nil, err
	}
	many, err := l.askJournal(ctx, journalMany)
	if err != nil {
		return nil, err
	}
	git, jq, err := theirs.ask(ctx, l)
	if err != nil {
		return nil, err
	}
	beside := func(r result, theirs time.Duration) result {
		if theirs > 0 {
			r.theirs, r.ratio = show(theirs), fmt.Sprintf("%.2f", float64(theirs)/float64(usual))
		}
		return r
	}
	const limit, limitMany = 20 * time.Millisecond, 100 * time.Millisecond
	return []result{
		beside(under("journal", "combined filter over 100,000 entries, 95th percentile; git log --grep", usual, limit), git),
		beside(under("journal-jq", "the same; jq over the entries in JSON", usual, limit), jq),
		under("journal-million", "combined filter over 1,000,000 entries, 95th percentile", many, limitMany),
	}, nil
}

// askJournal returns the 95th percentile of the answers of a journal of so many entries.
func (l *lab) askJournal(ctx context.Context, entries int) (time.Duration, error) {
	path, err := l.journal(ctx, entries)
	if err != nil {
		return 0, err
	}
	search, err := journal.OpenSearch(ctx, path)
	if err != nil {
		return 0, err
	}
	l.atEnd(search.Close)
	start := time.Now()
	if v, flaw, err := search.Verify(ctx, nil, nil); err != nil || flaw != nil || v.Entries != int64(entries) {
		return 0, fmt.Errorf("the journal of %d entries is not as it was written: %+v, %+v, %w", entries, v, flaw, err)
	}
	l.say("verifying %d entries took %s", entries, show(time.Since(start)))
	asker := newJournalPast()
	var taken times
	for range questions {
		q := asker.question()
		if err := taken.clock(func() error { _, err := search.Find(ctx, q.query); return err }); err != nil {
			return 0, err
		}
	}
	l.say("%d entries answer in %s in the middle, %s in 99 of 100 cases", entries, show(taken.median()), show(taken.quantile(0.99)))
	return taken.quantile(0.95), nil
}

// journal returns a journal of so many entries with its index, which is built at first and found again in every later run.
func (l *lab) journal(ctx context.Context, entries int) (string, error) {
	dir := filepath.Join(l.cache, fmt.Sprintf("journal-%d", entries))
	path := filepath.Join(dir, "journal.db")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return path, l.upToDate(ctx, path)
	}
	l.say("building a journal of %d entries; this is done once", entries)
	unfinished := dir + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	start := time.Now()
	db, err := journal.Open(ctx, filepath.Join(unfinished, "journal.db"))
	if err != nil {
		return "", err
	}
	past := newJournalPast()
	const atOnce = 1000
	for n := 0; n < entries && err == nil; n += atOnce {
		var records []rules.Record
		for i := range atOnce {
			records = append(records, past.record(n+i, entries))
		}
		_, err = db.Add(ctx, records)
	}
	written := time.Since(start)
	if err == nil {
		err = l.index(ctx, db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return "", err
	}
	l.say("%d entries were written in %s and indexed in %s", entries, written.Round(time.Second), (time.Since(start) - written).Round(time.Second))
	return path, os.Rename(unfinished, dir)
}

// upToDate brings a journal of an earlier run to this version's schema and index.
func (l *lab) upToDate(ctx context.Context, path string) error {
	db, err := journal.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(l.index(ctx, db), db.Close())
}

func (l *lab) index(ctx context.Context, db *journal.DB) error {
	search, err := db.Search(ctx)
	if err != nil {
		return err
	}
	return errors.Join(search.Update(ctx), search.Close())
}

// journalTexts are the entries of the smaller journal where others can read them.
type journalTexts struct{ rulebook, lines string }

// journalTexts returns them: as commits that say in trailers what the entries do, and as lines of JSON. They are built once.
func (l *lab) journalTexts(ctx context.Context) (t journalTexts, err error) {
	t = journalTexts{filepath.Join(l.cache, "journal.git"), filepath.Join(l.cache, "journal.jsonl")}
	if _, err := os.Stat(t.lines); !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	if err := os.RemoveAll(t.rulebook); err != nil {
		return t, err
	}
	lines, err := os.Create(t.lines + ".new")
	if err != nil {
		return t, err
	}
	defer lines.Close()
	err = fastImport(ctx, t.rulebook, func(s *stream) {
		out, past := bufio.NewWriter(lines), newJournalPast()
		encoder := json.NewEncoder(out)
		for n := range journalEntries {
			r := past.record(n, journalEntries)
			o := rules.JournalEntry{Seq: int64(n + 1), Record: r}.Object()
			_ = encoder.Encode(o) // Flush has the error
			s.entry(o)
		}
		_ = out.Flush() // a short file is seen by the service's own count of it
	})
	if err == nil {
		err = git(ctx, t.rulebook, "gc", "--quiet")
	}
	if err != nil {
		return t, err
	}
	return t, os.Rename(t.lines+".new", t.lines)
}

// entry writes an empty commit that says what an entry says.
func (s *stream) entry(o rules.JournalObject) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n    /alert %s\n\n", o.Action, o.Command)
	for _, r := range o.Rules {
		fmt.Fprintf(&b, "Alert: %s\nRuler: %s\n", r.Name, r.Ruler)
	}
	fmt.Fprintf(&b, "Action: %s\nActor: %s %s\nChannel: %s %s\nResult: %s\nRequest-Id: %s\n", o.Action, o.Actor.Name, o.Actor.ID, o.Channel.Name, o.Channel.ID, o.Result, o.Request)
	fmt.Fprintf(s.out, "commit refs/heads/main\ncommitter %s <%s> %d +0000\n", committer.Name, committer.Email, o.Time.Unix())
	s.data([]byte(b.String()))
}

// ask returns how long git log and jq need for such questions in the middle; 0 for jq where there is none.
func (t journalTexts) ask(ctx context.Context, l *lab) (gitLog, jq time.Duration, err error) {
	_, missing := exec.LookPath("jq")
	if missing != nil {
		l.say("jq IS NOT MEASURED, as it is not installed (Debian: jq)")
	}
	asker := newJournalPast()
	var gitTimes, jqTimes times
	for range 7 {
		q := asker.question()
		err := gitTimes.clock(func() error {
			return git(ctx, t.rulebook, append([]string{"log", "--format=%H %cI %s", "--all-match", "--max-count=20"}, q.grep...)...)
		})
		if err == nil && missing == nil {
			err = jqTimes.clock(func() error { return execute(ctx, "", "jq", "-c", "select("+q.jq+")", t.lines) })
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if missing == nil {
		jq = jqTimes.median()
	}
	return gitTimes.median(), jq, nil
}
