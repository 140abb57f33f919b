package rulestest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestStore is what every rules.Store promises. open returns an empty one.
func TestStore(t *testing.T, open func(t *testing.T) rules.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, rules.Store){
		"an empty rulebook has no revision and no files":    emptyStore,
		"an update writes exactly its files":                updateWrites,
		"a removed file is gone, its neighbours stay":       updateRemoves,
		"an error of the plan comes back and nothing moves": planFails,
		"a state stays readable after the next one":         snapshotsStay,
		"equal bytes have equal ids, other bytes others":    contentIDs,
		"a commit is found by its request, newest first":    findsRequests,
		"the log tells every commit once, the oldest first": logTells,
		"concurrent updates are all there exactly once":     concurrentUpdates,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func write(t *testing.T, s rules.Store, id string, files map[string][]byte) rules.Tree {
	t.Helper()
	tree, err := s.Update(t.Context(), func(rules.Tree) (rules.Commit, error) { return commit(id, files), nil })
	if err != nil {
		t.Fatalf("update %s: %v", id, err)
	}
	return tree
}

func commit(id string, files map[string][]byte) rules.Commit {
	return rules.Commit{
		Author:   rules.Person{ID: "u1", Name: "alice", Email: "alice@example.org"},
		When:     time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC),
		Subject:  "add " + id,
		Body:     "/alert add " + id,
		Trailers: []rules.Trailer{{Key: "Action", Value: "add"}, {Key: "Actor", Value: "alice u1"}, {Key: "Request-Id", Value: id}},
		Files:    files,
	}
}

func list(t *testing.T, tree rules.Tree, dir string) map[string]string {
	t.Helper()
	ids, err := tree.List(dir)
	if err != nil {
		t.Fatalf("list %q: %v", dir, err)
	}
	return ids
}

func contents(t *testing.T, tree rules.Tree, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for path := range list(t, tree, dir) {
		content, err := tree.Read(path)
		if err != nil {
			t.Fatalf("read %s: %v", path, err)
		}
		texts[path] = string(content)
	}
	return texts
}

func emptyStore(t *testing.T, s rules.Store) {
	tree, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tree.Revision() != "" || len(list(t, tree, "")) != 0 {
		t.Errorf("revision %q and files %v, want none", tree.Revision(), list(t, tree, ""))
	}
	if _, err := tree.Read("prometheus/ops/a.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading a missing file: %v, want fs.ErrNotExist", err)
	}
}

func updateWrites(t *testing.T, s rules.Store) {
	files := map[string][]byte{"loki/ops/a.yaml": []byte("a"), "loki/team/web/b.yaml": []byte("b"), "journal/2026/11/2026-11-21.md": []byte("j")}
	tree := write(t, s, "r1", files)
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tree.Revision() == "" || head.Revision() != tree.Revision() {
		t.Errorf("head is %q after an update that returned %q", head.Revision(), tree.Revision())
	}
	want := map[string]string{"loki/ops/a.yaml": "a", "loki/team/web/b.yaml": "b"}
	if diff := cmp.Diff(want, contents(t, head, "loki")); diff != "" {
		t.Errorf("files below loki (-want +got):\n%s", diff)
	}
	if got := list(t, head, "lo"); len(got) != 0 {
		t.Errorf("a directory's name is not a prefix: %v", got)
	}
}

func updateRemoves(t *testing.T, s rules.Store) {
	write(t, s, "r1", map[string][]byte{"loki/ops/a.yaml": []byte("a"), "loki/ops/b.yaml": []byte("b"), "loki/web/c.yaml": []byte("c")})
	tree := write(t, s, "r2", map[string][]byte{"loki/ops/a.yaml": nil, "loki/web/c.yaml": nil})
	if diff := cmp.Diff(map[string]string{"loki/ops/b.yaml": "b"}, contents(t, tree, "")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func planFails(t *testing.T, s rules.Store) {
	before := write(t, s, "r1", map[string][]byte{"loki/ops/a.yaml": []byte("a")})
	refusal := &rules.Error{Kind: rules.Invalid, Text: "no"}
	_, err := s.Update(t.Context(), func(rules.Tree) (rules.Commit, error) { return commit("r2", nil), refusal })
	if !errors.Is(err, refusal) {
		t.Errorf("update returned %v, want the plan's own error", err)
	}
	if head, _ := s.Head(t.Context()); head.Revision() != before.Revision() {
		t.Errorf("head moved to %s", head.Revision())
	}
}

func snapshotsStay(t *testing.T, s rules.Store) {
	old := write(t, s, "r1", map[string][]byte{"loki/ops/a.yaml": []byte("one")})
	write(t, s, "r2", map[string][]byte{"loki/ops/a.yaml": []byte("two")})
	again, err := s.At(t.Context(), old.Revision())
	if err != nil {
		t.Fatal(err)
	}
	for name, tree := range map[string]rules.Tree{"kept": old, "asked for": again} {
		if diff := cmp.Diff(map[string]string{"loki/ops/a.yaml": "one"}, contents(t, tree, "")); diff != "" {
			t.Errorf("the %s state (-want +got):\n%s", name, diff)
		}
	}
	if _, err := s.At(t.Context(), "0123456789012345678901234567890123456789"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a commit that is not there: %v, want fs.ErrNotExist", err)
	}
}

func contentIDs(t *testing.T, s rules.Store) {
	tree := write(t, s, "r1", map[string][]byte{"a": []byte("same"), "b": []byte("same"), "c": []byte("other")})
	ids := list(t, tree, "")
	if ids["a"] == "" || ids["a"] != ids["b"] || ids["a"] == ids["c"] {
		t.Errorf("ids %v: a and b are equal, c is not", ids)
	}
}

func findsRequests(t *testing.T, s rules.Store) {
	first := write(t, s, "r1", map[string][]byte{"a": []byte("1")})
	write(t, s, "other", map[string][]byte{"a": []byte("2")})
	undo := write(t, s, "r1", map[string][]byte{"a": []byte("3")})
	found, err := s.FindRequest(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	var revisions []string
	for _, f := range found {
		revisions = append(revisions, f.Revision)
	}
	if diff := cmp.Diff([]string{undo.Revision(), first.Revision()}, revisions); diff != "" {
		t.Errorf("commits of r1 (-want +got):\n%s", diff)
	}
	if len(found) == 2 && (found[1].Parent != "" || found[0].Parent == "" || found[0].Subject != "add r1") {
		t.Errorf("parents and subject: %+v", found)
	}
	if found, err := s.FindRequest(t.Context(), "r"); err != nil || len(found) != 0 {
		t.Errorf("a request that never was: %v, %v", found, err)
	}
}

func logTells(t *testing.T, s rules.Store) {
	first := write(t, s, "r1", map[string][]byte{"loki/a.yaml": []byte("a"), "loki/b.yaml": []byte("b")}).Revision()
	second := write(t, s, "r2", map[string][]byte{"loki/a.yaml": []byte("A"), "loki/b.yaml": nil}).Revision()
	id := func(text string) string { return contentID([]byte(text)) }
	past := func(revision, request string, parents []string, files ...rules.PastFile) rules.PastCommit {
		c := commit(request, nil)
		p := rules.PastCommit{Author: c.Author, When: c.When, Body: c.Body, Parents: parents, Files: files}
		p.Revision, p.Subject, p.Trailers = revision, c.Subject, c.Trailers
		if len(parents) > 0 {
			p.Parent = parents[0]
		}
		return p
	}
	all := []rules.PastCommit{
		past(first, "r1", nil, rules.PastFile{Path: "loki/a.yaml", After: id("a")}, rules.PastFile{Path: "loki/b.yaml", After: id("b")}),
		past(second, "r2", []string{first}, rules.PastFile{Path: "loki/a.yaml", Before: id("a"), After: id("A")}, rules.PastFile{Path: "loki/b.yaml", Before: id("b")}),
	}
	for _, ends := range []struct {
		from, to string
		want     []rules.PastCommit
	}{{"", second, all}, {"", first, all[:1]}, {first, second, all[1:]}, {second, second, nil}, {second, first, nil}, {"", "", nil}} {
		var got []rules.PastCommit
		err := s.Log(t.Context(), ends.from, ends.to, func(c rules.PastCommit) error { got = append(got, c); return nil })
		if diff := cmp.Diff(ends.want, got); err != nil || diff != "" {
			t.Errorf("the log of %q..%q: %v (-want +got):\n%s", ends.from, ends.to, err, diff)
		}
	}
	unknown := strings.Repeat("12", 20)
	for _, ends := range [][2]string{{"", unknown}, {unknown, second}} {
		if err := s.Log(t.Context(), ends[0], ends[1], func(rules.PastCommit) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the log of %q..%q: %v, want fs.ErrNotExist", ends[0], ends[1], err)
		}
	}
	enough := errors.New("enough")
	if err := s.Log(t.Context(), "", second, func(rules.PastCommit) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Log returns %v, want the visitor's own error", err)
	}
}

func concurrentUpdates(t *testing.T, s rules.Store) {
	const writers, each = 8, 5
	ctx := context.WithoutCancel(t.Context())
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i)
				_, err := s.Update(ctx, func(tree rules.Tree) (rules.Commit, error) {
					page, err := tree.Read("page")
					if err != nil && !errors.Is(err, fs.ErrNotExist) {
						return rules.Commit{}, err
					}
					return commit(id, map[string][]byte{"page": fmt.Appendf(slices.Clip(page), "%s\n", id)}), nil
				})
				if err != nil {
					t.Errorf("update %s: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	page, err := head.Read("page")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for w := range writers {
		for i := range each {
			id := fmt.Sprintf("w%d-%d", w, i)
			lines[id] = countLines(page, id)
			if lines[id] != 1 {
				t.Errorf("%s is there %d times, want once", id, lines[id])
			}
		}
	}
}

func countLines(page []byte, line string) int {
	n := 0
	for l := range splitLines(page) {
		if l == line {
			n++
		}
	}
	return n
}

func splitLines(page []byte) func(func(string) bool) {
	return strings.SplitSeq(string(page), "\n")
}
