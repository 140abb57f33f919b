package bot

import (
	"context"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// nameAt is NAME, NAME@COMMIT or NAME at=TIME.
type nameAt struct {
	newest  *rules.Book
	address string
	commit  *rules.PastCommit // nil: nothing was said of it
	since   string            // what to say behind the commit that was found by a time
}

// nameAt reads the only word of a command, and the option at=. A name may hold an @ itself: the longest part that is the address of a rule,
// and then the longest before a commit, wins.
func (c *call) nameAt(ctx context.Context, words []word, allowed []string) (nameAt, error) {
	at, err := c.moment("at")
	if err != nil {
		return nameAt{}, err
	}
	address, err := c.oneName(words, allowed)
	if err != nil {
		return nameAt{}, err
	}
	n := nameAt{address: address}
	if n.newest, err = c.backend.Book(ctx); err != nil {
		return n, err
	}
	if _, given := c.args["at"]; given {
		state, err := c.stateAt(ctx, at)
		if err != nil {
			return n, err
		}
		if state.Revision == "" {
			return n, c.beforeFirst(ctx, n)
		}
		commit, err := c.commit(ctx, "at", "", state.Revision)
		n.commit, n.since = &commit, escape(c.since(state))
		return n, err
	}
	if _, err := n.newest.FindOrPaused(address); err == nil || rules.KindOf(err) != rules.NotFound {
		return n, nil // an ambiguous one is told of by whoever looks for it
	}
	var unknown error
	for i := lastAt(address); i > 0; i = lastAt(address[:i]) {
		name, rest := address[:i], strings.TrimLeft(address[i:], "@＠")
		commit, err := c.commitAt(ctx, n.newest, name, rest)
		if rules.KindOf(err) == rules.NotFound {
			if commit, err = c.kept(ctx, rest, err); err == nil {
				n.since = ", which the rulebook's branch does not have any more"
			}
		}
		if err == nil {
			n.address, n.commit = name, &commit
			return n, nil
		}
		if kind := rules.KindOf(err); kind != rules.NotFound && kind != rules.Conflict {
			return n, err
		}
		if unknown == nil {
			unknown = err
		}
	}
	if versions, err := c.versions(ctx, n.newest, address, rules.HistoryQuery{Limit: 1}); err == nil && len(versions) > 0 {
		return n, nil // a rule that is gone
	}
	return n, unknown
}

// commitAt returns the commit behind the @ of NAME@COMMIT, which is the newest one where it says HEAD.
func (c *call) commitAt(ctx context.Context, newest *rules.Book, name, text string) (rules.PastCommit, error) {
	if head := newest.Revision(); head != "" && commitName(text) == "head" {
		return c.backend.Commit(ctx, head)
	}
	return c.commit(ctx, "name", name+"@", text)
}

// mostVersions is how many versions of a rule are looked through for its oldest one.
const mostVersions = 100_000

// beforeFirst is the error about a time before the first commit, with the rule's oldest version to take instead.
func (c *call) beforeFirst(ctx context.Context, n nameAt) error {
	e := &rules.Error{Kind: rules.Invalid, Field: "at", Offset: -1, Text: "at= is before the first commit of the rulebook."}
	versions, err := c.versions(ctx, n.newest, n.address, rules.HistoryQuery{Limit: mostVersions})
	if err != nil || len(versions) == 0 {
		return e // that there is no such rule is seen when another time is said
	}
	oldest := versions[len(versions)-1].Commit
	e.Field, e.Text = "", e.Text+" The first version of this rule that is known is of "+c.when(oldest.When)+"."
	e.Fixes = []string{c.command + " " + quote(n.address+"@"+short(oldest.Revision))}
	return e
}

// lastAt returns where the last @ of a text stands that has something before it; -1 for none.
func lastAt(s string) int {
	return max(strings.LastIndex(s, "@"), strings.LastIndex(s, "＠"))
}
