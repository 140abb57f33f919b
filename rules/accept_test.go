package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules/expr"
)

var newYear = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		want   []Acceptance
	}{
		"above":           {"# accept: a-b reason=\"x\"\n- alert: A\n  expr: up\n", []Acceptance{{Check: "a-b", Reason: "x"}}},
		"below the name":  {"- alert: A\n  # accept: a until=2027-01-01 reason=\"say \\\"x\\\"\"\n  # other\n  # accept: b reason=\"y\"\n  expr: up\n", []Acceptance{{"a", newYear, `say "x"`}, {"b", time.Time{}, "y"}}},
		"in a text":       {"- alert: A\n  expr: |\n    # accept: a reason=\"x\"\n    up\n", nil},
		"further down":    {"- alert: A\n  expr: up\n  # accept: a reason=\"x\"\n", nil},
		"no reason":       {"# accept: a\n- alert: A\n", nil},
		"empty reason":    {"# accept: a reason=\" \"\n- alert: A\n", nil},
		"no such day":     {"# accept: a until=2027-02-30 reason=\"x\"\n- alert: A\n", nil},
		"open quote":      {"# accept: a reason=\"x\\\"\n- alert: A\n", nil},
		"more behind it":  {"# accept: a reason=\"x\" until=2027-01-01\n- alert: A\n", nil},
		"several checks":  {"# accept: a, b reason=\"x\"\n- alert: A\n", nil},
		"a bad escape":    {"# accept: a reason=\"\\q\"\n- alert: A\n", nil},
		"a recorded rule": {"# accept: a reason=\"x\"\n- record: a:b\n  expr: up\n", []Acceptance{{Check: "a", Reason: "x"}}},
	} {
		if diff := cmp.Diff(c.want, Entry{Source: c.source}.Accepted()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAcceptIsKeptBesideTheRule walks an acceptance through add and edit.
func TestAcceptIsKeptBesideTheRule(t *testing.T) {
	t.Parallel()
	book := NewBook([]RulerInfo{{Name: "p", Dialect: expr.PromQL, Dir: "p"}})
	accepted := []Acceptance{{"one", newYear, "because\n# accept: two reason=\"sly\""}, {"three", time.Time{}, "3"}}
	apply := func(intent Intent) Entry {
		t.Helper()
		p, err := plan(book, intent)
		if err != nil {
			t.Fatal(err)
		}
		book = p.after
		return book.Entries("")[0]
	}
	e := apply(Add{Name: "A", Expr: "up == 0", Options: Options{Accept: accepted, Namespace: "ops"}})
	if diff := cmp.Diff(accepted, e.Accepted()); diff != "" {
		t.Error(diff)
	}
	e = apply(Edit{Address: "A", Alteration: Alteration{Options: Options{Accept: []Acceptance{{"three", newYear, "anew"}}}}})
	if diff := cmp.Diff([]Acceptance{accepted[0], {"three", newYear, "anew"}}, e.Accepted()); diff != "" {
		t.Errorf("%s\n%s", diff, e.Source)
	}
	e = apply(Edit{Address: "A", Alteration: Alteration{Options: Options{Accept: []Acceptance{{"four", time.Time{}, "4"}, {"five", time.Time{}, "5"}}}}})
	if len(e.Accepted()) != 4 {
		t.Errorf("some are lost:\n%s", e.Source)
	}
	e = apply(Edit{Address: "A", Alteration: Alteration{Remove: []string{"accept"}}})
	if strings.Contains(e.Source, "accept") || e.Rule.Expr != "up == 0" {
		t.Errorf("not all are taken away:\n%s", e.Source)
	}
	for _, bad := range []Acceptance{{"", newYear, "x"}, {"A", newYear, "x"}, {"a", newYear, " "}, {"a", newYear, strings.Repeat("x", maxReason+1)}, {"a reason=\"x\"", newYear, "x"}} {
		if _, err := plan(book, Edit{Address: "A", Alteration: Alteration{Options: Options{Accept: []Acceptance{bad}}}}); KindOf(err) != Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// FuzzAcceptance holds that what is read is what note writes, and that every acceptance that may be written is read as it was.
func FuzzAcceptance(f *testing.F) {
	f.Add("# accept: a until=2027-01-01 reason=\"x\"", "why not")
	f.Add("# accept: promql-fragile reason=\"a \\\" b \\n\"", "line\nbreak \u2028 \x00 \xff\"\\")
	f.Add("# accept: a reason=\"\\u0020\"", " ")
	f.Fuzz(func(t *testing.T, comment, reason string) {
		if a, ok := readAcceptance(comment); ok {
			if err := a.check(); err != nil {
				t.Errorf("%q is read, and refused: %v", comment, err)
			}
			if again, ok := readAcceptance("# " + a.note()); !ok || again != a {
				t.Errorf("%q is written as %q", comment, a.note())
			}
		}
		a := Acceptance{Check: "a", Until: newYear, Reason: reason}
		if a.check() != nil {
			return
		}
		if got, ok := readAcceptance("# " + a.note()); !ok || got != a {
			t.Errorf("%+v is read as %+v", a, got)
		}
		if strings.ContainsAny(a.note(), "\n\r\u2028\u2029\u0085") {
			t.Errorf("%q is more than one line", a.note())
		}
	})
}
