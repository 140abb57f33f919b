package gitsync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// deep returns a directory with a file below so many others.
func (w rawTrees) deep(name string, levels int) (entry string) {
	entry = w.file("x.yaml", "x")
	for range levels {
		entry = w.directory("d", entry)
	}
	return w.directory(name, entry)
}

// forest returns a directory with so many levels of ten directories each, and these entries in each of the last ones.
func (w rawTrees) forest(name string, levels int, leaf ...string) (entry string) {
	all := leaf
	for range levels {
		below := w.object("tree", strings.Join(all, ""))
		all = nil
		for i := range 10 {
			all = append(all, rawEntry(w.t, "40000", fmt.Sprint(i), below))
		}
	}
	return w.directory(name, all...)
}

// crowd returns a directory with so many equal files.
func (w rawTrees) crowd(name string, files int) (entry string) {
	w.t.Helper()
	file := w.object("blob", "x")
	var all strings.Builder
	for i := range files {
		all.WriteString(rawEntry(w.t, "100644", fmt.Sprintf("%06d.yaml", i), file))
	}
	return w.directory(name, all.String())
}

// TestWhatHoldsTooMuchIsPassedOver holds that no tree, and no commit, that somebody pushes ends the reading of the rulebook: what is too much is
// told of, and what is beside it is read.
func TestWhatHoldsTooMuchIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		much func(rawTrees) []string // entries beside prometheus/ops
		told string
		cut  bool // the commit's files are not listed
	}{
		{"directories below 33 others", func(w rawTrees) []string { return []string{w.deep("zz", 40)} }, "prometheus/zz" + strings.Repeat("/d", 31) + ": this is deeper", false},
		{"directories of nothing but directories", func(w rawTrees) []string { return []string{w.forest("zz", 12)} }, "prometheus: there are more than", true},
		{"directories of the same files", func(w rawTrees) []string {
			return []string{w.forest("zz", 10, w.file("x.yaml", "x"))}
		}, "prometheus: there are more than", true},
		{"files in several directories", func(w rawTrees) []string {
			return []string{w.crowd("xx", 70_000), w.crowd("yy", 70_000), w.crowd("zz", 70_000)}
		}, "prometheus: there are more than", true},
		{"one directory of files", func(w rawTrees) []string { return []string{w.crowd("zz", 500_000)} }, "prometheus/zz: this directory has more entries than are read", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			book := openHostile(t)
			w := rawTrees{t, book.dir}
			ops := func(content string) string { return w.directory("ops", w.file("one.yaml", content)) }
			w.push(w.directory("prometheus", ops("before")))
			before := headOf(t, book)
			w.push(w.directory("prometheus", append([]string{ops("after")}, c.much(w)...)...))
			much := headOf(t, book)
			commits := logOf(t, book, before.Revision(), much.Revision())
			if len(commits) != 1 || commits[0].Cut != c.cut || !c.cut && len(commits[0].Files) != 1 {
				t.Errorf("the log has %.300v, want one commit, cut: %v", commits, c.cut)
			}
			list, err := much.List("prometheus")
			if err != nil || list["prometheus/ops/one.yaml"] == "" || len(list) > maxFiles {
				t.Errorf("%d files are listed, %v, want that of ops among them", len(list), err)
			}
			if differ, err := much.(rules.Differ).Differing(before); (err != nil) != c.cut || err == nil && len(differ) != 1 {
				t.Errorf("%d files differ, %v, want one, or an error: %v", len(differ), err, c.cut)
			}
			found, err := book.Irregular(t.Context(), much.Revision(), []string{"prometheus"})
			if err != nil || len(found) != 1 || !strings.HasPrefix(found[0].Path+": "+found[0].Text, c.told) {
				t.Errorf("%.300v, %v, want %s", found, err, c.told)
			}
			written := update(t, book, map[string][]byte{"prometheus/ops/one.yaml": []byte("ours")})
			assertDiffers(t, much, written)
			w.push(w.directory("prometheus", ops("mended")))
			if commits := logOf(t, book, "", headOf(t, book).Revision()); len(commits) != 4 {
				t.Errorf("%d commits, want 4", len(commits))
			}
		})
	}
}

// TestReadingAHugeTreeEndsWithItsContext holds that whoever asked for it can stop it.
func TestReadingAHugeTreeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	book := openHostile(t)
	w := rawTrees{t, book.dir}
	w.push(w.forest("prometheus", 12))
	huge := headOf(t, book)
	ctx, cancel := context.WithCancel(t.Context())
	commits, err := book.Commits(ctx, "", huge.Revision())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := commits.Visit(ctx, func(rules.PastCommit) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("the log: %v", err)
	}
	if _, err := book.Irregular(ctx, huge.Revision(), []string{"prometheus"}); !errors.Is(err, context.Canceled) {
		t.Errorf("what is irregular: %v", err)
	}
}

// TestAParentThatIsNamedOftenIsOne is about a commit that names its parent thousands of times.
func TestAParentThatIsNamedOftenIsOne(t *testing.T) {
	t.Parallel()
	book := openHostile(t)
	w := rawTrees{t, book.dir}
	w.push(w.file("a", "before"))
	parent := headOf(t, book).Revision()
	commit := "tree " + w.object("tree", w.file("a", "after")) + "\n" + strings.Repeat("parent "+parent+"\n", 5000) +
		"author A <a@example.org> 1700000000 +0000\ncommitter A <a@example.org> 1700000000 +0000\n\nmany\n"
	runGit(t, book.dir, "update-ref", "refs/heads/main", w.object("commit", commit))
	commits := logOf(t, book, parent, headOf(t, book).Revision())
	if len(commits) != 1 || len(commits[0].Parents) != 1 || len(commits[0].Files) != 1 || commits[0].Files[0].Others != nil {
		t.Errorf("%.300v", commits)
	}
}
