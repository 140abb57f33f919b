package rules_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestLintOfAPush has somebody push more rules than are linted: those that are not are counted, no other rule of the rulebook is looked at, and what is found is told
// with errors first and without what could only be better.
func TestLintOfAPush(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	linted := map[string]int{}
	b.lint = func(_, _ *rules.Book, refs []rules.Ref) (found []rules.Finding) {
		for i, ref := range refs {
			linted[ref.Path]++
			if i < 4 {
				found = append(found, rules.Finding{Check: fmt.Sprint(i), Ref: ref, Severity: []rules.Severity{rules.SeverityInfo, rules.SeverityWarning, rules.SeverityError, rules.SeverityWarning}[i]})
			}
		}
		return found
	}
	b.adopt(t)
	var names []string
	for i := range 1003 {
		names = append(names, fmt.Sprintf("r%d", i))
	}
	b.push(t, "many", map[string][]byte{"prometheus/ops/many.yaml": fileOf("up == 0", names...), "prometheus/ops/gone.yaml": nil})
	b.Moved(t.Context())
	push := b.waitPush(t)
	var checks []string
	for _, f := range push.Findings {
		checks = append(checks, f.Check)
	}
	if !slices.Equal(checks, []string{"2", "1", "3"}) || push.Unlinted != 3 {
		t.Errorf("found by %v, %d rules not looked at", checks, push.Unlinted)
	}
	if diff := cmp.Diff(map[string]int{"ops/many.yaml": 1000}, linted); diff != "" {
		t.Errorf("linted (-want +got):\n%s", diff)
	}
}

// TestPushIsToldThoughItsLintPanics has a check break: what was pushed is live and told all the same.
func TestPushIsToldThoughItsLintPanics(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.lint = func(*rules.Book, *rules.Book, []rules.Ref) []rules.Finding { panic("a check") }
	b.adopt(t)
	b.push(t, "one more", map[string][]byte{"prometheus/ops/more.yaml": fileOf("up == 0", "more")})
	b.Moved(t.Context())
	if push := b.waitPush(t); len(push.Findings) != 0 || push.Rulers[0].State != rules.Live || !slices.Contains(b.panics.all(), "lint of a push panicked") {
		t.Errorf("told %+v; panicked: %v", push, b.panics.all())
	}
}

// TestLintOfAPushNamesOneRule has lint find something in rules of one name, and in a group: the address by which it is asked why is of one rule.
func TestLintOfAPushNamesOneRule(t *testing.T) {
	t.Parallel()
	for want, ref := range map[string]rules.Ref{
		"same#2": {Ruler: "prometheus", Path: "ops/same.yaml", Group: "same", Name: "same", Nth: 2},
		"same#1": {Ruler: "prometheus", Path: "ops/same.yaml", Group: "same"},
	} {
		b := newBench(t)
		b.lint = func(_, _ *rules.Book, _ []rules.Ref) []rules.Finding {
			return []rules.Finding{{Check: "x", Ref: ref, Severity: rules.SeverityWarning}}
		}
		b.adopt(t)
		b.push(t, "two of one name", map[string][]byte{"prometheus/ops/same.yaml": fileOf("up == 0", "same", "same")})
		b.Moved(t.Context())
		if push := b.waitPush(t); push.Worst != want {
			t.Errorf("%+v is asked for as %q, want %q", ref, push.Worst, want)
		}
	}
}
