package journal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxLine    = 2000      // characters of a one-line text in an entry
	maxCommand = 64 << 10  // bytes of the command
	maxDiff    = 256 << 10 // bytes of the diff
	maxNamed   = 5         // rules that the heading names
)

// PagePath returns the path in the rulebook of the page of t's day in t's zone: "journal/2026/11/2026-11-21.md".
func PagePath(t time.Time) string {
	return t.Format("journal/2006/01/2006-01-02.md")
}

// AddEntry returns page with one more entry at its end, dated t in t's zone; an empty page gets its title first. The bytes
// of page stay as they are. All texts of e may be hostile: none of them can make a heading, leave its code block or become
// HTML or a link.
func AddEntry(page []byte, e rules.PageEntry, t time.Time) []byte {
	var b strings.Builder
	switch {
	case len(page) == 0:
		b.WriteString("# Journal of " + t.Format("Monday, 2 January 2006") + "\n")
	case page[len(page)-1] != '\n':
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n## %s %s %s\n\n", t.Format("2006-01-02 15:04:05 -07:00"), escape(e.Action), escape(named(e.Change.Refs)))
	line := func(label, markdown string) {
		if markdown != "" {
			b.WriteString("- " + label + ": " + markdown + "\n")
		}
	}
	for _, ref := range e.Change.Refs {
		line("Rule", code(address(ref)))
	}
	line("Person", who(e.Request.Actor.Name, e.Request.Actor.ID))
	line("Channel", who(e.Request.Channel.Name, e.Request.Channel.ID))
	line("Team", who(e.Request.Team.Name, e.Request.Team.ID))
	line("Reason", escape(e.Change.Reason))
	line("Request", code(e.Request.ID))
	if command := cut(e.Request.Command, maxCommand); strings.ContainsAny(command, "\r\n") || len(command) > maxLine {
		b.WriteString("- Command:\n\n" + fenced("text", command))
	} else {
		line("Command", code(command))
	}
	if e.Diff != "" {
		b.WriteString("\n" + fenced("diff", cut(e.Diff, maxDiff)))
	}
	return append(slices.Clip(page), b.String()...)
}

// named returns the names of the rules for the heading.
func named(refs []rules.Ref) string {
	var names []string
	for _, ref := range refs[:min(len(refs), maxNamed)] {
		names = append(names, ref.Name)
	}
	if more := len(refs) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// address returns where a rule stands: "loki:ops/sshd-ban.yaml, group sshd-ban, rule sshd-ban".
func address(r rules.Ref) string {
	s := fmt.Sprintf("%s:%s, group %s, rule %s", r.Ruler, r.Path, r.Group, r.Name)
	if r.Nth > 1 {
		s += fmt.Sprintf("#%d", r.Nth)
	}
	return s
}

// who returns a name and the id that stays when the name changes; "" without either.
func who(name, id string) string {
	switch {
	case id == "":
		return escape(name)
	case name == "":
		return code(id)
	}
	return escape(name) + " (" + code(id) + ")"
}
