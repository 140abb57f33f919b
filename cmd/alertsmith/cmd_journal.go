package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// searchJournal prints entries of the journal below the storage path. It reads the file, so that it works beside the service and without it; for who
// is elsewhere there is the API.
type searchJournal struct {
	filter          []string
	storage, format string
	configFile      string
	limit           int
	follow          bool
	others          []subcommand // of `alertsmith journal`
}

// journalCommands are the words behind `alertsmith journal`; without one of them it searches.
func journalCommands(app *kingpin.Application) []subcommand {
	parent := app.Command("journal", "Searches the record of every command, and looks after it.")
	others := []subcommand{verifyCommand(parent), pruneCommand(parent), rebuildCommand(parent), reindexCommand(parent)}
	return append([]subcommand{searchCommand(parent, others)}, others...)
}

func searchCommand(parent *kingpin.CmdClause, others []subcommand) subcommand {
	s := searchJournal{others: others}
	clause := parent.Command("search", "Prints the entries that FILTER selects, the newest first: by=USER rule=NAME action=add,edit changed=yes result=failed channel=NAME ruler=NAME "+
		"since=7d until=TIME at=DAY, and words that are looked for in command, why, rules and answer.").Default()
	clause.Flag("storage.path", "The storage directory with the journal. It is read beside the service, or without one.").Default(defaultStorage).StringVar(&s.storage)
	clause.Flag("config.file", "The service's configuration file, where it has one: its journal.timezone is what times are told and meant in. Without it that is the zone of this machine.").
		StringVar(&s.configFile)
	clause.Flag("format", "How entries are printed: table, csv (no cell is a formula to a spreadsheet) or json (one object a line).").
		Default("table").EnumVar(&s.format, "table", "csv", "json")
	clause.Flag("limit", "How many entries at most; 0 for all.").Default("50").IntVar(&s.limit)
	clause.Flag("follow", "Prints what ends from now on, as it ends, until it is interrupted.").BoolVar(&s.follow)
	clause.Arg("filter", "KEY=VALUE, or a word; put -- before them when one begins with a dash.").StringsVar(&s.filter)
	return subcommand{clause, s.run}
}

func (s *searchJournal) run(ctx context.Context, p *process) error {
	if err := s.assertSearch(); err != nil {
		return &exitError{exitUnusable, err}
	}
	zone, err := s.zone()
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	query, err := s.query(time.Now(), zone)
	if err != nil {
		return &exitError{exitUnusable, plainError(err)}
	}
	reader, err := journal.OpenSearch(ctx, filepath.Join(s.storage, journalName))
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	out := newEntryPrinter(s.format, p.stdout, zone)
	if s.follow {
		err = follow(ctx, reader, query, out)
	} else {
		err = printAll(ctx, reader, query, s.limit, out)
	}
	if err = errors.Join(err, out.close(), reader.Close()); err != nil {
		return &exitError{exitUnusable, err}
	}
	return nil
}

// assertSearch refuses what is meant to be another command: behind a flag its word would be looked for in the journal, and a nightly
// `alertsmith journal --storage.path=… verify` would find nothing wrong for ever.
func (s *searchJournal) assertSearch() error {
	for _, other := range s.others {
		name := strings.TrimPrefix(other.clause.FullCommand(), "journal ")
		if len(s.filter) == 1 && s.filter[0] == name {
			return fmt.Errorf("%q is a command: write it directly behind journal, and the flags behind it: alertsmith journal %s --storage.path=%s. "+
				"To look for the word, write %s, which finds the same", name, name, s.storage, strings.ToUpper(name))
		}
	}
	return nil
}

// zone returns where times are told and meant.
func (s *searchJournal) zone() (*time.Location, error) {
	if s.configFile == "" {
		return journalConfig{}.location()
	}
	cfg, err := loadConfig(s.configFile)
	if err != nil {
		return nil, err
	}
	return cfg.Journal.location()
}

// query reads the words of the command line.
func (s *searchJournal) query(now time.Time, zone *time.Location) (rules.JournalQuery, error) {
	var terms []rules.JournalTerm
	for _, word := range s.filter {
		key, value, found := strings.Cut(word, "=")
		if !found || key == "" || strings.ContainsFunc(key, unicode.IsSpace) {
			key, value = "", word
		}
		terms = append(terms, rules.JournalTerm{Key: key, Value: value})
	}
	return rules.ParseJournalQuery(terms, rules.JournalAsker{Now: now, Zone: zone, Actions: bot.ActionNames()})
}

// plainError returns an error's text with what it suggests.
func plainError(err error) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok || len(e.Fixes) == 0 {
		return err
	}
	return fmt.Errorf("%s Try: %s", e.Text, strings.Join(e.Fixes, ", "))
}

// printAll prints entries page by page, limit at most; all for 0.
func printAll(ctx context.Context, reader *journal.Search, query rules.JournalQuery, limit int, out *entryPrinter) error {
	const atOnce = 1000
	for printed := 0; ; {
		query.Limit = atOnce
		if limit > 0 {
			query.Limit = min(atOnce, limit-printed)
		}
		page, err := reader.Find(ctx, query)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := out.print(e.Object()); err != nil {
				return err
			}
			query.Before = e.Seq
		}
		if printed += len(page.Entries); !page.More || limit > 0 && printed >= limit {
			return nil
		}
	}
}

// follow prints entries as they end, until ctx ends.
func follow(ctx context.Context, reader *journal.Search, query rules.JournalQuery, out *entryPrinter) error {
	const atOnce, pause = 100, 300 * time.Millisecond
	behind, err := reader.Head(ctx)
	for err == nil && ctx.Err() == nil {
		var changes []rules.JournalChange
		changes, err = reader.Changes(ctx, behind, atOnce)
		for _, c := range changes {
			if behind = c.Event; query.Matches(c.Entry) && err == nil {
				err = out.print(c.Entry.Object())
			}
		}
		if err = errors.Join(err, out.flush()); err == nil && len(changes) == 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	if ctx.Err() != nil { // the person has seen enough
		err = nil
	}
	return err
}

// entryPrinter prints entries in one of the formats.
type entryPrinter struct {
	print func(rules.JournalObject) error
	flush func() error
	close func() error
}

func newEntryPrinter(format string, w io.Writer, zone *time.Location) *entryPrinter {
	nothing := func() error { return nil }
	switch format {
	case "csv":
		rows := csv.NewWriter(w)
		_ = rows.Write(rules.JournalColumns) // rows.Error has it
		flush := func() error { rows.Flush(); return rows.Error() }
		return &entryPrinter{func(o rules.JournalObject) error { return rows.Write(o.Row()) }, flush, flush}
	case "json":
		return &entryPrinter{func(o rules.JournalObject) error {
			line, err := json.Marshal(o)
			if err == nil {
				_, err = w.Write(append(escaped(line), '\n'))
			}
			return err
		}, nothing, nothing}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "TIME\tWHO\tCHANNEL\tRESULT\tCOMMAND\tWHY\tTROUBLE") // Flush has the error
	return &entryPrinter{func(o rules.JournalObject) error {
		result := o.Result
		if o.State != "" {
			result += ", " + o.State
		}
		if o.Interrupted {
			result += ", " + rules.InterruptedResult
		}
		cells := []string{o.Time.In(zone).Format("2006-01-02 15:04:05"), o.Actor.Name, o.Channel.Name, result, o.Command, o.Why, cmp.Or(o.Error, o.Reason)}
		for i, cell := range cells {
			cells[i] = shown(cell)
		}
		_, err := fmt.Fprintln(table, strings.Join(cells, "\t"))
		return err
	}, table.Flush, table.Flush}
}

// escaped returns JSON in which nothing hides that a terminal would obey, or that makes other characters look like something else.
func escaped(line []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(line) {
		if !rules.Invisible(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

// shown returns a text as a terminal may have it: one line, no control characters, not too long.
func shown(text string) string {
	const most = 100
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}
