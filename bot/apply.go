package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// apply has an intent done, or, in a dry run, only said what would be done.
func (c *call) apply(ctx context.Context, intent rules.Intent) (answer, error) {
	if c.dry() {
		return c.drafted(c.backend.Draft(ctx, intent))
	}
	return c.changed(c.backend.Apply(ctx, c.request, intent))
}

// drafted returns the answer of a dry run.
func (c *call) drafted(outcome rules.Outcome) (answer, error) {
	if outcome.Err != nil {
		return answer{outcome: outcome}, outcome.Err
	}
	what := "**" + refNames(outcome.Refs) + "** would be " + past(outcome.Action)
	if from, to, moved := movedText(outcome); moved {
		what = "**" + from + "** would be " + past(outcome.Action) + " to **" + to + "**"
	}
	text := fmt.Sprintf("Dry run, nothing was changed: %s in %s.", what, escape(outcome.Ruler))
	text += settingsText(outcome) + continuityText(outcome, true) + findingsText(c.trigger, outcome)
	if outcome.Diff != "" {
		text += "\n" + fence("diff", cut(outcome.Diff, 6000))
	}
	return answer{reply: Reply{Text: text}, outcome: outcome}, nil
}

// continuityText says what becomes of active alerts, with a space before it; "" where there is nothing to be said. even says so also when no
// alert is active.
func continuityText(o rules.Outcome, even bool) string {
	c := o.Continuity
	if c == nil || o.State == rules.Reverted || o.State == rules.Superseded || o.State == rules.Displaced {
		return ""
	}
	if c.Unknown != "" {
		return " Which alerts are active could not be asked: " + sentence(c.Unknown) + "."
	}
	none := rules.Active{}
	if c.Kept == none && c.Reset == none && c.Ended == none && c.Waiting == 0 && c.Due == 0 {
		if even {
			return " No alert of it is active."
		}
		return ""
	}
	var b strings.Builder
	end := "."
	if c.Rewrote {
		end = ", as far as the new expression still returns them."
	}
	if c.Kept != none {
		b.WriteString(" It keeps " + activeText(c.Kept) + end)
	}
	if c.Due > 0 {
		b.WriteString(" It makes " + count(c.Due, "pending alert") + " fire at the next evaluation" + end)
	}
	if c.Waiting > 0 {
		b.WriteString(" It holds back " + count(c.Waiting, "firing alert") + ": they resolve and page again when they are active for as long as for= says.")
	}
	if c.Reset != none {
		b.WriteString(" It resets " + activeText(c.Reset))
		switch {
		case c.Reset.Firing > 0 && c.After > 0:
			b.WriteString(": they resolve and page again after " + rules.FormatDuration(c.After))
		case c.Reset.Firing > 0:
			b.WriteString(": they resolve and page again at the next evaluation")
		default:
			b.WriteString(": they begin anew")
		}
		b.WriteString(".")
	}
	if c.Ended != none {
		b.WriteString(" It ends " + activeText(c.Ended) + ".")
	}
	return b.String()
}

// activeText returns how many alerts are active: "3 firing alerts and 1 pending alert".
func activeText(a rules.Active) string {
	var parts []string
	if a.Firing > 0 {
		parts = append(parts, count(a.Firing, "firing alert"))
	}
	if a.Pending > 0 {
		parts = append(parts, count(a.Pending, "pending alert"))
	}
	return strings.Join(parts, " and ")
}
