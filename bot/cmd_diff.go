package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var diffCommand = Command{
	Name:    "diff",
	Spelled: []string{"差分"},
	Usage:   []string{`diff NAME [A..B]`, `diff [NAME] since=7d [until=…]`},
	Summary: "Show what changed in a rule: by its last change, or between two commits or times; or in all rules between two times",
	Help: "A and B are commits as `history` shows them; `A` alone or `A..` means from then until now. " +
		"Of a rule that was renamed or moved either name will do.",
	Examples: []string{`diff sshd-ban`, `diff since=7d`},
	Options:  diffOptions,
	Check:    reading(3, diffOptions),
	Run:      runDiff,
}

func runDiff(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	rest, err := call.args.takeOptions(words, diffOptions)
	if err != nil {
		return answer{}, err
	}
	if len(rest) == 0 && len(words) > 0 {
		return call.diffSpan(ctx)
	}
	span, err := call.commitSpan(ctx)
	if err != nil {
		return answer{}, err
	}
	if len(rest) > 1 {
		span = rest[1].value
		call.args["range"] = rest[1].whole()
		if len(rest) == 3 && !strings.Contains(span, "..") { // A B
			span += ".." + rest[2].value
			rest = rest[:2]
		}
		rest = append(rest[:1:1], rest[2:]...)
	}
	address, err := call.oneName(rest, diffOptions)
	if err != nil {
		return answer{}, err
	}
	book, err := call.backend.Book(ctx)
	if err != nil {
		return answer{}, err
	}
	if span == "" {
		return call.lastDiff(ctx, book, address)
	}
	older, newer, err := call.commits(ctx, span)
	if err != nil {
		return answer{}, err
	}
	a := side{name: strings.Trim(beforeAll, "()")}
	if !strings.HasPrefix(span, beforeAll) {
		if a, err = call.sideOf(ctx, book, address, older); err != nil {
			return answer{}, err
		}
	}
	b, err := call.sideOf(ctx, book, address, newer)
	if err != nil {
		return answer{}, err
	}
	if a.text == "" && b.text == "" {
		_, err := book.FindOrPaused(address)
		if err == nil || rules.KindOf(err) == rules.NotFound {
			err = &rules.Error{Kind: rules.NotFound, Field: "name", Offset: -1, Text: fmt.Sprintf("There was no rule %q at either commit.", address)}
		}
		return answer{}, err
	}
	return told(diffText(address, a, b)), nil
}

// commits returns the two ends of A..B; a B that is not said is now, nil.
func (c *call) commits(ctx context.Context, span string) (older, newer *rules.PastCommit, err error) {
	span = strings.NewReplacer("…", "..", "．", ".").Replace(span)
	first, last, _ := strings.Cut(span, "..")
	last = strings.TrimLeft(last, ".")
	if first == "" {
		return nil, nil, &rules.Error{Kind: rules.Invalid, Field: "range", Offset: -1, Text: "The first commit is missing: write A..B, or A for what changed since then."}
	}
	var a rules.PastCommit
	if first != beforeAll {
		a, err = c.commit(ctx, "range", "", first)
	}
	if err != nil || last == "" || fold(last) == "now" || fold(last) == "head" {
		return &a, nil, withRest(err, ".."+last)
	}
	b, err := c.commit(ctx, "range", first+"..", last)
	return &a, &b, err
}

// withRest puts what followed in the argument behind an error's suggestions.
func withRest(err error, rest string) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok {
		return err
	}
	for i := range e.Fixes {
		e.Fixes[i] += rest
	}
	return err
}

// side is one side of a difference: what it is called, and the rule; "" where it is not there.
type side struct{ name, text string }

// sideOf returns a rule as it was at a commit, or as it is now (nil).
func (c *call) sideOf(ctx context.Context, newest *rules.Book, address string, commit *rules.PastCommit) (side, error) {
	if commit == nil {
		entry, err := newest.FindOrPaused(address)
		if rules.KindOf(err) == rules.NotFound {
			return side{name: "now"}, nil
		}
		return side{"now", entry.Text()}, err
	}
	s := side{name: short(commit.Revision) + " of " + c.when(commit.When)}
	then, err := c.ruleAt(ctx, newest, address, *commit)
	switch {
	case err == nil && !then.before && !then.left:
		s.text = then.entry.Text()
	case err != nil && rules.KindOf(err) != rules.NotFound:
		return s, err
	}
	return s, nil
}

// lastDiff shows the last change of a rule.
func (c *call) lastDiff(ctx context.Context, book *rules.Book, address string) (answer, error) {
	versions, err := c.versions(ctx, book, address, rules.HistoryQuery{Limit: 1})
	if err != nil {
		return answer{}, c.commitInstead(ctx, address, err)
	}
	if len(versions) == 0 {
		return answer{}, &rules.Error{Kind: rules.NotFound, Field: "name", Offset: -1, Text: fmt.Sprintf("No change of %q is known.", address)}
	}
	v := versions[0]
	before, err := c.backend.BookAt(ctx, v.Commit.Parent)
	if err != nil {
		return answer{}, err
	}
	after, err := c.backend.BookAt(ctx, v.Commit.Revision)
	if err != nil {
		return answer{}, err
	}
	was, is := v.Sources(before, after)
	a, b := side{"before", was}, side{short(v.Commit.Revision) + " of " + c.when(v.Commit.When), is}
	return told(diffText(address, a, b) + "\n" + c.commitText(v.Commit) + reasonText(v.Commit)), nil
}

// diffText shows how two sides differ.
func diffText(address string, a, b side) string {
	head := "**" + escape(address) + "**"
	if a.text == b.text {
		return head + ": no difference between " + escape(a.name) + " and " + escape(b.name) + "."
	}
	return head + "\n" + fence("diff", cut(rules.Difference(a.name, a.text, b.name, b.text), pageSize-1000))
}
