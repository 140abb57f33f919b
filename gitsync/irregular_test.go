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
		{Path: "prometheus/link.yaml", Text: "this is a symbolic link, which is not followed: put the file itself here"},
		{Path: "prometheus/sub", Text: "this is a submodule, which is not read: put the files themselves here"},
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
