package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// heldTaking has a push held that deletes a file, takes a rule out of another and changes one there, moves a rule, and brings a mistake.
func heldTaking(t *testing.T) (b *bench, good *rules.Book, mine, pushed string) {
	t.Helper()
	b = newBench(t)
	b.adopt(t)
	out := b.Apply(t.Context(), request("mine"), nodeDown("mine"))
	if out.State != rules.Live {
		t.Fatal(out.Err)
	}
	b.push(t, "good", map[string][]byte{"prometheus/ops/pair.yaml": fileOf("up == 0", "p1", "p2"), "prometheus/ops/mv.yaml": fileOf("up == 0", "mv"), "prometheus/ops/both.yaml": fileOf("up == 0", "b1", "b2")})
	b.Moved(t.Context())
	b.waitPush(t)
	good, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, _ := good.Find("mine")
	pushed = b.push(t, "take away", map[string][]byte{
		"prometheus/" + at.Ref.Path: nil, "prometheus/ops/gone.yaml": nil, "prometheus/ops/bad.yaml": fileOf("up ==", "bad"),
		"prometheus/ops/pair.yaml": []byte(strings.Replace(string(fileOf("up == 1", "p1", "p2", "p3")), "      - alert: p1\n        expr: up == 1\n", "", 1)),
		"prometheus/ops/mv.yaml":   nil, "prometheus/web/mv.yaml": fileOf("up == 0", "mv"), "prometheus/ops/both.yaml": nil,
	})
	b.Moved(t.Context())
	b.waitPush(t)
	return b, good, out.Revision, pushed
}

// runs returns the names of the rules that the ruler runs.
func (b *bench) runs(t *testing.T) (names []string) {
	t.Helper()
	running, err := b.prometheus.Running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range running {
		names = append(names, r.Rule.Name())
	}
	slices.Sort(names)
	return names
}

// All that is live is seen, marked where what was pushed is otherwise, and so is what was pushed besides.
func TestWhatIsHeldIsShownAsItIsLive(t *testing.T) {
	t.Parallel()
	b, _, _, _ := heldTaking(t)
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range book.Entries("") {
		stands := "live"
		if e.Held {
			stands = "held"
		} else if e.Pushed {
			stands = "pushed"
		}
		pushed, there := book.Branch(e.Ref)
		if !there {
			pushed.Rule.Expr = "gone"
		}
		got[e.Ref.Path+" "+e.Ref.Name] = stands + " " + e.Rule.Expr + ", there " + pushed.Rule.Expr
	}
	want := map[string]string{
		"ops/old.yaml old": "live up == 0, there up == 0", "ops/gone.yaml gone": "held up == 0, there gone", "ops/mine.yaml mine": "held up == 0, there gone",
		"ops/pair.yaml p1": "held up == 0, there gone", "ops/pair.yaml p2": "held up == 0, there up == 1", "ops/pair.yaml p3": "pushed up == 1, there up == 1",
		"ops/both.yaml b1": "held up == 0, there gone", "ops/both.yaml b2": "held up == 0, there gone",
		"ops/mv.yaml mv": "held up == 0, there gone", "web/mv.yaml mv": "pushed up == 0, there up == 0", "ops/bad.yaml bad": "pushed up ==, there up ==",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is live and held is not changed, removed or doubled by anybody who does not know that it is held.
func TestWhatIsHeldIsNotChangedUnknowingly(t *testing.T) {
	t.Parallel()
	b, good, mine, _ := heldTaking(t)
	second := nodeDown("gone")
	second.Options.Namespace = "ops"
	undo := rules.Undo{Commit: b.own(t, mine).PastCommit}
	var err error
	if undo.Before, err = b.BookAt(t.Context(), undo.Commit.Parent); err == nil {
		undo.After, err = b.BookAt(t.Context(), mine)
	}
	if err != nil {
		t.Fatal(err)
	}
	moved, _ := good.Find("mv")
	one, _ := good.Find("b1")
	now := moved.Ref
	now.Path = "web/mv.yaml"
	for name, intent := range map[string]rules.Intent{
		"edit of a deleted file":     rules.Edit{Address: "gone", Alteration: rules.Alteration{Expr: "up == 3"}},
		"delete of a deleted file":   rules.Delete{Address: "gone"},
		"pause of a deleted file":    pause("gone", "p"),
		"rename of a deleted file":   rules.Rename{Address: "gone", Name: "new"},
		"move of a deleted file":     rules.Move{Address: "gone", Namespace: "web"},
		"move into a deleted file":   rules.Move{Address: "old", Group: "gone"},
		"move out of a deleted file": rules.Move{Address: "mine", Group: "old"},
		"add in its place":           second,
		"edit of a deleted rule":     rules.Edit{Address: "p1", Alteration: rules.Alteration{Expr: "up == 3"}},
		"delete of a deleted rule":   rules.Delete{Address: "p1"},
		"edit where it was moved":    rules.Edit{Address: "web/mv/mv", Alteration: rules.Alteration{Expr: "up == 3"}},
		"delete where it was moved":  rules.Delete{Address: "web/mv/mv"},
		"restore where it was moved": rules.Restore{From: good, Ref: moved.Ref, Now: now, Commit: undo.Commit},
		"restore of one of two":      rules.Restore{From: good, Ref: one.Ref, Commit: undo.Commit},
		"undo of its making":         undo,
	} {
		before := b.runs(t)
		for when, out := range map[string]rules.Outcome{"draft": b.Draft(t.Context(), intent), "apply": b.Apply(t.Context(), request(name), intent)} {
			if out.Err == nil || !strings.Contains(out.Err.Error(), "is held, because of what carol pushed") {
				t.Errorf("%s, %s: %s, %v, want it refused as held", name, when, out.Result, out.Err)
			}
		}
		if diff := cmp.Diff(before, b.runs(t)); diff != "" {
			t.Errorf("%s: the ruler runs (-before +after):\n%s", name, diff)
		}
	}
}

// Putting back what a held push took away, rule by rule or as a whole, leaves each live once.
func TestWhatAHeldPushTookIsPutBack(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		b, good, _, pushed := heldTaking(t)
		before := b.runs(t)
		at, _ := good.Find("gone")
		var intent rules.Intent = rules.Restore{From: good, Ref: at.Ref, Commit: b.own(t, pushed).PastCommit}
		if whole {
			after, err := b.BookAt(t.Context(), pushed)
			if err != nil {
				t.Fatal(err)
			}
			before, err := b.BookAt(t.Context(), b.own(t, pushed).Parent)
			if err != nil {
				t.Fatal(err)
			}
			intent = rules.Undo{Commit: b.own(t, pushed).PastCommit, Before: before, After: after}
		}
		if out := b.Apply(t.Context(), request("back"), intent); out.State != rules.Live {
			t.Errorf("whole %t: %+v", whole, out)
		}
		if diff := cmp.Diff(before, b.runs(t)); diff != "" {
			t.Errorf("whole %t: the ruler runs (-before +after):\n%s", whole, diff)
		}
		if held := b.Status(t.Context()).Held; (held == nil) != whole {
			t.Errorf("whole %t: held %+v", whole, held)
		}
	}
}

// What is copied is what is live; what was pushed and is held comes to no ruler by a copy.
func TestACopyIsOfWhatIsLive(t *testing.T) {
	t.Parallel()
	b, _, _, _ := heldTaking(t)
	for _, name := range []string{"p1", "p2", "gone"} {
		out := b.Apply(t.Context(), request("copy "+name), rules.Copy{Address: name, Name: name + "-copy"})
		if out.State != rules.Live {
			t.Errorf("%s: %+v", name, out)
		}
		book, err := b.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e, err := book.Find(name + "-copy"); err != nil || e.Rule.Expr != "up == 0" {
			t.Errorf("the copy of %s says %q, %v", name, e.Rule.Expr, err)
		}
		for _, f := range out.Fields {
			if f.Field == "expr" && f.Was != "" {
				t.Errorf("the copy of %s is told to change %+v", name, f)
			}
		}
	}
	for _, name := range []string{"p3", "bad"} {
		if out := b.Apply(t.Context(), request("copy "+name), rules.Copy{Address: name, Name: name + "-copy"}); out.Err == nil || !strings.Contains(out.Err.Error(), "is held, because of what carol pushed") {
			t.Errorf("%s: %s, %v, want it refused as held", name, out.Result, out.Err)
		}
	}
}
