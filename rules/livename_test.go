package rules

import (
	"strings"
	"testing"
)

func TestLiveName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"ops/sshd-ban.yaml":      "ops.sshd-ban.yaml",
		"sshd-ban.yml":           "sshd-ban.yml",
		"team/web/a.b.yaml":      "team.web.a..b.yaml",
		"s.m.a.r.t/x.yaml":       "s..m..a..r..t.x.yaml",
		"a./b.yaml":              "a...b.yaml",
		"a.yaml/b.yaml":          "a..yaml.b.yaml",
		"a..yaml":                "a...yaml",
		"監視/サーバー.yaml":           "監視.サーバー.yaml",
		"white space/and\n.yaml": "white space.and\n.yaml",
	} {
		if got := LiveName(path); got != want {
			t.Errorf("LiveName(%q) = %q, want %q", path, got, want)
		}
		if back, ok := RulebookPath(want); back != path || !ok {
			t.Errorf("RulebookPath(%q) = %q, %t, want %q", want, back, ok, path)
		}
	}
	for _, name := range []string{"", "x", "README.md", ".yaml", ".hidden.yaml", "a/b.yaml", "....yaml", "..a.yaml", "a..yaml.txt"} {
		if path, ok := RulebookPath(name); ok {
			t.Errorf("RulebookPath(%q) = %q, want none", name, path)
		}
	}
}

// FuzzLiveName holds that the live name of any rule file's path leads back to it, so that no two paths share one, and that it is
// one file name.
func FuzzLiveName(f *testing.F) {
	for _, path := range []string{"ops/a.yaml", "a./b.yml", "a..b/c...d.yaml", "a/b/c.yaml.yaml", "x.yml/y.yaml", "a./././b.yaml"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if isRuleFile(path) {
			name := LiveName(path)
			if back, ok := RulebookPath(name); !ok || back != path {
				t.Errorf("%q → %q → %q, %t", path, name, back, ok)
			}
			if strings.Contains(name, "/") || strings.HasPrefix(name, ".") {
				t.Errorf("%q → %q is no visible file name", path, name)
			}
		}
		if back, ok := RulebookPath(path); ok && LiveName(back) != path {
			t.Errorf("%q → %q → %q", path, back, LiveName(back))
		}
	})
}
