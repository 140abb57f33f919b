package gitsync

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

func TestCheckPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"a", "loki/ops/sshd-ban.yaml", "journal/2026/11/2026-11-21.md", "prometheus/team/web/job:rate5m.yaml", "loki/日本語/ルール.yaml", "a b/c d", "...", "a..b", ".hidden",
		"loki/git/x", "x.git", "git", "gi", "می\u200cخواهم.yaml", strings.Repeat("x", 255), strings.Repeat("a/", maxDepth) + "x",
	} {
		if err := checkPath(path); err != nil {
			t.Errorf("checkPath(%q) = %v", path, err)
		}
	}
	for _, path := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", `a\b`, `..\x`, "a\x00b", "a\nb", "a\x7f", "\u0085", "\xff", "a\u202eb", "a\u2028b",
		".git", ".GIT/config", "a/.Git/x", ".git.", ".git ", " .git", ".git::$INDEX_ALLOCATION", ".g\u200cit", "\ufeff.git", ".gitmodules", ".gitattributes", "git~1", "GIT~1", "gitmod~1", "gi7eba~1",
		strings.Repeat("x", 256), strings.Repeat("a/", maxDepth+1) + "x", strings.Repeat("abc/", 10) + strings.Repeat("x", 1025),
	} {
		if err := checkPath(path); rules.KindOf(err) != rules.Invalid || err == nil {
			t.Errorf("checkPath(%q) = %v, want an error of kind Invalid", path, err)
		}
	}
}

// FuzzPath holds that no accepted path has an element that leaves its directory, hides in a listing or is Git's own.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"a", "a/b", "../a", ".git/config", "a//b", "a\x00", "日本語"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if checkPath(path) != nil {
			return
		}
		for name := range strings.SplitSeq(path, "/") {
			if !readable(name) || strings.EqualFold(name, ".git") {
				t.Errorf("%q was accepted with the element %q", path, name)
			}
		}
	})
}
