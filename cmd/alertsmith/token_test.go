package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/google/go-cmp/cmp"
)

func TestReadTokens(t *testing.T) {
	t.Parallel()
	const a, b = "canary8hzjkq5yctdfuruxjdhi", "canaryrrna7piryffksfiuu7ko"
	tests := []struct {
		name    string
		content string
		want    []string
		err     string // what the error says; the file's name is before it
	}{
		{"one", a + "\n", []string{a}, ""},
		{"without a line break", a, []string{a}, ""},
		{"rotation", "# the old one\n" + a + "\n\n# from Monday on\n  " + b + "\r\n", []string{a, b}, ""},
		{"empty", "# none yet\n", nil, ": there is no token or secret in it"},
		{"short", a + "\ncanary\n", nil, ":2: the token or secret is shorter than 16 characters and could be guessed; the whole of it has to stand here"},
		{"no text file", strings.Repeat("canary", 20_000), nil, ": a line is too long for a token or secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "tokens")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readTokens(file)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != file+tt.err) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error("the error tells a secret")
			}
		})
	}
}

func TestEnsureToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, tokenName)
	// What a crash while writing leaves behind.
	if err := os.WriteFile(file+".new", []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ensureToken(file); err != nil {
		t.Fatal(err)
	}
	first, err := readToken(file)
	if err != nil {
		t.Fatal(err)
	}
	if !rules.IsMattermostID(first) {
		t.Errorf("%q does not look like Mattermost's tokens", first)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := ensureToken(file); err != nil {
		t.Fatal(err)
	}
	if second, err := readToken(file); err != nil || second != first {
		t.Errorf("the second start has another token, %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
