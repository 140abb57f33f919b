package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// passing tells which rules are paused, and which are to be deleted by themselves, of those that the options choose; "" when there are none.
func (c *call) passing(book *rules.Book, entries []rules.Entry) string {
	ruler, namespace := c.args["ruler"].value, c.args["namespace"].value
	paused := slices.DeleteFunc(book.Paused(), func(p rules.Paused) bool {
		return ruler != "" && p.Ref.Ruler != ruler || namespace != "" && p.Ref.Namespace() != namespace
	})
	var b strings.Builder
	if len(paused) > 0 {
		b.WriteString("\n")
		writeList(&b, paused, "paused, so that no ruler has them", func(p rules.Paused) string { return code(p.Ref.Name) + c.pausedText(p) })
	}
	type ending struct {
		entry rules.Entry
		at    time.Time
	}
	var endings []ending
	for _, e := range entries {
		if at, said := e.Expires(); said {
			endings = append(endings, ending{e, at})
		}
	}
	if len(endings) > 0 {
		slices.SortStableFunc(endings, func(x, y ending) int { return cmp.Compare(x.at.Unix(), y.at.Unix()) })
		b.WriteString("\n")
		writeList(&b, endings, "deleted by themselves one day", func(e ending) string { return code(book.Address(e.entry.Ref)) + " on " + escape(c.when(e.at)) })
	}
	return strings.TrimRight(b.String(), "\n")
}

// pausedText says until when a rule is paused, by whom and why, with a space before it.
func (c *call) pausedText(p rules.Paused) string { return pausedText(p, c.when) }

func pausedText(p rules.Paused, when func(time.Time) string) string {
	text := " until somebody resumes it"
	if !p.Until.IsZero() {
		text = " until " + escape(when(p.Until))
	}
	text += ", by " + escape(p.By)
	if p.Reason != "" {
		text += ": " + escape(oneLine(cut(p.Reason, 300)))
	}
	return text
}

// pausedInFull returns the paused rule at an address in full; false when there is none.
func (c *call) pausedInFull(book *rules.Book, address string) (text string, found bool) {
	p, err := book.FindPaused(address)
	if err != nil {
		return "", false
	}
	return "**" + escape(p.Ref.Name) + "** is paused" + c.pausedText(p) + "\n" + fence("yaml", cut(p.Source, pageSize-1000)) +
		"\nTo put it back: " + code(c.trigger+" resume "+quote(address)), true
}
