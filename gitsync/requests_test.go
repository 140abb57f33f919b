package gitsync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestFindRequest(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	id := func(v string) rules.Trailer { return rules.Trailer{Key: "Request-Id", Value: v} }
	expect := func(request string, want ...rules.Tree) {
		t.Helper()
		found, err := r.FindRequest(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted []string
		for _, f := range found {
			got = append(got, f.Revision)
		}
		for _, tree := range want {
			wanted = append(wanted, tree.Revision())
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("commits of %q (-want +got):\n%s", request, diff)
		}
	}
	expect("r1")
	first := update(t, r, map[string][]byte{"x": []byte("1")}, id("r1"), rules.Trailer{Key: "Idempotency-Key", Value: "k1"})
	for key, want := range map[string]int{"k1": 1, "r1": 0, "": 0} {
		if found, err := r.FindKey(t.Context(), key); err != nil || len(found) != want || want == 1 && found[0].Revision != first.Revision() {
			t.Errorf("FindKey(%q) = %v, %v; want %d commits", key, found, err, want)
		}
	}
	expect("k1")
	expect("r1", first)
	second := update(t, r, map[string][]byte{"x": []byte("2")}, id("r2"))
	undo := update(t, r, map[string][]byte{"x": []byte("1")}, id("r2"), rules.Trailer{Key: "Action", Value: "undo"})
	expect("r2", undo, second)
	expect("r1", first)
	expect("")
	expect("r")

	found, err := r.FindRequest(t.Context(), "r2")
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Found{Revision: undo.Revision(), Parent: second.Revision(), Subject: "add sshd-ban", Trailers: []rules.Trailer{id("r2"), {Key: "Action", Value: "undo"}}}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("what was found (-want +got):\n%s", diff)
	}

	// Somebody rewrites the history: the second commit and its undoing are gone, another one is there.
	runGit(t, r.dir, "update-ref", "refs/heads/main", first.Revision())
	third := update(t, r, map[string][]byte{"x": []byte("3")}, id("r3"))
	expect("r2")
	expect("r3", third)
	expect("r1", first)

	// A merge by hand: commits of the side branch are found too.
	work := outsider(t, r.dir)
	runGit(t, work, "checkout", "-q", "-b", "side", "HEAD~")
	write(t, work, "y", []byte("y"))
	runGit(t, work, "add", "-A")
	runGit(t, work, "commit", "-q", "-m", "side\n\nRequest-Id: r4")
	side := runGit(t, work, "rev-parse", "HEAD")
	runGit(t, work, "checkout", "-q", "main")
	runGit(t, work, "merge", "-q", "--no-edit", "side")
	runGit(t, work, "push", "-q", "origin", "main")
	sideFound, err := r.FindRequest(t.Context(), "r4")
	if err != nil || len(sideFound) != 1 || sideFound[0].Revision+"\n" != side {
		t.Errorf("FindRequest(r4) = %v, %v; want %s", sideFound, err, side)
	}
	expect("r1", first)
}
