package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// pause returns the pause of a rule.
func pause(name, request string) rules.Pause {
	return rules.Pause{Address: name, By: rules.Person{Name: "alice"}, Request: request}
}

// Nothing takes the place of a paused rule, and nothing of it is lost: it comes back byte for byte, also as the only rule of its file, and also
// after it was not to be resumed as its file was broken by hand.
func TestPlaceOfAPausedRuleIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	apply := func(id string, intent rules.Intent) error {
		t.Helper()
		return b.Apply(t.Context(), request(id), intent).Err
	}
	must := func(id string, intent rules.Intent) {
		t.Helper()
		if err := apply(id, intent); err != nil {
			t.Fatal(err)
		}
	}
	files := func(dir string) map[string]string {
		t.Helper()
		head, err := b.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		paths, err := head.List(dir)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for path := range paths {
			content, err := head.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(content)
		}
		return found
	}
	must("1", nodeDown("first"))
	must("2", nodeDown("other"))
	before := files("prometheus")
	must("3", pause("first", "3"))
	if now := files("prometheus"); len(now) != 1 {
		t.Fatalf("the file of a paused rule stands: %v", now)
	}
	for _, c := range []struct {
		name   string
		intent rules.Intent
	}{
		{"a second pause", pause("first", "4")},
		{"an add at its place", nodeDown("first")},
		{"a rename of it", rules.Rename{Address: "first", Name: "second"}},
		{"a copy to its place", rules.Copy{Address: "other", Name: "first"}},
		{"an edit while it is away", rules.Edit{Address: "first", Alteration: rules.Alteration{Expr: "up == 2"}}},
	} {
		if err := apply("5", c.intent); err == nil || rules.ResultOf(err) != rules.ValidationError || !strings.Contains(err.Error(), "paused") {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	// Its file is broken by hand: it is not resumed, nothing takes its place, and mended it comes back.
	var path, content string
	for path, content = range files("paused") {
	}
	write := func(content string) {
		t.Helper()
		if _, err := b.store.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
			return rules.Commit{Subject: "by hand", Files: map[string][]byte{path: []byte(content)}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, broken := range []string{"rule: [", "", "was: x\n", strings.Replace(content, "rule: first", "rule: another", 1)} {
		write(broken)
		if err := apply("6", rules.Resume{Address: "first"}); err == nil {
			t.Errorf("%q was resumed", broken)
		}
		if err := apply("7", nodeDown("first")); err == nil {
			t.Errorf("a rule took the place of one that is paused in %q", broken)
		}
	}
	write(content)

	// It is deleted, and that is undone.
	deleted := b.Apply(t.Context(), request("9"), rules.Delete{Address: "first"})
	if deleted.Err != nil || len(deleted.Fields) == 0 || deleted.Fields[0].Was != "first" {
		t.Errorf("the deletion of a paused rule says of its fields %v, %v", deleted.Fields, deleted.Err)
	}
	if left := files("paused"); len(left) > 0 {
		t.Errorf("it was deleted, and stands in %v", left)
	}
	commits, err := b.store.FindRequest(t.Context(), "9")
	if err != nil || len(commits) != 1 {
		t.Fatal(commits, err)
	}
	with, without := bookAt(t, b, commits[0].Parent), bookAt(t, b, commits[0].Revision)
	must("10", rules.Replay{Before: without, After: with, Ruler: "prometheus", Verb: "undo", Subject: "delete first"})
	if diff := cmp.Diff(map[string]string{path: content}, files("paused")); diff != "" {
		t.Errorf("the deletion was undone (-want +got):\n%s", diff)
	}
	must("8", rules.Resume{Address: "first"})
	if diff := cmp.Diff(before, files("prometheus")); diff != "" {
		t.Errorf("it did not come back as it was (-want +got):\n%s", diff)
	}
}

func bookAt(t *testing.T, b *bench, revision string) *rules.Book {
	t.Helper()
	book, err := b.BookAt(t.Context(), revision)
	if err != nil {
		t.Fatal(err)
	}
	return book
}
