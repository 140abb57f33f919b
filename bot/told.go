package bot

import (
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// Told returns what a channel is told of a change of the journal: what its author was answered where that tells a change, and in a few lines
// anything else. Below is a link to the entry, as WithEntry makes it of pages.
func Told(t rules.Telling, pages string) Reply {
	var b strings.Builder
	r := t.Change.Entry.Record
	linked := false
	if len(t.Rules) > 0 {
		fmt.Fprintf(&b, "**%s**\n", escape(strings.Join(t.Rules, ", ")))
	}
	writeBurst(&b, t.Burst)
	switch {
	case t.Change.Kind == rules.JournalEnded && r.InChannel && r.Action != rules.ExternalAction && t.Change.Entry.IsChange():
		b.WriteString(r.Reply)
		linked = strings.Contains(r.Reply, "/entry/"+r.Request.ID)
	case t.Change.Entry.IsChange() && r.Outcome.Err == nil && len(r.Outcome.Refs) > 0:
		b.WriteString(outcomeText(r.Request.Actor, r.Outcome))
	default:
		fmt.Fprintf(&b, "**%s** %s by %s", escape(rules.JournalResults(r)[0]), code(oneLine(cut(r.Request.Command, 1000))), escape(r.Request.Actor.Name))
		if r.Outcome.Why != "" {
			fmt.Fprintf(&b, " (%s)", escape(oneLine(cut(r.Outcome.Why, 500))))
		}
		if r.Outcome.Err != nil {
			fmt.Fprintf(&b, ": %s", escape(oneLine(cut(rules.ErrorText(r.Outcome.Err), 1000))))
		}
	}
	if where := r.Request.Channel.Name; where != "" {
		fmt.Fprintf(&b, "\nin %s, request %s", code(where), code(r.Request.ID))
	} else {
		fmt.Fprintf(&b, "\nrequest %s", code(r.Request.ID))
	}
	reply := Reply{Text: b.String(), InChannel: true}
	if linked {
		return reply
	}
	return reply.WithEntry(pages, r.Request.ID)
}

// writeBurst writes what stands for many, the first few of them.
func writeBurst(b *strings.Builder, burst []rules.JournalEntry) {
	if len(burst) == 0 {
		return
	}
	fmt.Fprintf(b, "%d within a short time, the last one:\n", len(burst))
	writeList(b, burst, "in all", func(e rules.JournalEntry) string {
		return fmt.Sprintf("%s by %s: %s", code(oneLine(cut(e.Record.Request.Command, 200))), escape(e.Record.Request.Actor.Name), escape(rules.JournalResults(e.Record)[0]))
	})
}
