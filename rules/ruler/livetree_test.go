package ruler

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestAdoptingADirectory: what is there and equal is taken over without a write, what differs is a conflict, what else is there is left.
func TestAdoptingADirectory(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "m.json")
	theirs := map[string]string{
		"ops/equal.yml": "equal", "Team A/日本.v1.yaml": "equal too", "ops/differs.yml": "as in the directory", "ops/unknown.yml": "?", "equal.yaml": "top",
		"README.md": "no rule", ".git/objects/a.yml": "hidden", "ops/notes.txt": "no rule",
	}
	for name, content := range theirs {
		write(t, filepath.Join(dir, name), content)
	}
	inode := func(name string) (uint64, int64) {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		return stat.Ino, stat.Ctim.Nano()
	}
	number, changed := inode("ops/equal.yml")

	files := map[string]string{
		"ops/equal.yml": "equal", "Team A/日本.v1.yaml": "equal too", "ops/differs.yml": "as in the rulebook", "equal.yaml": "top", "new/dir/x.yml": "new",
	}
	published, err := openTestDir(t, dir, rules.TreeLayout, state).publish(t.Context(), ruleFiles(files))
	if rules.KindOf(err) != rules.Conflict || !strings.Contains(err.Error(), "ops/differs.yml") || strings.Contains(err.Error(), "equal.yml") {
		t.Errorf("publishing over a file that differs: %v, want a conflict that names it alone", err)
	}
	want := rules.Published{
		Changed: []string{"new/dir/x.yml"}, Foreign: []string{"ops/differs.yml", "ops/unknown.yml"},
		Adopted: []string{"Team A/日本.v1.yaml", "equal.yaml", "ops/equal.yml"},
	}
	if diff := cmp.Diff(want, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if now, at := inode("ops/equal.yml"); now != number || at != changed {
		t.Error("a file that was equal already was touched")
	}
	if diff := cmp.Diff(merged(theirs, map[string]string{"new/dir/x.yml": "new"}), contents(t, dir)); diff != "" {
		t.Errorf("in the directory (-want +got):\n%s", diff)
	}

	// What was taken over is ours from now on; directories that were there stay when they are empty, ours go.
	delete(theirs, "equal.yaml")
	delete(theirs, "Team A/日本.v1.yaml")
	delete(files, "equal.yaml")
	delete(files, "Team A/日本.v1.yaml")
	delete(files, "new/dir/x.yml")
	delete(files, "ops/differs.yml")
	published = mustPublish(t, openTestDir(t, dir, rules.TreeLayout, state), files)
	if diff := cmp.Diff([]string{"Team A/日本.v1.yaml", "equal.yaml", "new/dir/x.yml"}, published.Changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(theirs, contents(t, dir)); diff != "" {
		t.Errorf("in the directory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".git", ".git/objects", "Team A", "ops"}, directories(t, dir)); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
}

// TestLinksInATree: a symbolic link is never followed, wherever on the way to a file it stands and wherever it leads to.
func TestLinksInATree(t *testing.T) {
	t.Parallel()
	dir, state, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "m.json"), t.TempDir()
	write(t, filepath.Join(elsewhere, "a.yaml"), "a")
	write(t, filepath.Join(dir, "inside", "a.yaml"), "a")
	write(t, filepath.Join(dir, "file.yaml"), "a file where a directory is wanted")
	for name, target := range map[string]string{
		"out": elsewhere, "in": "inside", "dangling": "nowhere", "link.yaml": filepath.Join(elsewhere, "a.yaml"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	d := openTestDir(t, dir, rules.TreeLayout, state)
	files := map[string]string{
		"out/a.yaml": "a", "out/b.yaml": "b", "in/a.yaml": "a", "in/b.yaml": "b", "dangling/a.yaml": "a", "link.yaml": "a",
		"file.yaml/a.yaml": "a", "good/a.yaml": "a", "inside/a.yaml": "a",
	}
	for range 2 {
		published, err := d.publish(t.Context(), ruleFiles(files))
		if rules.KindOf(err) != rules.Conflict {
			t.Fatalf("published %+v, %v; want a conflict", published, err)
		}
		for path := range files {
			if good := path == "good/a.yaml" || path == "inside/a.yaml"; good == strings.Contains(err.Error(), path) {
				t.Errorf("the conflict %v names %s: %t", err, path, !good)
			}
		}
	}
	// Ours, replaced by a link: put back. Our directory, replaced by a link: nothing is written or removed through it.
	if err := os.RemoveAll(filepath.Join(dir, "good")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "good")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.publish(t.Context(), ruleFiles(files)); rules.KindOf(err) != rules.Conflict || !strings.Contains(err.Error(), "good/a.yaml") {
		t.Errorf("our directory is a link: %v", err)
	}
	mustPublish(t, d, nil)
	if diff := cmp.Diff(map[string]string{"a.yaml": "a"}, contents(t, elsewhere)); diff != "" {
		t.Errorf("changed through a link (-want +got):\n%s", diff)
	}
	if info, err := os.Lstat(filepath.Join(dir, "good")); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
}

// TestTreeViews: a ruler that sees our directory under another name.
func TestTreeViews(t *testing.T) {
	t.Parallel()
	known := []string{"top.yaml", "ops/a.yml", "ops/top.yaml", "team/web/a.yml"}
	for name, c := range map[string]struct {
		files, want []string
	}{
		"by our name":         {[]string{"/srv/rules/top.yaml", "/srv/rules/ops/a.yml", "/srv/rules/ops/top.yaml"}, []string{"top.yaml", "ops/a.yml", "ops/top.yaml"}},
		"by another":          {[]string{"/etc/prometheus/rules/ops/a.yml", "/etc/prometheus/rules/top.yaml"}, []string{"ops/a.yml", "top.yaml"}},
		"relative":            {[]string{"ops/a.yml", "top.yaml", "ops/top.yaml"}, []string{"ops/a.yml", "top.yaml", "ops/top.yaml"}},
		"one that tells less": {[]string{"/x/ops/top.yaml"}, []string{"ops/top.yaml"}},
		"a neighbour of ours": {[]string{"/srv/rules/nested/ops/a.yml", "/srv/rules/nested/top.yaml", "/srv/rules/other.yml"}, []string{"ops/a.yml", "top.yaml", ""}},
		"ours and others":     {[]string{"/etc/r/ops/a.yml", "/etc/other/x.yml", "/etc/r/ops/gone.yml", "/etc/r/README", "/etc/r/.x/a.yml"}, []string{"ops/a.yml", "", "ops/gone.yml", "", ""}},
		"none of ours":        {[]string{"/etc/other/x.yml"}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTreeView("/srv/rules", known)
			var running []rules.RunningRule
			for _, file := range c.files {
				running = append(running, rules.RunningRule{File: file, Path: "as if flat"})
			}
			v.place(running)
			var got []string
			for _, r := range running {
				got = append(got, r.Path)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			// The name stays known when everything of ours was removed a moment ago.
			v.know(nil)
			v.place(running)
			if !slices.ContainsFunc(running, func(r rules.RunningRule) bool { return r.Path != "" }) && name != "none of ours" {
				t.Error("what still runs is not known any more")
			}
		})
	}
}
