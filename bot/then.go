package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// stateAt returns the commit that the branch was at at a time. Of now that is its newest one: what it has came before, whatever date it bears, also where
// nobody knows when it came.
func (c *call) stateAt(ctx context.Context, t time.Time) (rules.StateAt, error) {
	if t.Before(c.now.Truncate(time.Second)) {
		return c.backend.StateAt(ctx, t)
	}
	book, err := c.backend.Book(ctx)
	if err != nil || book.Revision() == "" {
		return rules.StateAt{}, err
	}
	commit, err := c.backend.Commit(ctx, book.Revision())
	return rules.StateAt{Revision: commit.Revision, Date: commit.When, Since: commit.When}, err
}

// bookAt returns the rulebook as it was at a time, and what it is called; the empty one before the first commit.
func (c *call) bookAt(ctx context.Context, t time.Time) (*rules.Book, string, error) {
	state, err := c.stateAt(ctx, t)
	if err != nil {
		return nil, "", err
	}
	book, err := c.backend.BookAt(ctx, state.Revision)
	if state.Revision == "" {
		return book, c.when(t) + " (before the first commit)", err
	}
	return book, c.when(t) + " (commit " + short(state.Revision) + c.since(state) + ")", err
}

// since says of a commit that was found by a time since when the branch has had it, where its date says something else.
func (c *call) since(state rules.StateAt) string {
	switch {
	case state.Since.Equal(state.Date):
		return ""
	case state.Came:
		return ", which came in on " + c.when(state.Since)
	}
	return ", which by its place among the commits came on " + c.when(state.Since) + ", whatever its date says"
}

// bookOf returns the rulebook that the command is about: as it was at at=, and a line that says so; else the newest one.
func (c *call) bookOf(ctx context.Context) (book *rules.Book, then string, err error) {
	if _, given := c.args["at"]; !given {
		book, err = c.backend.Book(ctx)
		return book, "", err
	}
	at, err := c.moment("at")
	if err != nil {
		return nil, "", err
	}
	book, name, err := c.bookAt(ctx, at)
	return book, "\nAs of " + escape(name) + ".", err
}

// span returns the rulebook at both ends of since= and until=; without until= the newest one.
func (c *call) span(ctx context.Context) (older, newer *rules.Book, from, to string, err error) {
	since, err := c.moment("since")
	if err != nil {
		return nil, nil, "", "", err
	}
	until, err := c.momentAfter("until")
	if err != nil {
		return nil, nil, "", "", err
	}
	if _, given := c.args["since"]; !given {
		return nil, nil, "", "", &rules.Error{Kind: rules.Invalid, Field: "until", Offset: -1, Text: "since= is missing: from when on?"}
	}
	if older, from, err = c.bookAt(ctx, since); err != nil {
		return nil, nil, "", "", err
	}
	if until.IsZero() || !until.Before(c.now) {
		newer, err = c.backend.Book(ctx)
		return older, newer, from, "now", err
	}
	if !until.After(since) {
		return nil, nil, "", "", invalidOption("until", "lies before since=")
	}
	newer, to, err = c.bookAt(ctx, until.Add(-time.Second))
	return older, newer, from, to, err
}

// diffSpan shows what changed in all rules between two times.
func (c *call) diffSpan(ctx context.Context) (answer, error) {
	page, err := c.page()
	if err != nil {
		return answer{}, err
	}
	older, newer, from, to, err := c.span(ctx)
	if err != nil {
		return answer{}, err
	}
	kinds, blocks := differing(older, newer)
	head := fmt.Sprintf("**From %s to %s**: ", escape(from), escape(to))
	if len(blocks) == 0 {
		return told(head + "no rule changed."), nil
	}
	head += fmt.Sprintf("%d added, %d changed, %d deleted", kinds[rules.RuleAdded], kinds[rules.RuleChanged], kinds[rules.RuleDeleted])
	return told(c.paged(head, blocks, page, "diff"+c.given("since", "until"))), nil
}

// differing returns the rules that differ between two books, as blocks in the order of their places, and how many of each kind they are. One that
// was moved is deleted in one place and added in the other.
func differing(older, newer *rules.Book) (kinds map[rules.ChangeKind]int, blocks []string) {
	type pair struct{ was, is *rules.Entry }
	pairs := map[rules.Ref]pair{}
	var order []rules.Ref
	for _, e := range older.Entries("") {
		pairs[e.Ref] = pair{was: &e}
		order = append(order, e.Ref)
	}
	for _, e := range newer.Entries("") {
		p, known := pairs[e.Ref]
		if !known {
			order = append(order, e.Ref)
		}
		p.is = &e
		pairs[e.Ref] = p
	}
	slices.SortFunc(order, func(a, b rules.Ref) int {
		return strings.Compare(a.Ruler+"\x00"+a.Path+"\x00"+a.Group+"\x00"+a.Name, b.Ruler+"\x00"+b.Path+"\x00"+b.Group+"\x00"+b.Name)
	})
	kinds = map[rules.ChangeKind]int{}
	for _, ref := range order {
		p := pairs[ref]
		var kind rules.ChangeKind
		var name, was, is string
		switch {
		case p.was == nil:
			kind, name, is = rules.RuleAdded, newer.Address(ref), p.is.Text()
		case p.is == nil:
			kind, name, was = rules.RuleDeleted, older.Address(ref), p.was.Text()
		case p.was.Text() != p.is.Text():
			kind, name, was, is = rules.RuleChanged, newer.Address(ref), p.was.Text(), p.is.Text()
		default:
			continue
		}
		kinds[kind]++
		blocks = append(blocks, "**"+string(kind)+"** "+code(name)+"\n"+fence("diff", cut(rules.Difference("was", was, "is", is), pageSize/4)))
	}
	return kinds, blocks
}

// What list and diff take.
var (
	listAtOptions = append(slices.Clip(listOptions), "at")
	diffOptions   = []string{"since", "until", "page"}
)

// beforeAll stands for the empty rulebook before the first commit in what commitSpan returns.
const beforeAll = "(before the first commit)"

// commitSpan returns since= and until= as A..B, for the difference of one rule; "" where neither is given.
func (c *call) commitSpan(ctx context.Context) (string, error) {
	var ends [2]string
	for i, name := range []string{"since", "until"} {
		if _, given := c.args[name]; !given {
			continue
		}
		t, err := c.moment(name)
		if i == 1 {
			t, err = c.momentAfter(name)
			t = t.Add(-time.Second)
		}
		if err != nil {
			return "", err
		}
		state, err := c.stateAt(ctx, t)
		if err != nil {
			return "", err
		}
		ends[i] = state.Revision
		switch {
		case ends[i] == "" && i == 0:
			ends[i] = beforeAll
		case ends[i] == "":
			return "", invalidOption(name, "is before the first commit of the rulebook")
		}
	}
	if ends[0] == "" && ends[1] == "" {
		return "", nil
	}
	return ends[0] + ".." + ends[1], nil
}
