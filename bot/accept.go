package bot

import (
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// setAccept takes the checks whose findings are meant. Why, and until when, is in other options.
func setAccept(add *rules.Add, _, value string) error {
	for name := range strings.SplitSeq(fold(value), ",") {
		add.Options.Accept = append(add.Options.Accept, rules.Acceptance{Check: strings.TrimSpace(name)})
	}
	return nil
}

// completeAccepted adds to what is accepted the reason and until when.
func (c *call) completeAccepted(o *rules.Options) error {
	until, err := c.later("until")
	if err != nil {
		return err
	}
	if !until.IsZero() && len(o.Accept) == 0 {
		return invalidOption("until", "goes with accept=: until when a finding is accepted")
	}
	for i := range o.Accept {
		a := &o.Accept[i]
		if known := c.backend.Checks; !slices.Contains(known, a.Check) {
			e := &rules.Error{Kind: rules.Invalid, Field: "accept", Offset: -1, Text: "There is no check " + quote(a.Check) + "."}
			if near := nearest(a.Check, known); near != "" {
				e.Text += " Did you mean " + near + "?"
				e.Fixes = []string{near}
			}
			return e
		}
		a.Reason = o.Reason
		if !until.IsZero() {
			a.Until = dayFrom(until, c.zone())
		}
	}
	return nil
}

// dayFrom returns the first moment in UTC of a day: of the one that a time begins in its zone, else of the first that begins no sooner.
func dayFrom(t time.Time, zone *time.Location) time.Time {
	if local := t.In(zone); local.Equal(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)) {
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	}
	const day = 24 * time.Hour
	return t.UTC().Add(day - 1).Truncate(day)
}

// acceptedIn returns what is accepted of rules, for the list; "" when nothing is.
func (c *call) acceptedIn(book *rules.Book, entries []rules.Entry) string {
	type accepted struct {
		ref rules.Ref
		rules.Acceptance
	}
	var all []accepted
	for _, e := range entries {
		for _, a := range e.Accepted() {
			all = append(all, accepted{e.Ref, a})
		}
	}
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n")
	writeList(&b, all, "found and accepted", func(a accepted) string { return code(book.Address(a.ref)) + " " + c.acceptedText(a.Acceptance) })
	return strings.TrimRight(b.String(), "\n")
}
