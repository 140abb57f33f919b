package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// cosensePages makes pages from the journal.
type cosensePages struct {
	find    func(context.Context, rules.JournalQuery) (rules.JournalPage, error)
	zone    *time.Location
	prefix  string
	address string // of the pages that entries are linked to, as SinkHost has it
}

// each makes the pages that changes are on, of their days and of their rules, each once and one after the other: together they can be large.
func (p cosensePages) each(ctx context.Context, all []rules.Telling, put func(cosensePage) error) error {
	made := map[string]bool{}
	add := func(title string, write func() ([]string, error)) error {
		if made[title] {
			return nil
		}
		made[title] = true
		lines, err := write()
		if err != nil {
			return err
		}
		return put(cosensePage{title, append([]string{title}, lines...)}.bounded())
	}
	for _, t := range all {
		r := t.Change.Entry.Record
		day := r.Request.Time.In(p.zone)
		if err := add(p.dayTitle(day), func() ([]string, error) { return p.day(ctx, day) }); err != nil {
			return err
		}
		for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), maxRulePages)] {
			if err := add(p.ruleTitle(ref.Name), func() ([]string, error) { return p.rule(ctx, ref.Name) }); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	maxImportBytes = 4 << 20 // bytes of the pages that are written together
	maxPageBytes   = 1 << 20
	maxRulePages   = 20  // that one change writes; the day's page tells of the others
	maxDayEntries  = 500 // of a page
	maxRuleEntries = 100
	maxCodeLines   = 60 // of a diff
)

func (p cosensePages) dayTitle(day time.Time) string {
	return p.prefix + " " + day.Format(time.DateOnly)
}

func (p cosensePages) ruleTitle(name string) string { return p.prefix + " " + cosenseText(name) }

// day returns the lines of a day's page: what was changed on it, in the order of time, with links to the rules and the days beside it.
func (p cosensePages) day(ctx context.Context, day time.Time) ([]string, error) {
	start := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, p.zone)
	entries, err := p.changes(ctx, rules.JournalQuery{Since: start, Until: start.AddDate(0, 0, 1)}, maxDayEntries)
	lines := []string{"[" + p.dayTitle(start.AddDate(0, 0, -1)) + "] [" + p.dayTitle(start.AddDate(0, 0, 1)) + "]", ""}
	for _, e := range slices.Backward(entries) {
		lines = append(lines, p.entry(e, e.Record.Request.Time.In(p.zone).Format("15:04"))...)
	}
	return lines, err
}

// rule returns the lines of a rule's page: what was changed of it, the newest first, with links to the days.
func (p cosensePages) rule(ctx context.Context, name string) ([]string, error) {
	entries, err := p.changes(ctx, rules.JournalQuery{Rule: name}, maxRuleEntries)
	var lines []string
	for _, e := range entries {
		at := e.Record.Request.Time.In(p.zone)
		lines = append(lines, p.entry(e, "["+p.dayTitle(at)+"] "+at.Format("15:04"))...)
	}
	return lines, err
}

// changes returns the newest changes that a query selects.
func (p cosensePages) changes(ctx context.Context, q rules.JournalQuery, most int) (entries []rules.JournalEntry, err error) {
	for q.Limit = most; ; {
		page, err := p.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if q.Before = e.Seq; e.IsChange() {
				entries = append(entries, e)
			}
			if len(entries) == most {
				return entries, nil
			}
		}
		if !page.More {
			return entries, nil
		}
	}
}

// entry returns the lines of one change.
func (p cosensePages) entry(e rules.JournalEntry, at string) []string {
	r := e.Record
	var names []string
	for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), maxRulePages)] {
		names = append(names, "["+p.ruleTitle(ref.Name)+"]")
	}
	if more := len(r.Outcome.Refs) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	lines := []string{
		fmt.Sprintf("%s %s %s by %s: %s", at, cosenseCode(r.Action), strings.Join(names, " "), cosenseCode(r.Request.Actor.Name), endText(r)),
		" " + cosenseCode(clipped(r.Request.Command, 1000)),
	}
	if r.Outcome.Why != "" {
		lines = append(lines, " why: "+cosenseCode(clipped(r.Outcome.Why, 1000)))
	}
	if r.Outcome.Reason != "" {
		lines = append(lines, " not live: "+cosenseCode(r.Outcome.Reason))
	}
	request := " request " + cosenseCode(r.Request.ID)
	if link := entryLink(p.address, r); link != "" {
		request += " [entry " + link + "]"
	}
	lines = append(lines, request)
	if r.Outcome.Diff == "" {
		return lines
	}
	diff := plainLines(r.Outcome.Diff)
	if more := len(diff) - maxCodeLines; more > 0 {
		diff = append(diff[:maxCodeLines], fmt.Sprintf("… %d lines more", more))
	}
	lines = append(lines, " code:"+rules.ShortRevision(r.Outcome.Revision)+".diff")
	for _, line := range diff {
		lines = append(lines, "  "+line) // deeper than the line above: the block goes on, whatever stands here
	}
	return lines
}

// cosenseText returns outside text as the title of a page, or a part of it: inside brackets it is a link to that page and to nowhere else.
func cosenseText(s string) string {
	s = strings.NewReplacer("[", "［", "]", "］", "://", "：//", "`", "ˋ", "#", "＃").Replace(clipped(plainLine(s), 100))
	if name, found := strings.CutSuffix(s, ".icon"); found {
		s = name + "．icon"
	}
	return strings.ReplaceAll(s, ".icon*", "．icon*")
}

// cosenseCode returns outside text as code, in which nothing has a meaning.
func cosenseCode(s string) string {
	s = strings.ReplaceAll(plainLine(s), "`", "ˋ")
	if s == "" {
		return "-"
	}
	return "`" + s + "`"
}
