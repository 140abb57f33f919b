package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var blameCommand = Command{
	Name:     "blame",
	Aliases:  []string{"why"},
	Spelled:  []string{"annotate", "経緯"},
	Usage:    []string{`blame NAME`},
	Summary:  "Show who last set each field of a rule, when and why",
	Help:     "For each of the expression, the times, every label and annotation, and what its group says for it: the person, the time, the commit and the request that last set it to what it is.",
	Examples: []string{`blame sshd-ban`},
	Check:    reading(1, nil),
	Run:      runBlame,
}

// maxBlamed is how many versions of a rule are looked at.
const maxBlamed = 300

func runBlame(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	address, err := call.oneName(words, nil)
	if err != nil {
		return answer{}, err
	}
	book, err := call.backend.Book(ctx)
	if err != nil {
		return answer{}, err
	}
	entry, err := book.FindOrPaused(address)
	if err != nil {
		return answer{}, call.gone(ctx, book, address, err)
	}
	versions, err := call.backend.History(ctx, rules.HistoryQuery{Rule: &entry.Ref, Limit: maxBlamed})
	if err != nil {
		return answer{}, err
	}
	lines := []string{"**" + escape(book.Address(entry.Ref)) + "**"}
	left := entry.Fields()
	for i := 0; i < len(versions) && len(left) > 0; i++ {
		older, err := call.fieldsBefore(ctx, versions, i)
		if err != nil {
			return answer{}, err
		}
		var set, rest []rules.Field
		for _, field := range left {
			if value, had := older[field.Name]; had && value == field.Value {
				rest = append(rest, field)
			} else {
				set = append(set, field)
			}
		}
		if left = rest; len(set) > 0 {
			lines = append(lines, call.setText(set, versions[i]))
		}
	}
	if len(left) > 0 {
		when := "before the history that is known"
		if len(versions) == maxBlamed {
			when = fmt.Sprintf("before its newest %d versions, which are all that one answer looks through", maxBlamed)
		}
		lines = append(lines, "- "+fieldNames(left)+": "+when)
	}
	return told(strings.Join(lines, "\n")), nil
}

// fieldsBefore returns what the rule said before a version: what the version before it left; nothing when it did not exist.
func (c *call) fieldsBefore(ctx context.Context, versions []rules.Version, i int) (map[string]string, error) {
	if i+1 == len(versions) {
		if versions[i].Kind == rules.RuleAdded {
			return nil, nil
		}
		book, err := c.backend.BookAt(ctx, versions[i].Commit.Parent)
		if err != nil {
			return nil, err
		}
		ref := versions[i].Ref
		if versions[i].Kind == rules.RuleMoved {
			ref = versions[i].From
		}
		return fieldsAt(book, ref), nil
	}
	if versions[i].Kind == rules.RuleAdded || versions[i+1].Kind == rules.RuleDeleted {
		return nil, nil
	}
	book, err := c.backend.BookAt(ctx, versions[i+1].Commit.Revision)
	if err != nil {
		return nil, err
	}
	return fieldsAt(book, versions[i+1].Ref), nil
}

func fieldsAt(book *rules.Book, ref rules.Ref) map[string]string {
	fields := map[string]string{}
	if entry, ok := book.Get(ref); ok {
		for _, f := range entry.Fields() {
			fields[f.Name] = f.Value
		}
	}
	return fields
}

// setText says who set fields to what they are.
func (c *call) setText(set []rules.Field, v rules.Version) string {
	text := fmt.Sprintf("- %s: %s, %s, commit %s", fieldNames(set), escape(oneLine(cut(v.Commit.Author.Name, 60))),
		escape(c.when(v.Commit.When)), code(short(v.Commit.Revision)))
	if id := v.Commit.Trailer("Request-Id"); id != "" {
		text += ", request " + code(id)
	}
	if reason := v.Commit.Reason(); reason != "" {
		text += ": " + escape(cut(reason, 300))
	}
	return text
}

// fieldNames names fields with what they say.
func fieldNames(fields []rules.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = "**" + escape(shortCut(f.Name)) + "** " + code(shortCut(f.Value))
	}
	return strings.Join(names, ", ")
}
