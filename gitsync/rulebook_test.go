package gitsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

var (
	service = rules.Person{ID: "alertsmith", Name: "Alertsmith", Email: "alertsmith@example.org"}
	aiko    = rules.Person{ID: "u1", Name: "Aiko Tanaka", Email: "aiko@example.org"}
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("JST", 9*3600))
)

// runGit runs real Git in dir, away from the user's configuration, and returns what it prints.
func runGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Outsider", "GIT_AUTHOR_EMAIL=o@example.org", "GIT_COMMITTER_NAME=Outsider", "GIT_COMMITTER_EMAIL=o@example.org")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var notices = regexp.MustCompile(`notice: (HEAD points to an unborn branch \(\w+\)|No default references)\n`)

// fsck fails the test unless Git finds the repository whole and without anything to say.
func fsck(t testing.TB, dir string) {
	t.Helper()
	out, err := tryGit(dir, "fsck", "--full", "--strict", "--no-dangling", "--no-progress")
	out = notices.ReplaceAllString(out, "")
	if err != nil || out != "" {
		t.Fatalf("git fsck: %v\n%s", err, out)
	}
}

// openBook opens a rulebook for a test, which leaves it whole for Git.
func openBook(t testing.TB, o Options) *Rulebook {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "rulebook.git")
	}
	if o.Committer == (rules.Person{}) {
		o.Committer = service
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		fsck(t, o.Dir)
	})
	return r
}

// change is a plan that writes these files whatever the tree says.
func change(files map[string][]byte, trailers ...rules.Trailer) func(rules.Tree) (rules.Commit, error) {
	return func(rules.Tree) (rules.Commit, error) {
		return rules.Commit{Author: aiko, When: noon, Subject: "add sshd-ban", Body: "add sshd-ban\n\nbecause", Trailers: trailers, Files: files}, nil
	}
}

func update(t testing.TB, r *Rulebook, files map[string][]byte, trailers ...rules.Trailer) rules.Tree {
	t.Helper()
	tree, err := r.Update(t.Context(), change(files, trailers...))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// content reads every file of a tree.
func content(t testing.TB, tree rules.Tree, dir string) map[string]string {
	t.Helper()
	list, err := tree.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for path := range list {
		data, err := tree.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(data)
	}
	return files
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	empty, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := empty.Revision(); got != "" {
		t.Errorf("revision of an empty rulebook = %q", got)
	}
	if got := content(t, empty, ""); len(got) != 0 {
		t.Errorf("an empty rulebook holds %v", got)
	}

	first := update(t, r, map[string][]byte{
		"loki/ops/sshd-ban.yaml": []byte("groups: []\n"), "loki/ops/empty.yaml": {}, "loki.yaml": []byte("x"), "journal/2026/11/2026-11-21.md": []byte("# Journal\n"),
	}, rules.Trailer{Key: "Request-Id", Value: "r1"})
	second := update(t, r, map[string][]byte{
		"loki/ops/sshd-ban.yaml": nil, "loki/ops/empty.yaml": nil, "loki.yaml": nil, "journal/2026/11/2026-11-21.md": []byte("# Journal\nmore\n"),
	})

	want := map[string]string{"loki/ops/sshd-ban.yaml": "groups: []\n", "loki/ops/empty.yaml": "", "loki.yaml": "x", "journal/2026/11/2026-11-21.md": "# Journal\n"}
	if diff := cmp.Diff(want, content(t, first, "")); diff != "" {
		t.Errorf("the first state moved with the second (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"loki/ops/sshd-ban.yaml": "groups: []\n", "loki/ops/empty.yaml": ""}, content(t, first, "loki/ops")); diff != "" {
		t.Errorf("below loki/ops (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"journal/2026/11/2026-11-21.md": "# Journal\nmore\n"}, content(t, second, "")); diff != "" {
		t.Errorf("the second state (-want +got):\n%s", diff)
	}
	for _, dir := range []string{"nothing", "journal/2026/11/2026-11-21.md", "../journal", "/journal"} {
		if got, err := second.List(dir); err != nil || len(got) != 0 {
			t.Errorf("List(%q) = %v, %v; want nothing", dir, got, err)
		}
	}
	for _, path := range []string{"", "journal", "loki/ops/sshd-ban.yaml", "journal/../journal/2026/11/2026-11-21.md"} {
		if _, err := second.Read(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%q) = %v, want fs.ErrNotExist", path, err)
		}
	}

	if got := strings.TrimSpace(runGit(t, r.dir, "rev-parse", "main")); got != second.Revision() {
		t.Errorf("main stands at %s, want %s", got, second.Revision())
	}
	log := runGit(t, r.dir, "log", "-1", "--format=%an|%ae|%cn|%ce|%ad|%cd|%B", "--date=iso", first.Revision())
	wantLog := "Aiko Tanaka|aiko@example.org|Alertsmith|alertsmith@example.org|2026-11-21 12:00:00 +0900|2026-11-21 12:00:00 +0900|" +
		"add sshd-ban\n\n    add sshd-ban\n\n    because\n\nRequest-Id: r1\n\n"
	if diff := cmp.Diff(wantLog, log); diff != "" {
		t.Errorf("git log (-want +got):\n%s", diff)
	}
	stat := runGit(t, r.dir, "diff-tree", "-r", "--name-status", first.Revision(), second.Revision())
	if want := "M\tjournal/2026/11/2026-11-21.md\nD\tloki.yaml\nD\tloki/ops/empty.yaml\nD\tloki/ops/sshd-ban.yaml\n"; stat != want {
		t.Errorf("diff-tree:\n%s\nwant:\n%s", stat, want)
	}
}

func TestUpdateRefuses(t *testing.T) { //nolint:tparallel // the cases share one rulebook, and none may move it
	t.Parallel()
	r := openBook(t, Options{})
	before := update(t, r, map[string][]byte{"a/b/c.yaml": []byte("c"), "d.yaml": []byte("d")})
	planError := errors.New("the plan's own")
	tests := []struct {
		name string
		plan func(rules.Tree) (rules.Commit, error)
		kind rules.Kind
		text string
	}{
		{"nothing", change(nil), rules.Conflict, "nothing to change"},
		{"the same bytes", change(map[string][]byte{"d.yaml": []byte("d")}), rules.Conflict, "nothing to change"},
		{"remove what is not there", change(map[string][]byte{"x/y/z": nil}), rules.Conflict, "nothing to change"},
		{"a file where a directory is", change(map[string][]byte{"a/b": []byte("x")}), rules.Conflict, "a/b is a directory"},
		{"remove a directory", change(map[string][]byte{"a/b": nil}), rules.Conflict, "a/b is a directory"},
		{"below a file", change(map[string][]byte{"d.yaml/x": []byte("x")}), rules.Conflict, "d.yaml is not a directory"},
		{"file and directory at once", change(map[string][]byte{"n": []byte("x"), "n/m": []byte("x")}), rules.Conflict, "n is a directory"},
		{"outside", change(map[string][]byte{"../x": []byte("x")}), rules.Invalid, `"../x" cannot be written`},
		{"too large", change(map[string][]byte{"x": make([]byte, maxFile+1)}), rules.Invalid, "x would be larger than 4 MB"},
		{"no date", func(rules.Tree) (rules.Commit, error) {
			return rules.Commit{Files: map[string][]byte{"x": nil}}, nil
		}, rules.Invalid, "no date"},
		{"the plan fails", func(rules.Tree) (rules.Commit, error) { return rules.Commit{}, planError }, rules.Unavailable, planError.Error()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := r.Update(t.Context(), test.plan)
			if err == nil || rules.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.text) {
				t.Errorf("Update = %v (%s), want %s: %s", err, rules.KindOf(err), test.kind, test.text)
			}
			after, err := r.Head(t.Context())
			if err != nil || after.Revision() != before.Revision() {
				t.Errorf("the head is %v, %v after it; want %s", after, err, before.Revision())
			}
		})
	}
	t.Run("the context ends while waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Update(ctx, func(rules.Tree) (rules.Commit, error) { return rules.Commit{}, ctx.Err() }); err == nil {
			t.Error("Update with a cancelled context succeeded")
		}
	})
}

func TestFilesOver4MBAreNotRead(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	dir := outsider(t, r.dir)
	write(t, dir, "big.yaml", bytes.Repeat([]byte("x"), maxFile+1))
	write(t, dir, "largest.yaml", bytes.Repeat([]byte("x"), maxFile))
	push(t, dir)
	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := head.Read("big.yaml"); rules.KindOf(err) != rules.Unavailable || !errors.Is(err, ErrTooLarge) || !strings.Contains(fmt.Sprint(err), "big.yaml is larger than 4 MB") {
		t.Errorf("Read of a file over 4 MB = %v", err)
	}
	if data, err := head.Read("largest.yaml"); err != nil || len(data) != maxFile {
		t.Errorf("Read of 4 MB = %d bytes, %v", len(data), err)
	}
}

// outsider returns a clone, with a worktree, of the repository at dir: somebody with the git command line.
func outsider(t testing.TB, dir string) string {
	t.Helper()
	work := filepath.Join(t.TempDir(), "work")
	runGit(t, filepath.Dir(work), "clone", "-q", dir, work)
	runGit(t, work, "checkout", "-q", "-B", "main")
	return work
}

func write(t testing.TB, dir, path string, content []byte) {
	t.Helper()
	name := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func push(t testing.TB, work string) {
	t.Helper()
	runGit(t, work, "add", "-A")
	runGit(t, work, "commit", "-q", "-m", "outside")
	runGit(t, work, "push", "-q", "origin", "main")
}

func BenchmarkUpdate(b *testing.B) {
	r := openBook(b, Options{})
	files := map[string][]byte{}
	for i := range 1000 {
		files[fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i)] = fmt.Appendf(nil, "rule %d\n", i)
	}
	update(b, r, files)
	for i := 0; b.Loop(); i++ {
		update(b, r, map[string][]byte{
			fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i): fmt.Appendf(nil, "rule %d\n", i),
			"journal/2026/11/2026-11-21.md":                fmt.Appendf(nil, "entry %d\n", i),
		})
	}
}

func BenchmarkList(b *testing.B) {
	r := openBook(b, Options{})
	files := map[string][]byte{}
	for i := range 1000 {
		files[fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i)] = fmt.Appendf(nil, "rule %d\n", i)
	}
	head := update(b, r, files)
	for b.Loop() {
		if list, err := head.List("loki"); err != nil || len(list) != 1000 {
			b.Fatal(len(list), err)
		}
	}
}
