package gitsync

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// importHistory makes a bare repository of what write writes for `git fast-import`.
func importHistory(t testing.TB, stream []byte) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "imported.git")
	runGit(t, t.TempDir(), "init", "-q", "--bare", "-b", "main", dir)
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stream)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	return dir
}

func randomHistory(t testing.TB, seed uint64, commits int) (dir string) {
	t.Helper()
	var stream bytes.Buffer
	rulestest.RandomHistory(&stream, rand.New(rand.NewPCG(seed, 1)), commits)
	return importHistory(t, stream.Bytes())
}

func logOf(t testing.TB, r *Rulebook, from, to string) (commits []rules.PastCommit) {
	t.Helper()
	err := r.Log(t.Context(), from, to, func(c rules.PastCommit) error { commits = append(commits, c); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return commits
}

func revisions(commits []rules.PastCommit) []string {
	all := []string{}
	for _, c := range commits {
		all = append(all, c.Revision)
	}
	return all
}

// gitLog returns the hashes that a git command prints.
func gitLog(t testing.TB, dir string, args ...string) []string {
	t.Helper()
	return strings.Fields(runGit(t, dir, args...))
}

// gitLogOfPath returns the commits that differ from all their parents in a path: of merges, Git lists more and then names no file of them.
func gitLogOfPath(t testing.TB, dir, path string) (hashes []string) {
	t.Helper()
	lines := gitLog(t, dir, "log", "--full-history", "--date-order", "--reverse", "-c", "--name-only", "--format=%H", "main", "--", path)
	for i, line := range lines {
		if line == path {
			hashes = append(hashes, lines[i-1])
		}
	}
	return hashes
}

func TestLogIsGitsLog(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dir := randomHistory(t, seed, 60)
			r := openBook(t, Options{Dir: dir})
			head := strings.TrimSpace(runGit(t, dir, "rev-parse", "main"))

			all := logOf(t, r, "", head)
			if diff := cmp.Diff(gitLog(t, dir, "rev-list", "--date-order", "--reverse", "main"), revisions(all)); diff != "" {
				t.Fatalf("the whole log (-git +ours):\n%s", diff)
			}
			byPath := map[string][]string{}
			for _, c := range all {
				for _, f := range c.Files {
					byPath[f.Path] = append(byPath[f.Path], c.Revision)
				}
			}
			if commits, err := r.Commits(t.Context(), "", head); err != nil || commits.Len() != len(all) {
				t.Errorf("Commits finds %d, %v; Log visits %d", commits.Len(), err, len(all))
			}
			if len(byPath) < 8 {
				t.Errorf("only %d paths changed in all: the history is too dull", len(byPath))
			}
			for path, got := range byPath {
				want := gitLogOfPath(t, dir, path)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("commits of %s (-git +ours):\n%s", path, diff)
				}
			}
			leads := map[string][]string{}
			everywhere := gitLog(t, dir, "rev-list", "--all")
			for _, to := range everywhere {
				leads[to] = gitLog(t, dir, "rev-list", "--date-order", "--reverse", to)
			}
			for i, to := range everywhere {
				for _, from := range []string{everywhere[(i+1)%len(everywhere)], everywhere[(i+5)%len(everywhere)], everywhere[i/2], everywhere[0]} {
					// Not from..to: with these clocks, Git itself lists commits there that lead to from.
					want := slices.DeleteFunc(slices.Clone(leads[to]), func(c string) bool { return slices.Contains(leads[from], c) })
					if diff := cmp.Diff(want, revisions(logOf(t, r, from, to))); diff != "" {
						t.Errorf("%s..%s (-git +ours):\n%s", from, to, diff)
					}
				}
			}
		})
	}
}

// TestLogTellsContent compares what Log says of files with the trees on either side.
func TestLogTellsContent(t *testing.T) {
	t.Parallel()
	dir := randomHistory(t, 99, 50)
	r := openBook(t, Options{Dir: dir})
	at := func(revision string) map[string]string {
		tree, err := r.At(t.Context(), revision)
		if err != nil {
			t.Fatal(err)
		}
		list, err := tree.List("")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	merges := 0
	for _, c := range logOf(t, r, "", strings.TrimSpace(runGit(t, dir, "rev-parse", "main"))) {
		now, before := at(c.Revision), map[string]string{}
		if c.Parent != "" {
			before = at(c.Parent)
		}
		for _, f := range c.Files {
			want := rules.PastFile{Path: f.Path, Before: before[f.Path], After: now[f.Path]}
			for i, parent := range c.Parents {
				if i > 0 {
					want.Others = append(want.Others, at(parent)[f.Path])
					merges++
				}
			}
			if diff := cmp.Diff(want, f); diff != "" {
				t.Errorf("%s in %s (-trees +log):\n%s", f.Path, c.Revision, diff)
			}
		}
	}
	if merges == 0 {
		t.Error("no merge changed a file: the history is too dull")
	}
}

func TestLogOfAShallowClone(t *testing.T) {
	t.Parallel()
	dir := randomHistory(t, 7, 60)
	clone := filepath.Join(t.TempDir(), "shallow.git")
	runGit(t, t.TempDir(), "clone", "-q", "--bare", "--depth", "5", "file://"+dir, clone)
	var log bytes.Buffer
	r := openBook(t, Options{Dir: clone, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), "id=AS3028") || !r.Shallow() {
		t.Errorf("nothing tells that it is a shallow clone: %s", &log)
	}
	commits := logOf(t, r, "", strings.TrimSpace(runGit(t, clone, "rev-parse", "main")))
	if diff := cmp.Diff(gitLog(t, clone, "rev-list", "--date-order", "--reverse", "main"), revisions(commits)); diff != "" {
		t.Errorf("the log of a shallow clone (-git +ours):\n%s", diff)
	}
	if first := commits[0]; len(first.Parents) > 0 || len(first.Files) == 0 {
		t.Errorf("where the clone was cut off: parents %v and %d files, want none and all", first.Parents, len(first.Files))
	}
	if found, err := r.FindRequest(t.Context(), "never"); len(found) > 0 || err != nil {
		t.Errorf("FindRequest = %v, %v", found, err)
	}
}

func TestLogRefuses(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	head := update(t, r, map[string][]byte{"x": []byte("1")}).Revision()
	tree := strings.TrimSpace(runGit(t, r.dir, "rev-parse", "main^{tree}"))
	for name, ends := range map[string][2]string{
		"no hash":      {"", "main"},
		"a short hash": {"", head[:12]},
		"a tree":       {tree, head},
		"unknown from": {strings.Repeat("1", 40), head},
		"unknown to":   {head, strings.Repeat("1", 40)},
	} {
		err := r.Log(t.Context(), ends[0], ends[1], func(rules.PastCommit) error { return nil })
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want fs.ErrNotExist", name, err)
		}
	}
	if commits := logOf(t, r, "", ""); len(commits) > 0 {
		t.Errorf("what leads nowhere: %v", commits)
	}
	enough := errors.New("enough")
	if err := r.Log(t.Context(), "", head, func(rules.PastCommit) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Log returns %v, want the visitor's own error", err)
	}
}

func TestMessageComesBack(t *testing.T) {
	t.Parallel()
	ours := []rules.Trailer{{Key: "Actor", Value: "Aiko Tanaka u1"}, {Key: "Request-Id", Value: "r1"}}
	for name, tc := range map[string]struct{ message, subject, body, id string }{
		"ours": {
			message(rules.Commit{Subject: "add x", Body: "/alert add x\n\n  indented\nReason: Key: value", Trailers: ours}),
			"add x", "/alert add x\n\n  indented\nReason: Key: value", "u1",
		},
		"ours without a body":            {message(rules.Commit{Subject: "add x", Trailers: ours}), "add x", "", "u1"},
		"somebody else's, with an actor": {"fix\n\nwhy\n\nActor: Eve u1\n", "fix", "why", ""},
		"a title of two lines":           {"fix\nthis: too\n\nwhy\n", "fix", "this: too\n\nwhy", ""},
		"a subject alone":                {"fix", "fix", "", ""},
		"nothing":                        {"", "", "", ""},
		"a blank first line":             {"\nKey: value\n", "", "", ""},
		"code in the body":               {"fix\n\nlike this:\n\n    a\n", "fix", "like this:\n\n    a", ""},
	} {
		past := readMessage(tc.message)
		got := []string{past.Subject, past.Body, past.Author.ID}
		if diff := cmp.Diff([]string{tc.subject, tc.body, tc.id}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add("fix\n\nwhy\n\nRequest-Id: r\nActor: a b\n")
	f.Add("\n\n\n# c\n---\nx\n")
	f.Fuzz(func(t *testing.T, message string) {
		past := readMessage(message)
		if strings.Contains(past.Subject, "\n") || past.Author.ID != "" && past.External() {
			t.Errorf("%q gives %+v", message, past)
		}
	})
}

func TestForgetsRequestsOfARewrittenHistory(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	find := func(id string) int {
		t.Helper()
		found, err := r.FindRequest(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	base := update(t, r, map[string][]byte{"x": []byte("0")}, rules.Trailer{Key: "Request-Id", Value: "base"})
	for i := range 5 {
		update(t, r, map[string][]byte{"x": []byte(strings.Repeat("y", i+1))}, rules.Trailer{Key: "Request-Id", Value: fmt.Sprint("r", i)})
	}
	if find("r4") != 1 || find("base") != 1 {
		t.Error("what is there is not found")
	}
	runGit(t, r.dir, "update-ref", "refs/heads/main", base.Revision())
	update(t, r, map[string][]byte{"x": []byte("other")}, rules.Trailer{Key: "Request-Id", Value: "r4"})
	got := []int{find("base"), find("r3"), find("r4")}
	if !slices.Equal(got, []int{1, 0, 1}) {
		t.Errorf("after the rewriting, base, r3 and r4 are found %v times", got)
	}
	runGit(t, r.dir, "reflog", "expire", "--expire=now", "--all")
	runGit(t, r.dir, "gc", "-q", "--prune=now")
	runGit(t, r.dir, "update-ref", "refs/heads/main", base.Revision())
	runGit(t, r.dir, "gc", "-q", "--prune=now")
	if find("base") != 1 || find("r4") != 0 {
		t.Error("when the old history is gone, what is there is not found, or what is not is")
	}
}

func TestWhatSomebodyElseMadeOfOurCommitIsTheirs(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")}, rules.Trailer{Key: "Request-Id", Value: "r1"})
	ours := update(t, r, map[string][]byte{"x": []byte("2")}, rules.Trailer{Key: "Action", Value: "add"}, rules.Trailer{Key: "Actor", Value: "Aiko u1"}, rules.Trailer{Key: "Request-Id", Value: "r2"})
	if c := logOf(t, r, "", ours.Revision()); len(c) != 2 || c[1].External() || c[1].Author.ID != "u1" {
		t.Fatalf("our own commits are %+v", c)
	}
	for name, redo := range map[string][][]string{
		"cherry-picked": {{"checkout", "-q", "HEAD~"}, {"cherry-pick", ours.Revision()}},
		"amended":       {{"commit", "-q", "--amend", "--no-edit"}},
	} {
		work := outsider(t, r.dir)
		for _, args := range redo {
			runGit(t, work, args...)
		}
		runGit(t, work, "push", "-q", "origin", "HEAD:refs/heads/"+name)
		c := logOf(t, r, "", strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD")))
		if last := c[len(c)-1]; len(c) != 2 || last.Revision == ours.Revision() || !last.External() || last.Author.ID != "" || last.Action() != "external" || last.Trailer("Actor") != "Aiko u1" {
			t.Errorf("%s: %+v, want it external", name, last)
		}
	}
}
