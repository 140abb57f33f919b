package bot

import (
	"fmt"
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
