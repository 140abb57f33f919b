package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var lintCommand = Command{
	Name:    "lint",
	Aliases: []string{"check"},
	Spelled: []string{"verify", "点検", "検査"},
	Usage:   []string{`lint NAME`, `lint [all]`},
	Summary: "Say what will hurt in a rule, or in all of them",
	Help: "What rulers take may still fire always, never, or flap. `lint` shows the warnings of all rules; `lint all` also what could be better, and `lint NAME` why. " +
		"What is meant is accepted beside the rule: `edit NAME accept=CHECK reason=\"…\" until=2027-01-01`.",
	Examples: []string{`lint`, `lint sshd-ban`, `lint all namespace=ops`},
	Options:  listOptions,
	Check:    reading(1, listOptions),
	Run:      runLint,
}

func runLint(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	rest, err := call.args.takeOptions(words, listOptions)
	if err != nil {
		return answer{}, err
	}
	page, err := call.page()
	if err != nil {
		return answer{}, err
	}
	book, err := call.backend.Book(ctx)
	if err != nil {
		return answer{}, err
	}
	all := len(rest) == 1 && rest[0].keyword() == "all"
	if len(rest) > 0 && !all {
		return call.lintOne(ctx, book, rest)
	}
	entries, err := call.entries(book)
	if err != nil {
		return answer{}, err
	}
	found := call.backend.Lint(book, entries)
	again := "lint all"
	if !all {
		again = "lint"
		found = slices.DeleteFunc(found, func(f rules.Finding) bool { return f.Severity == rules.SeverityInfo })
	}
	head := fmt.Sprintf("**%s%s** in %s", count(len(found), "finding"), call.chosen(), count(len(entries), "rule"))
	if len(found) == 0 {
		return told(head + "."), nil
	}
	var blocks []string
	for _, f := range found {
		blocks = append(blocks, code(place(book, f))+" "+findingText(f))
	}
	return told(call.paged(head, blocks, page, again+call.given("ruler", "namespace"))), nil
}

// lintOne says of one rule what is found in it and why that hurts, what its ruler has of what it reads, and what is accepted.
func (c *call) lintOne(ctx context.Context, book *rules.Book, rest []word) (answer, error) {
	name, err := c.oneName(rest, listOptions)
	if err != nil {
		return answer{}, err
	}
	entry, err := book.Find(name)
	if err != nil {
		return answer{}, err
	}
	found := c.backend.Lint(book, []rules.Entry{entry})
	if c.backend.Examine != nil {
		found = append(found, c.backend.Examine(ctx, entry.Ref.Ruler, []rules.Entry{entry})...)
	}
	lines := []string{fmt.Sprintf("**%s**: %s", escape(book.Address(entry.Ref)), count(len(found), "finding"))}
	for _, f := range found {
		lines = append(lines, findingText(f)+" "+capitalized(sentence(f.Why))+".")
	}
	for _, a := range entry.Accepted() {
		lines = append(lines, capitalized(c.acceptedText(a)))
	}
	return told(strings.Join(lines, "\n")), nil
}

// place returns the address of the rule that a finding is about, or of its group.
func place(book *rules.Book, f rules.Finding) string {
	if f.Ref.Name == "" {
		return f.Ref.Path + " " + f.Ref.Group
	}
	return book.Address(f.Ref)
}

// acceptedText says what is accepted, until when and why.
func (c *call) acceptedText(a rules.Acceptance) string {
	text := "accepted: " + code(a.Check)
	switch {
	case a.Until.IsZero():
	case c.now.Before(a.Until):
		text += " until " + a.Until.Format("2006-01-02")
	default:
		text += " until " + a.Until.Format("2006-01-02") + ", which is over"
	}
	return text + ": " + escape(oneLine(cut(a.Reason, 300)))
}
