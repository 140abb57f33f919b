package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

var statusCommand = Command{
	Name:     "status",
	Usage:    []string{"status"},
	Summary:  "Show the rulers, the rulebook, and what is not live and why",
	Examples: []string{"status"},
	Check:    reading(0, nil),
	Run:      runStatus,
}

func runStatus(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	if len(words) > 0 {
		return answer{}, call.args.unexpected(words[0], nil, "status takes nothing more.")
	}
	return told(statusText(call.backend.Status(ctx), call.now)), nil
}

// shown is how many items of each list a status shows.
const shown = 10

// statusText says how everything stands, the troubles under the ruler that has them.
func statusText(s rules.Status, now time.Time) string {
	var b strings.Builder
	revision := "empty"
	if s.Revision != "" {
		revision = "at " + code(short(s.Revision))
	}
	if s.Err == nil {
		fmt.Fprintf(&b, "**Rulebook** %s, %s\n", revision, rulesText(s))
	} else {
		fmt.Fprintf(&b, "**Rulebook** not readable\n- trouble: %s\n", item(prose(publicText(s.Err))))
	}
	writeList(&b, s.Unwritable, "in the way of every change, which is refused until it is mended", prose)
	writeList(&b, s.Problems, "not published", problemText)
	writeHousekeeping(&b, s.Housekeeping)
	if s.Shallow {
		b.WriteString("- a shallow clone: who changed a rule before it begins, and when, is not in it; complete it with `git fetch --unshallow` there, while the service is stopped\n")
	}
	writeHeld(&b, s.Held, now)
	writeList(&b, s.Overdue, "due, and not done by itself", func(o rules.Overdue) string {
		return fmt.Sprintf("%s, due %s: %s", code(o.Command), ago(o.At, now), escape(oneLine(cut(orUnknown(o.Why), 300))))
	})
	writeRemote(&b, s.Remote, s.Err == nil, now)
	for _, r := range s.Rulers {
		writeRuler(&b, r, now)
	}
	writeList(&b, s.Waiting, "committed and waiting to be live", func(w rules.Waiting) string {
		return fmt.Sprintf("%s %s (%s): %s", escape(w.Outcome.Action), refNames(w.Outcome.Refs), ago(w.Since, now), escape(orUnknown(w.Outcome.Reason)))
	})
	writeSinks(&b, s.Sinks, now)
	return strings.TrimRight(b.String(), "\n")
}

// rulesText says how many rules the rulebook has: its branch and, where something is held, what is in force.
func rulesText(s rules.Status) string {
	inForce := 0
	for _, r := range s.Rulers {
		inForce += r.Rules
	}
	if s.Held == nil || inForce == s.Rules {
		return count(s.Rules, "rule")
	}
	return fmt.Sprintf("%s as it was pushed, and %d in force", count(s.Rules, "rule"), inForce)
}

// writeRuler writes how one ruler stands.
func writeRuler(b *strings.Builder, r rules.RulerStatus, now time.Time) {
	fmt.Fprintf(b, "**%s** (%s): %d of %s live, in %s; last applied %s, last seen %s\n", escape(r.Info.Name), escape(string(r.Info.Dialect)),
		r.Running, count(r.Rules, "rule"), count(r.Files, "file"), ago(r.LastApply, now), ago(r.LastSeen, now))
	if r.Behind {
		b.WriteString("- newer commits changed its files: they are on their way, and not counted yet\n")
	}
	if r.Err != nil {
		fmt.Fprintf(b, "- trouble: %s\n", item(prose(publicText(r.Err))))
	}
	said := ""
	if r.Err != nil {
		said = publicText(r.Err)
	}
	writeList(b, r.NotLive, "not live", func(n rules.NotLive) string {
		text := code(n.Ref.Group + "/" + n.Ref.Name)
		if why := orUnknown(n.Why); strings.TrimSuffix(why, ".") != strings.TrimSuffix(said, ".") {
			text, said = text+": "+escape(why), why
		}
		return text
	})
	writeList(b, r.Foreign, "not ours in its directory, left alone", code)
}

// writeList writes the first few items below a line that counts them all; nothing when there are none.
func writeList[T any](b *strings.Builder, items []T, what string, line func(T) string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "- %d %s:\n", len(items), what)
	for _, item := range items[:min(len(items), shown)] {
		fmt.Fprintf(b, "    - %s\n", line(item))
	}
	if more := len(items) - shown; more > 0 {
		fmt.Fprintf(b, "    - …and %d more\n", more)
	}
}

// ago says how long ago something was.
func ago(then, now time.Time) string {
	if then.IsZero() {
		return "never since the start"
	}
	return tookText(now.Sub(then)) + " ago"
}

// orUnknown stands in for a reason that nobody knows.
func orUnknown(reason string) string {
	if reason == "" {
		return "the reason is not known"
	}
	return reason
}

// publicText returns of an error what a person may read: the text of a *rules.Error, and nothing of any other.
func publicText(err error) string {
	if e, ok := errors.AsType[*rules.Error](err); ok {
		return e.Text
	}
	return "something went wrong inside the service; its log says what"
}

// writeSinks writes which of the places that are told what happens are behind; nothing when none is.
func writeSinks(b *strings.Builder, sinks []rules.SinkStatus, now time.Time) {
	for _, s := range sinks {
		if s.Trouble == "" && s.GivenUp == 0 {
			continue
		}
		fmt.Fprintf(b, "**%s** (%s) is not told everything: %d waiting", escape(s.Name), escape(s.Kind), s.Queued)
		if s.Queued > 0 {
			fmt.Fprintf(b, ", the oldest since %s", ago(s.Oldest, now))
		}
		fmt.Fprintf(b, "; %d given up\n", s.GivenUp)
		if s.Trouble != "" {
			fmt.Fprintf(b, "- trouble: %s\n", escape(s.Trouble))
		}
	}
}
