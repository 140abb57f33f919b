package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGitLines has Git take the lines that people are given as they stand: whatever signs somebody puts into a path, they are about that file alone.
func TestGitLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(line string) string {
		t.Helper()
		c := exec.Command("sh", "-ec", line)
		c.Dir = dir
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	names := []string{"*.yaml", ":(top)x.yaml", "-f", "Disk.yaml", "[A-Z]*.yaml", "it's a \"name\".yaml", "x.yaml", "障害 $HOME.yaml"}
	put := func(content string) {
		t.Helper()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	run("git init -q -b main .")
	put("first")
	run("git add . && git commit -qm first")
	first := strings.TrimSpace(run("git rev-parse HEAD"))
	put("second")
	run("git add . && git commit -qm second")
	for _, name := range names {
		run(gitRemove(name))
		if diff := cmp.Diff("D  "+name+"\x00", run("git status --porcelain -z")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", gitRemove(name), diff)
		}
		run("git reset -q --hard")
		run(gitRestore(first, name))
		if diff := cmp.Diff("M  "+name+"\x00", run("git status --porcelain -z")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", gitRestore(first, name), diff)
		}
		run("git reset -q --hard")
	}
}
