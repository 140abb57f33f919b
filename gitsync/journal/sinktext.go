package journal

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

// plainLine returns outside text as one line of plain text: without control characters and marks that turn the direction of writing.
func plainLine(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// plain is plainLine with all its spaces.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || rules.Unseen(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

// plainLines returns outside text as lines of plain text, spaces kept: those of a difference stand behind its signs.
func plainLines(s string) []string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(plain(strings.ReplaceAll(line, "\t", "    ")), " ")
	}
	return lines
}

// clipped returns the first n runes of a text.
func clipped(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// entryLink returns the address of an entry's page; "" where pages, as SinkHost has it, is not known.
func entryLink(pages string, r rules.Record) string {
	if pages == "" {
		return ""
	}
	return pages + "/entry/" + r.Request.ID
}

// endText says how an entry ended: its result, its state, whether it was interrupted, and the commit.
func endText(r rules.Record) string {
	text := strings.Join(rules.JournalResults(r), ", ")
	if r.Outcome.Revision != "" {
		text += ", commit " + rules.ShortRevision(r.Outcome.Revision)
	}
	return text
}

// ruleNames returns the names of the rules that an entry's change touched, the first few of many.
func ruleNames(r rules.Record) string {
	const most = 5
	var names []string
	for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), most)] {
		names = append(names, plainLine(ref.Name))
	}
	text := strings.Join(names, ", ")
	if more := len(r.Outcome.Refs) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// titleText says in a line what a telling is about.
func titleText(t rules.Telling) string {
	r := t.Change.Entry.Record
	action, what := cmp.Or(plainLine(r.Action), "command"), ruleNames(r)
	if what == "" { // a command mostly begins with its action
		what, _ = strings.CutPrefix(plainLine(r.Request.Command)+" ", action+" ")
	}
	text := fmt.Sprintf("%s by %s: %s", strings.TrimSpace(action+" "+what), plainLine(r.Request.Actor.Name), endText(r))
	if len(t.Burst) > 0 {
		text = fmt.Sprintf("%d within a short time, the last: %s", len(t.Burst), text)
	}
	if len(t.Rules) > 0 {
		text = "[" + plainLine(strings.Join(t.Rules, ", ")) + "] " + text
	}
	return clipped(text, 200)
}

// maxDiffLines is how many lines of a diff a message shows.
const maxDiffLines = 200

// detailLines says all that a person wants to know of an entry.
func detailLines(r rules.Record, zone *time.Location) []string {
	q, out := r.Request, r.Outcome
	lines := []string{
		"When:    " + q.Time.In(zone).Format("2006-01-02 15:04:05 MST"),
		"Who:     " + plainLine(q.Actor.Name),
	}
	add := func(label, text string) {
		if text = plainLine(text); text != "" {
			lines = append(lines, label+clipped(text, 2000))
		}
	}
	add("Where:   ", q.Channel.Name)
	add("Rules:   ", ruleNames(r))
	add("Ruler:   ", out.Ruler)
	add("Command: ", q.Command)
	add("Why:     ", out.Why)
	add("Result:  ", endText(r))
	if out.Err != nil {
		add("Error:   ", rules.ErrorText(out.Err))
	}
	add("Not live:", out.Reason)
	add("Request: ", q.ID)
	if out.Diff != "" {
		diff := plainLines(out.Diff)
		if more := len(diff) - maxDiffLines; more > 0 {
			diff = append(diff[:maxDiffLines], fmt.Sprintf("… %d lines more", more))
		}
		lines = append(append(lines, ""), diff...)
	}
	return lines
}
