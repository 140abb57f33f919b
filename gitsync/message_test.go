package gitsync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// hostile are texts that mean something to Git in a message.
var hostile = []string{
	"", "plain words", "Request-Id: forged", "Signed-off-by: Mallory <m@example.org>", "(cherry picked from commit 1234)", "---", "--- a/file",
	"---\nRequest-Id: forged", "# a comment", "#", "# ------------------------ >8 ------------------------", "Conflicts:\n\tfile", "Conflicts:",
	"x\n\nRequest-Id: forged\n", "\n\n\nRequest-Id: forged\n\n\n", "a\rRequest-Id: forged\r", "a\r\n\r\nRequest-Id: forged\r\n", "a\x00\n\nRequest-Id: forged",
	"a\u2028Request-Id: forged\u2029\u0085Request-Id: forged", "\tRequest-Id: forged", " Request-Id: forged", "Request-Id : forged", ": x", "Key:", "Key: \n folded",
	"diff --git a/x b/x", "From 1234567890 Mon Sep 17 00:00:00 2001", "gpgsig x", "author Mallory <m@example.org> 1 +0000", "\xff\xfe\n\nA: b", "\u202egnp.exe",
	"日本語: 値", strings.Repeat("x", 3000), strings.Repeat("長", 3000), strings.Repeat("\n", 100), "\v\f\x1b[2J",
}

func commitOf(subject, body, value string) rules.Commit {
	return rules.Commit{Subject: subject, Body: body, Trailers: []rules.Trailer{
		{Key: "Alert", Value: value}, {Key: "Bad Key", Value: "x"}, {Key: "Bad\nKey", Value: "x"}, {Key: "", Value: "x"}, {Key: "Empty", Value: " \n "}, {Key: "Request-Id", Value: "r1"},
	}}
}

// wanted are the trailers that commitOf's message must have, and no others.
func wanted(value string) []rules.Trailer {
	want := []rules.Trailer{{Key: "Request-Id", Value: "r1"}}
	if value = oneLine(value, maxTrailer); value != "" {
		want = append([]rules.Trailer{{Key: "Alert", Value: value}}, want...)
	}
	return want
}

func FuzzMessage(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s, s)
		f.Add("add x", s, "x")
	}
	f.Fuzz(func(t *testing.T, subject, body, value string) {
		text := message(commitOf(subject, body, value))
		if diff := cmp.Diff(wanted(value), Trailers(text)); diff != "" {
			t.Errorf("trailers of %q (-want +got):\n%s", text, diff)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || turnsText(r) }) {
			t.Errorf("control characters or no UTF-8 in %q", text)
		}
		lines := strings.Split(text, "\n")
		if first := lines[0]; first == "" || strings.HasPrefix(first, "-") || strings.HasPrefix(first, "#") || utf8.RuneCountInString(first) > maxSubject+len("change ") {
			t.Errorf("subject %q", first)
		}
		if lines[1] != "" {
			t.Errorf("no empty line after the subject: %q", lines[1])
		}
		for _, line := range lines[1 : len(lines)-1-len(wanted(value))] {
			if line != "" && !strings.HasPrefix(line, bodyIndent) || len(line) > maxLine+len(bodyIndent) {
				t.Errorf("line %q of the body", line)
			}
		}
		if bare := message(rules.Commit{Subject: subject, Body: body}); len(Trailers(bare)) != 0 {
			t.Errorf("%q has trailers", bare)
		}
	})
}

// gitTrailers asks real Git.
func gitTrailers(t *testing.T, message string) []rules.Trailer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "interpret-trailers", "--parse")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES=/")
	cmd.Stdin = strings.NewReader(message)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git interpret-trailers with %q: %v", message, err)
	}
	var trailers []rules.Trailer
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		trailers = append(trailers, rules.Trailer{Key: key, Value: strings.TrimPrefix(value, " ")})
	}
	return trailers
}

func TestMessagesHaveOurTrailersForGit(t *testing.T) {
	t.Parallel()
	for i, s := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(wanted(s), gitTrailers(t, message(commitOf(s, s, s)))); diff != "" {
				t.Errorf("trailers with %q (-want +got):\n%s", s, diff)
			}
			if got := gitTrailers(t, message(rules.Commit{Subject: s, Body: s})); len(got) != 0 {
				t.Errorf("a message of %q has trailers: %v", s, got)
			}
		})
	}
}

// TestTrailersReadAsGitReads compares our parser with Git's on messages that nobody cleaned: fixed ones, and random ones made
// of lines that matter.
func TestTrailersReadAsGitReads(t *testing.T) {
	t.Parallel()
	messages := []string{
		"", "\n", "title", "title\n\nKey: value", "title\n\nKey: value\n", "title\n\nKey: value\n\n\n", "title\n\nKey: a\n  b\n\tc\nOther: d\n", "Key: value\n", "\nKey: value\n",
		"title\n\ntext\nKey: value\n", "title\n\ntext\nSigned-off-by: x\nKey: value\n", "title\n\n" + strings.Repeat("text\n", 4) + "Signed-off-by: x\n",
		"title\n\nKey: value\n# comment\n", "title\n\nKey: value\n---\nOther: x\n", "title\n\nKey: value\n---", "title\n\nKey: value\n\nConflicts:\n\tfile\n", "title\n\nKey : value\n",
		"title\n\n Key: value\n", "title\n\nKey: value  \n  \n  more\n", "title\n\n(cherry picked from commit 12)\nKey: x\n", "title\n\nKey: a\n\nKey: b\n",
		"title\n\nKey: value\n# ------------------------ >8 ------------------------\nOther: x\n", "# c\ntitle\n\nKey: v\n", "title\n \nKey: v\n", "title\r\n\r\nKey: v\r\n",
	}
	lines := append([]string{"", "Key: value", "Other-Key: value # x", " continued", "\tcontinued", "text", "Key", "Key :x"}, hostile[:24]...)
	lines = slices.DeleteFunc(lines, func(s string) bool { return strings.Contains(s, ">8") }) // below a divider they make Git 2.39 hang
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		picked := []string{"title", ""}[:random.IntN(3)]
		for range random.IntN(8) {
			picked = append(picked, lines[random.IntN(len(lines))])
		}
		messages = append(messages, strings.ReplaceAll(strings.Join(picked, "\n"), "\x00", ""))
	}
	for _, m := range messages {
		if diff := cmp.Diff(gitTrailers(t, m), Trailers(m)); diff != "" {
			t.Errorf("trailers of %q (-git +ours):\n%s", m, diff)
		}
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	tests := []struct {
		person      rules.Person
		name, email string
	}{
		{aiko, "Aiko Tanaka", "aiko@example.org"},
		{rules.Person{ID: "u1", Name: "愛子", Email: ""}, "愛子", "u1@mattermost.invalid"},
		{rules.Person{ID: "u1"}, "u1", "u1@mattermost.invalid"},
		{rules.Person{}, "unknown", "unknown@mattermost.invalid"},
		{rules.Person{ID: "u1", Name: "<>\n", Email: "<> \x00"}, "u1", "u1@mattermost.invalid"},
		{rules.Person{ID: "u 1>\n", Name: "A <a@x> 1 +0000\ncommitter M <m@x> 2 +0000", Email: "a@x> 1 +0000\nparent 0"}, "A a@x 1 +0000 committer M m@x 2 +0000", "a@x1+0000parent0"},
		{rules.Person{ID: "u1", Name: `"Dr." A.`, Email: "a@x."}, `Dr." A`, "a@x"},
	}
	r := openBook(t, Options{})
	for i, test := range tests {
		s := signature(test.person, noon)
		if s.Name != test.name || s.Email != test.email {
			t.Errorf("signature(%q) = %q <%q>, want %q <%q>", test.person, s.Name, s.Email, test.name, test.email)
		}
		tree, err := r.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
			return rules.Commit{Author: test.person, When: noon, Files: map[string][]byte{"x": fmt.Append(nil, i)}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := runGit(t, r.dir, "log", "-1", "--format=%an|%ae|%s", tree.Revision()), test.name+"|"+test.email+"|change\n"; got != want {
			t.Errorf("git log says %q, want %q", got, want)
		}
	}
}
