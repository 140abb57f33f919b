package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// Of every line in the table that adds a rule in words, no word can be left out, spoiled, or put in addition, without a refusal or a trace in what
// is written: no input is half-obeyed.
func TestNothingIsHalfObeyed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range readMangled(t) {
		for _, line := range row.lines {
			if strings.HasPrefix(line, "add ") && !strings.Contains(line, "\n") {
				seen[line] = true
			}
		}
	}
	plans := newPlans(t)
	checked := 0
	for line := range seen {
		words, err := scanAll(line, 0)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		whole := plans.of(line)
		if whole == "" {
			t.Errorf("%s: refused", line)
		}
		for _, w := range words[1:] {
			checked++
			const mark = "zqzq"
			if with := plans.of(line[:w.start] + mark + " " + line[w.start:]); with != "" && !strings.Contains(with, mark) {
				t.Errorf("%s: %s before %q is not obeyed:\n%s", line, mark, w.value, with)
			}
			if with := plans.of(line[:w.end] + mark + line[w.end:]); with != "" && !strings.Contains(with, mark) {
				t.Errorf("%s: %s behind %q is not obeyed:\n%s", line, mark, w.value, with)
			}
			if w.key == "ruler" {
				continue // it may say what is plain from the expression
			}
			if without := plans.of(line[:w.start] + line[w.end:]); without == whole {
				t.Errorf("%s: %q makes no difference", line, w.value)
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d words were tried", checked)
	}
}

// Nor can a word be put into what people really type, and is taken: behind a link, between the words of an expression, anywhere.
func TestNothingMangledIsHalfObeyed(t *testing.T) {
	t.Parallel()
	plans := newPlans(t)
	checked := 0
	for _, row := range readMangled(t) {
		words, err := scanAll(row.text, 0)
		if row.how != "=>" && row.how != "~>" || err != nil || strings.Contains(row.text, "\n") || plans.of(row.text) == "" {
			continue
		}
		for _, w := range words[1:] {
			checked++
			const mark = "zqzq"
			spoiled := []string{row.text[:w.start] + mark + " " + row.text[w.start:], row.text[:w.end] + mark + row.text[w.end:]}
			if strings.Contains(row.text, "](") {
				spoiled = nil // of a link only the query counts
			} else if strings.Contains(w.value, "://") {
				spoiled = spoiled[:1]
			}
			for _, spoiled := range spoiled {
				if with := plans.of(spoiled); with != "" && !strings.Contains(with, mark) {
					t.Errorf("%d %s: the mark is not obeyed:\n%s", row.line, spoiled, with)
				}
			}
		}
	}
	if checked < 1000 {
		t.Errorf("only %d words were tried", checked)
	}
}

// plans says what commands would write into a rulebook.
type plans struct {
	chat *chat
	last string
}

// newPlans returns the plans for the rulebook that some commands make.
func newPlans(t testing.TB, commands ...string) *plans {
	t.Helper()
	p := &plans{chat: newChat(t, nil)}
	for _, command := range commands {
		p.chat.say(command)
	}
	book, err := p.chat.backend.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan := func(dry string) func(context.Context, rules.Intent) rules.Outcome {
		return func(_ context.Context, intent rules.Intent) rules.Outcome {
			change, err := intent.Plan(book)
			if err != nil {
				return rules.Outcome{Err: err}
			}
			p.last = dry + change.Reason
			for _, path := range slices.Sorted(maps.Keys(change.Files)) {
				p.last += fmt.Sprintf("\n%s\n%s", path, change.Files[path])
			}
			return rules.Outcome{Result: rules.Success, Revision: "1a2b3c4", State: rules.Live}
		}
	}
	p.chat.handler.backend.Draft = plan("dry run: ")
	apply := plan("")
	p.chat.handler.backend.Apply = func(ctx context.Context, _ rules.Request, intent rules.Intent) rules.Outcome {
		return apply(ctx, intent)
	}
	return p
}

// of returns all that a command would write, and its reason; "" where it is refused.
func (p *plans) of(text string) string {
	p.last = ""
	p.chat.say(text)
	return p.last
}
