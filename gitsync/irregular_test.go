package gitsync

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestIrregularNamesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	book := openBook(t, Options{})
	if _, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
		return rules.Commit{Author: aiko, When: noon, Subject: "s", Files: map[string][]byte{"prometheus/a.yaml": []byte("a"), "other/b.yaml": []byte("b")}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	runGit(t, ".", "clone", "-q", book.dir, work)
	if err := errors.Join(os.Symlink("a.yaml", filepath.Join(work, "prometheus", "link.yaml")), os.Symlink("b.yaml", filepath.Join(work, "other", "link.yaml"))); err != nil {
		t.Fatal(err)
	}
	runGit(t, work, "add", "-A")
	runGit(t, work, "update-index", "--add", "--cacheinfo", "160000,"+strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD"))+",prometheus/sub")
	runGit(t, work, "commit", "-qm", "a link and a submodule")
	runGit(t, work, "push", "-q", "origin", "HEAD:main")
	head, err := book.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := book.Irregular(t.Context(), head.Revision(), []string{"prometheus", "loki"})
	if err != nil {
		t.Fatal(err)
	}
	want := []rules.Problem{
		{Path: "prometheus/link.yaml", Text: "this is a symbolic link, which is not followed: put the file itself here", Replaced: true},
		{Path: "prometheus/sub", Text: "this is a submodule, which is not read: put the files themselves here", Replaced: true},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if all, err := book.Irregular(t.Context(), head.Revision(), []string{""}); err != nil || len(all) != 3 {
		t.Errorf("below the root: %+v, %v, want three", all, err)
	}
	if none, err := book.Irregular(t.Context(), "", []string{""}); err != nil || none != nil {
		t.Errorf("before the first commit: %+v, %v", none, err)
	}
}

func TestIrregularNamesWhatIsNoDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		put  func(t *testing.T, work string) error // something at the place of the directory rules
		text string
	}{
		{"a link", func(_ *testing.T, work string) error { return os.Symlink("elsewhere", filepath.Join(work, "rules")) }, "symbolic link"},
		{"a file", func(_ *testing.T, work string) error {
			return os.WriteFile(filepath.Join(work, "rules"), []byte("x"), 0o600)
		}, "this is a file"},
		{"a submodule", func(t *testing.T, work string) error {
			t.Helper()
			runGit(t, work, "update-index", "--add", "--cacheinfo", "160000,"+strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD"))+",rules")
			return os.Mkdir(filepath.Join(work, "rules"), 0o700)
		}, "submodule"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			book := openBook(t, Options{})
			if _, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
				return rules.Commit{Author: aiko, When: noon, Subject: "s", Files: map[string][]byte{"rules/prometheus/a.yaml": []byte("a")}}, nil
			}); err != nil {
				t.Fatal(err)
			}
			work := t.TempDir()
			runGit(t, ".", "clone", "-q", book.dir, work)
			runGit(t, work, "mv", "rules", "elsewhere")
			if err := c.put(t, work); err != nil {
				t.Fatal(err)
			}
			runGit(t, work, "add", "-A")
			runGit(t, work, "commit", "-qm", c.name)
			runGit(t, work, "push", "-q", "origin", "HEAD:main")
			head, err := book.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found, err := book.Irregular(t.Context(), head.Revision(), []string{"rules", "rules/prometheus", "loki"})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].Path != "rules" || !strings.Contains(found[0].Text, c.text) {
				t.Errorf("%+v, want rules alone, as it is %s", found, c.name)
			}
		})
	}
}
