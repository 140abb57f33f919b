package gitsync

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// rawTrees writes objects that Git's own programs would not write.
type rawTrees struct {
	t   testing.TB
	dir string
}

func (w rawTrees) object(kind, content string) (hash string) {
	w.t.Helper()
	cmd := exec.Command("git", "hash-object", "--literally", "-w", "-t", kind, "--stdin")
	cmd.Dir, cmd.Stdin = w.dir, bytes.NewReader([]byte(content))
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (w rawTrees) file(name, content string) (entry string) {
	w.t.Helper()
	return rawEntry(w.t, "100644", name, w.object("blob", content))
}

func (w rawTrees) directory(name string, entries ...string) (entry string) {
	w.t.Helper()
	return rawEntry(w.t, "40000", name, w.object("tree", strings.Join(entries, "")))
}

// push commits a root directory of these entries on top of the branch.
func (w rawTrees) push(entries ...string) {
	w.t.Helper()
	args := []string{"commit-tree", "-m", "hostile", w.object("tree", strings.Join(entries, ""))}
	if parent, err := tryGit(w.dir, "rev-parse", "-q", "--verify", "main"); err == nil {
		args = append(args, "-p", strings.TrimSpace(parent))
	}
	runGit(w.t, w.dir, "update-ref", "refs/heads/main", strings.TrimSpace(runGit(w.t, w.dir, args...)))
}

func rawEntry(t testing.TB, mode, name, hash string) string {
	t.Helper()
	raw, err := hex.DecodeString(hash)
	if err != nil {
		t.Fatal(err)
	}
	return mode + " " + name + "\x00" + string(raw)
}

// openHostile opens a rulebook that will hold what `git fsck` complains of.
func openHostile(t testing.TB) *Rulebook {
	t.Helper()
	book, err := Open(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "rulebook.git"), Committer: service, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	return book
}

func headOf(t testing.TB, r *Rulebook) rules.Tree {
	t.Helper()
	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// TestADirectoryIsReadInOneWay holds that of directories that Git would not write, listing, comparing and reading say the same, that a person is told
// of them, and that files can be written into them.
func TestADirectoryIsReadInOneWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		entries func(rawTrees) []string // of the directory prometheus, which has ops/one.yaml with the content A in any case
		told    string
	}{
		{"a name with a slash", func(w rawTrees) []string {
			return []string{w.directory("ops", w.file("one.yaml", "A")), w.file("ops/one.yaml", "B")}
		}, `prometheus/"ops/one.yaml": this name is not one that a file should have`},
		{"a file twice", func(w rawTrees) []string {
			return []string{w.directory("ops", w.file("one.yaml", "A"), w.file("one.yaml", "B"))}
		}, "prometheus/ops/one.yaml: this name stands in the directory twice"},
		{"a directory twice", func(w rawTrees) []string {
			return []string{w.directory("ops", w.file("one.yaml", "A")), w.directory("ops", w.file("one.yaml", "B"), w.file("two.yaml", "B"))}
		}, "prometheus/ops: this name stands in the directory twice"},
		{"a directory and a file", func(w rawTrees) []string {
			return []string{w.directory("ops", w.file("one.yaml", "A")), w.file("ops", "B")}
		}, "prometheus/ops: this name stands in the directory twice"},
		{"another order", func(w rawTrees) []string {
			return []string{w.file("z.yaml", "Z"), w.directory("ops", w.file("one.yaml", "A"))}
		}, "prometheus/ops: this does not stand where Git looks for it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			book := openHostile(t)
			w := rawTrees{t, book.dir}
			w.push(w.directory("prometheus", w.directory("ops", w.file("one.yaml", "before"))))
			before := headOf(t, book)
			w.push(w.directory("prometheus", c.entries(w)...))
			hostile := headOf(t, book)
			w.push(w.directory("prometheus", w.directory("ops", w.file("one.yaml", "A"))))
			after := headOf(t, book)

			content, err := hostile.Read("prometheus/ops/one.yaml")
			if err != nil || string(content) != "A" {
				t.Errorf("read %q, %v, want A", content, err)
			}
			for _, pair := range [][2]rules.Tree{{before, hostile}, {hostile, after}, {hostile, before}} {
				assertDiffers(t, pair[0], pair[1])
			}
			found, err := book.Irregular(t.Context(), hostile.Revision(), []string{"prometheus"})
			if err != nil || len(found) != 1 || !strings.HasPrefix(found[0].Path+": "+found[0].Text, c.told) {
				t.Errorf("%+v, %v, want %s", found, err, c.told)
			}

			w.push(w.directory("prometheus", c.entries(w)...))
			written, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
				files := map[string][]byte{"prometheus/a.yaml": []byte("new"), "prometheus/ops/one.yaml": []byte("new"), "prometheus/ops/new.yaml": []byte("new")}
				return rules.Commit{Author: aiko, When: noon, Subject: "s", Files: files}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			assertDiffers(t, hostile, written)
		})
	}
}

// TestNamesAreTakenByAnything asks for the names of a directory that has more than files.
func TestNamesAreTakenByAnything(t *testing.T) {
	t.Parallel()
	book := openHostile(t)
	w := rawTrees{t, book.dir}
	w.push(w.directory("journal", w.file("page.md", "x"), w.directory("empty"), rawEntry(t, "120000", "link", w.object("blob", "x")), w.file("a\\b", "x")), w.file("file", "x"))
	head := headOf(t, book)
	for dir, want := range map[string]map[string]bool{
		"journal": {"page.md": true, "empty": true, "link": true, `a\b`: true}, "journal/empty": {}, "none": nil, "journal/none": nil, "file": nil,
	} {
		got, err := head.(rules.Namer).Names(dir)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", dir, err, diff)
		}
	}
}
