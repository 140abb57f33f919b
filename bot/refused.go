package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// PushRefused returns what the channel for reports hears when the Git server of that address refuses a commit again and again.
func PushRefused(refusal rules.PushRefusal, url string) Reply {
	return Reply{InChannel: true, Text: "**The Git server** " + code(url) + " **refuses a commit**: " + refusalText(refusal)}
}

// refusalText says what the Git server refuses, in its words, what waits for that, and what a person can do.
func refusalText(r rules.PushRefusal) string {
	c := r.Commit
	what := fmt.Sprintf("%s by %s, %s", code(short(c.Revision)), escape(c.Author.Name), escape(PushedSubject(c)))
	if id := c.Trailer("Request-Id"); id != "" {
		what += ", request " + code(id)
	}
	said := []string{code(r.Reason)}
	for _, line := range r.Said {
		said = append(said, code(line))
	}
	behind := ""
	if r.Behind > 0 {
		behind = " Because of it " + count(r.Behind, "commit") + " behind it cannot be pushed either."
	}
	return fmt.Sprintf("%s. The server says: %s.%s Nothing is lost: all changes are in the rulebook here and at the rulers. %s", what, strings.Join(said, " "), behind, refusalWayOut(c, r))
}

// refusalWayOut says what a person can do about a commit that the Git server refuses.
func refusalWayOut(c rules.PastCommit, r rules.PushRefusal) string {
	const lets = "Let the server take it, and it is pushed without help"
	switch {
	case c.External():
		return lets + "; it was committed here past Alertsmith, and the README says at “the server refuses a commit for good” how to go on without it."
	case r.StandsIn():
		return "It has nothing of a rule, and stands in place of a change that was refused: so the server refuses whatever is pushed. " + lets + "."
	}
	undo := code("/alert undo "+c.Name()) + ", after later changes of the same rule, which are to be taken back first"
	if r.Required {
		return lets + "; or have an operator set " + code("git.push: eventual") + " and start again, as no command can be given before that, and give the change up then with " + undo + "."
	}
	return lets + "; or give the change up with " + undo + ": a few minutes later all others are pushed without it."
}

// maxBefore is how many of the newest changes are looked through for those that stand in the way of giving one up.
const maxBefore = 200

// offerOrder adds to the error about an undo of a commit that the Git server refuses the lines that take back what later commits did to the same rules, the newest
// first, and then it; false where it is another commit, or where they cannot be told. A part of it taken back does not help: the server refuses it as before.
func (c *call) offerOrder(ctx context.Context, e *rules.Error, commit rules.PastCommit) bool {
	var stuck rules.Stuck
	refusal := c.backend.Status(ctx).Remote.Refusal
	if refusal == nil || refusal.Commit.Name() != commit.Name() || !errors.As(e, &stuck) {
		return false
	}
	touching := map[string]bool{}
	for _, ref := range stuck.At {
		if ref.Name == "" { // of what a whole group or file says no history tells
			return false
		}
		changes, err := c.backend.Changes(ctx, rules.HistoryQuery{Rule: &ref, Limit: maxBefore})
		if err != nil {
			return false
		}
		for _, change := range changes {
			touching[change.Commit.Revision] = true
		}
	}
	changes, err := c.backend.Changes(ctx, rules.HistoryQuery{Limit: maxBefore})
	if err != nil {
		return false
	}
	at := slices.IndexFunc(changes, func(change rules.PastChange) bool { return change.Commit.Name() == commit.Name() })
	if at < 0 {
		return false
	}
	undone := map[string]bool{}
	var lines []string
	for _, change := range changes[:at] {
		switch name := change.Commit.Name(); {
		case undone[name] || !touching[change.Commit.Revision]:
		case change.Commit.Trailer(rules.TrailerUndoes) != "" && change.Commit.Trailer(rules.TrailerLeft) == "":
			undone[change.Commit.Trailer(rules.TrailerUndoes)] = true
		case change.Commit.External():
			lines = append(lines, "undo "+short(name))
		default:
			lines = append(lines, "undo "+name)
		}
	}
	if len(lines) == 0 {
		return false
	}
	lines = append(lines, "undo "+commit.Name())
	e.Text += " The Git server refuses it, and lets go of it when nothing of it is in force: give these commands, one after the other in this order."
	if len(lines) > fixesShown {
		e.Text += fmt.Sprintf(" They are the first %d of %d; the last of all is this one again.", fixesShown, len(lines))
	}
	e.Field, e.Fixes = "", lines
	return true
}
