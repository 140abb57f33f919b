package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// Whatever somebody else made of the rules meanwhile: a command that is planned again does what it would do there, or it is a conflict.
func TestACommandIsPlannedAgainAtRandom(t *testing.T) {
	t.Parallel()
	same := 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 11))
		b := newBench(t)
		b.store.Commit(rules.Commit{Subject: "base", Files: randomBase})
		ours := randomIntent(random, "a1", "a2", "a3", "b1", "c1")
		if book, err := b.Book(t.Context()); err != nil {
			t.Fatal(err)
		} else if _, err := ours.Plan(book); err != nil {
			continue
		}
		own := b.commitOwn(t, ours)
		back := map[string][]byte{}
		for _, f := range own.Files {
			back[f.Path] = randomBase[f.Path]
		}
		b.store.Commit(rules.Commit{Subject: "before ours", Files: back})
		var told []string
		for range 1 + random.IntN(3) {
			book, err := b.Book(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			theirs := randomIntent(random, "a1", "a2", "a3", "b1", "c1")
			if change, err := theirs.Plan(book); err == nil {
				told = append(told, fmt.Sprintf("%T%+v", theirs, theirs))
				b.store.Commit(rules.Commit{Subject: "theirs", Files: change.Files})
			}
		}
		book, err := b.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		head, err := b.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.Replan(t.Context(), own, head)
		if err != nil {
			t.Fatal(err)
		}
		direct, directErr := ours.Plan(book)
		conflict := rules.TrailerOf(again.Trailers, "Action") == rules.ConflictAction
		delete(again.Files, "journal/page.md")
		edit, edits := ours.(rules.Edit)
		_, deletes := ours.(rules.Delete)
		switch {
		case directErr == nil && conflict && !edits: // of an edit, the same field was set otherwise
			t.Errorf("seed %d: %+v, and they %q: %s", seed, ours, told, again.Body)
		case directErr == nil && !conflict:
			same++
			if diff := cmp.Diff(direct.Files, again.Files); diff != "" {
				t.Errorf("seed %d: %+v, and they %q (-command +planned again):\n%s", seed, ours, told, diff)
			}
		case rules.KindOf(directErr) == rules.NotFound && !conflict && len(again.Files) == 0 && !deletes && edit.Options.Interval == nil:
			t.Errorf("seed %d: %+v, and they %q: nothing is left of it, and nobody is told", seed, ours, told)
		}
	}
	if same < 200 {
		t.Errorf("only %d of them could be done", same)
	}
}

// An undo of what a command did to one rule leaves what others did to other rules since, and nothing else.
func TestUndoAtRandom(t *testing.T) {
	t.Parallel()
	compared := 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 12))
		b := newBench(t)
		b.store.Commit(rules.Commit{Subject: "base", Files: randomBase})
		before, err := b.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ours := randomIntent(random, "a1", "a2")
		change, err := ours.Plan(before)
		if edit, edits := ours.(rules.Edit); err != nil || edits && edit.Options.Interval != nil { // that is about other rules, too
			continue
		}
		after := before.With(change.Files)
		now, want, told := after, before, []string(nil)
		for range 1 + random.IntN(3) {
			theirs := randomIntent(random, "a3", "b1", "c1")
			change, err := theirs.Plan(now)
			alone, aloneErr := theirs.Plan(want)
			if err != nil || aloneErr != nil {
				continue
			}
			now, want, told = now.With(change.Files), want.With(alone.Files), append(told, fmt.Sprintf("%T%+v", theirs, theirs))
		}
		undo, err := rules.Undo{Before: before, After: after, Commit: rules.PastCommit{}}.Plan(now)
		if err != nil {
			t.Errorf("seed %d: %T%+v, then %q: %v", seed, ours, ours, told, err)
			continue
		}
		compared++
		if diff := cmp.Diff(standing(want), standing(now.With(undo.Files))); diff != "" {
			t.Errorf("seed %d: %T%+v, then %q (-want +got):\n%s", seed, ours, ours, told, diff)
		}
	}
	if compared < 200 {
		t.Errorf("only %d of them could be undone", compared)
	}
}

// standing is what a book says, whatever the order of rules.
func standing(b *rules.Book) (facts []string) {
	for _, e := range b.Entries("") {
		facts = append(facts, fmt.Sprintf("%s %s %s %s", e.Ref.Path, e.Ref.Group, e.Interval, e.Source))
	}
	for _, p := range b.Paused() {
		facts = append(facts, fmt.Sprintf("paused %+v %s", p.Ref, p.Source))
	}
	slices.Sort(facts)
	return facts
}

var randomBase = map[string][]byte{
	"prometheus/ops/a.yaml": []byte("groups:\n  - name: g\n    rules:\n      - alert: a1\n        expr: up == 1\n      # about a2\n      - alert: a2\n        expr: up == 2\n" + critical +
		"  - name: h\n    rules:\n      - alert: a3\n        expr: up == 3\n"),
	"prometheus/ops/b.yaml": []byte(ruleFile("b", "b1", "up == 4", critical)),
	"prometheus/web/c.yaml": []byte(ruleFile("c", "c1", "up == 5", "")),
}

// randomIntent is about one of these rules.
func randomIntent(random *rand.Rand, names ...string) rules.Intent {
	name := names[random.IntN(len(names))]
	long, often := time.Duration(1+random.IntN(2))*time.Minute, time.Duration(10+random.IntN(2))*time.Second
	label := map[string]string{"severity": []string{"critical", "warning"}[random.IntN(2)]}
	switch random.IntN(8) {
	case 0:
		return rules.Delete{Address: name}
	case 1:
		return rules.Rename{Address: name, Name: fmt.Sprintf("%s-%d", name, random.IntN(2))}
	case 2:
		return rules.Move{Address: name, Namespace: []string{"ops", "web", "y"}[random.IntN(3)]}
	case 3:
		return rules.Move{Address: name, Group: []string{"g", "h", "new"}[random.IntN(3)]}
	case 4:
		return rules.Pause{Address: name, Request: "r1"}
	case 5:
		return rules.Edit{Address: name, Alteration: rules.Alteration{Options: rules.Options{For: &long}}}
	case 6:
		return rules.Edit{Address: name, Alteration: rules.Alteration{Options: rules.Options{Labels: label}, Expr: fmt.Sprintf("up == %d", 7+random.IntN(2))}}
	default:
		return rules.Edit{Address: name, Alteration: rules.Alteration{Options: rules.Options{Interval: &often}}}
	}
}
