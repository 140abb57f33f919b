package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// leave returns what an undo in part is to leave as it is: what later changes touched as well.
func (c *call) leave(ctx context.Context, undo rules.Undo) ([]rules.Ref, error) {
	book, err := c.backend.Book(ctx)
	if err != nil {
		return nil, err
	}
	var stuck rules.Stuck
	if _, err = undo.Plan(book); errors.As(err, &stuck) {
		return stuck.At, nil
	}
	return nil, nil // whoever carries it out says what else is wrong
}

// offerPart adds to the error about an undo in whose way later changes are the line that takes back the rest, where there is one.
func (c *call) offerPart(e *rules.Error, commit rules.PastCommit) {
	var stuck rules.Stuck
	if !errors.As(e, &stuck) || len(stuck.Fit) == 0 {
		return
	}
	e.Text += fmt.Sprintf(" Nothing was changed. What nobody touched since can be taken back without that: %s.", count(len(stuck.Fit), "rule"))
	id := commit.Name()
	if commit.External() {
		id = short(commit.Revision)
	}
	line := "undo " + id + " " + flagPart + c.given("ruler", "reason")
	if _, forced := c.args[flagForce]; forced {
		line += " " + flagForce
	}
	e.Field, e.Fixes = wholeCommand, []string{line}
}

// maxLeft is how many of what an undo in part leaves are named: a reply that is too long is cut, and the lines come last.
const maxLeft = 20

// leftText says what an undo in part has left as it is, with the lines that put it back as it was without what was changed since.
func (c *call) leftText(undo rules.Undo) string {
	var names, lines []string
	for _, ref := range undo.Leave {
		e, ok := undo.Before.Get(ref)
		switch {
		case ref.Group == "":
			names = append(names, code(ref.Path))
		case ref.Name == "":
			names = append(names, "what the group "+code(ref.Group)+" says for all its rules")
		case ok:
			lines = append(lines, c.trigger+" restore "+quote(undo.Before.Address(e.Ref)+"@"+short(undo.Commit.Parent)))
			names = append(names, code(ref.Name))
		default:
			names = append(names, code(ref.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("\nLeft as it is, as later changes touched it as well: " + strings.Join(names[:min(len(names), maxLeft)], ", "))
	if more := len(names) - maxLeft; more > 0 {
		fmt.Fprintf(&text, " and %d more", more)
	}
	text.WriteString(".")
	if len(lines) > 0 {
		text.WriteString(" This puts it back as it was before that commit, without the later changes:")
	}
	for _, line := range lines[:min(len(lines), fixesShown)] {
		text.WriteString("\n" + fence("", line))
	}
	return text.String()
}
