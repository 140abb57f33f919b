package rules

import (
	"slices"
	"strings"
	"time"
)

// JournalQuery selects entries of the journal. Zero fields select everything; those that are set must all hold. Case, full-width letters and
// the like do not count in texts.
type JournalQuery struct {
	Request string    // a request's id
	By      string    // a person's name or id, without "@"
	Rule    string    // the name of a rule that was touched or named
	Actions []string  // commands' canonical names, one of them
	Changed string    // Yes for what changed the rulebook, No for what did not
	Results []string  // results and states, one of them; see JournalResults
	Channel string    // its name or id, without "~"
	Ruler   string    // its name
	Words   []string  // each must stand in the entry's JournalText
	Since   time.Time // it came in not before
	Until   time.Time // it came in before
	Before  int64     // entries of lower numbers only: the cursor of a page; 0 for the newest
	Limit   int       // at most so many; 0 means 20
}

// Matches reports whether an entry is among those that the query selects, its Limit apart.
func (q JournalQuery) Matches(e JournalEntry) bool {
	r := e.Record
	same := func(wanted string, values ...string) bool {
		return wanted == "" || slices.ContainsFunc(values, func(v string) bool { return fold(v) == fold(wanted) })
	}
	switch {
	case q.Request != "" && r.Request.ID != q.Request,
		q.Before > 0 && e.Seq >= q.Before,
		!q.Since.IsZero() && r.Request.Time.Before(q.Since),
		!q.Until.IsZero() && !r.Request.Time.Before(q.Until),
		!same(q.By, r.Request.Actor.ID, r.Request.Actor.Name),
		len(q.Actions) > 0 && !slices.ContainsFunc(q.Actions, func(wanted string) bool { return same(wanted, r.Action) }),
		!same(q.Changed, JournalChanged(r)),
		!same(q.Channel, r.Request.Channel.ID, r.Request.Channel.Name),
		!same(q.Ruler, JournalRulers(r)...),
		q.Rule != "" && !slices.Contains(JournalRules(r), fold(q.Rule)),
		len(q.Results) > 0 && !slices.ContainsFunc(JournalResults(r), func(v string) bool { return slices.Contains(q.Results, v) }):
		return false
	}
	if len(q.Words) == 0 {
		return true
	}
	text := JournalText(r)
	return !slices.ContainsFunc(q.Words, func(word string) bool { return !strings.Contains(text, fold(word)) })
}

// What JournalChanged says, and `changed=` asks for.
const (
	Yes = "yes"
	No  = "no"
)

// JournalChanged tells whether there is a commit of an entry: Yes or No. What was undone later did change the rulebook.
func JournalChanged(r Record) string {
	if r.Outcome.Revision != "" {
		return Yes
	}
	return No
}

// JournalRulers returns the names of the rulers that an entry is about.
func JournalRulers(r Record) []string {
	var names []string
	if r.Outcome.Ruler != "" {
		names = append(names, r.Outcome.Ruler)
	}
	for _, ref := range r.Outcome.Refs {
		if !slices.Contains(names, ref.Ruler) {
			names = append(names, ref.Ruler)
		}
	}
	return names
}
