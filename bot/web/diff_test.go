package web

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestLinesOf(t *testing.T) {
	t.Parallel()
	// What is gone looks like the head of a file.
	lines := linesOf("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a\n+++ b\n c\n\\ No newline at end of file\n--- a/y\n")
	want := []line{
		{Kind: "head", Text: "--- a/x"},
		{Kind: "head", Text: "+++ b/x"},
		{Kind: "hunk", Text: "@@ -1,2 +1,2 @@"},
		{Kind: "gone", Old: 1, Text: "-- a"},
		{Kind: "new", New: 1, Text: "++ b"},
		{Kind: "same", Old: 2, New: 2, Text: "c"},
		{Kind: "head", Text: `\ No newline at end of file`},
		{Kind: "head", Text: "--- a/y"},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var sides []string
	for _, p := range pairsOf(lines[3:6]) {
		sides = append(sides, p.Left.Text+" | "+p.Right.Text)
	}
	if diff := cmp.Diff([]string{"-- a | ++ b", "c | c"}, sides); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzDifference holds that both sides of what is shown of a difference are in the texts that it is of, line by line, and that no diff of anybody
// makes it fail.
func FuzzDifference(f *testing.F) {
	f.Add("a\nb\n", "a\nc\n")
	f.Add("", "x\n")
	f.Add("-- x\n", "++ x\n")
	f.Add("@@ -1 +1 @@\n", "\\ No newline")
	f.Add("@@ -99999999999999999999,5 +1 @@\n a", "@@ -0,0 +1,1000000000000 @@")
	f.Fuzz(func(t *testing.T, was, is string) {
		if strings.ContainsRune(was+is, '\r') {
			return
		}
		pairsOf(linesOf(was))
		wasLines, isLines := strings.Split(was, "\n"), strings.Split(is, "\n")
		for _, p := range pairsOf(linesOf(between(was, is, true).Text)) {
			if l := p.Left; l != nil && (l.Old < 1 || l.Old > len(wasLines) || wasLines[l.Old-1] != l.Text) {
				t.Errorf("left %+v of %q", *l, was)
			}
			if l := p.Right; l != nil && (l.New < 1 || l.New > len(isLines) || isLines[l.New-1] != l.Text) {
				t.Errorf("right %+v of %q", *l, is)
			}
		}
	})
}

func TestBlocksOf(t *testing.T) {
	t.Parallel()
	got := blocksOf("**a\\_b** is `x*y`, `` ` ``\n3 \\> 2 `\n[Entry](https://a.example/entry/r1) [x](javascript:alert(1)) `[y](http://b)` \\[z](http://c)\n````yaml\n```\nx\n````\nend\n```diff\n-x")
	want := []block{
		{Spans: []span{
			{Kind: "strong", Text: "a_b"}, {Kind: "text", Text: " is "}, {Kind: "code", Text: "x*y"}, {Kind: "text", Text: ", "}, {Kind: "code", Text: "`"}, {Kind: "break"},
			{Kind: "text", Text: "3 > 2 `"}, {Kind: "break"},
			{Kind: "link", Text: "Entry", Address: "https://a.example/entry/r1"}, {Kind: "text", Text: " [x](javascript:alert(1)) "}, {Kind: "code", Text: "[y](http://b)"},
			{Kind: "text", Text: " [z](http://c)"},
		}},
		{Fence: "```\nx"},
		{Spans: []span{{Kind: "text", Text: "end"}}},
		{Fence: "-x", Diff: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add("**a** `b`\n```\nc\n```")
	f.Add("```")
	f.Add("\\")
	f.Add("****``**")
	f.Fuzz(func(t *testing.T, reply string) {
		n := 0
		for _, b := range blocksOf(reply) {
			n += len(b.Fence)
			for _, s := range b.Spans {
				n += len(s.Text)
			}
		}
		if n > len(reply) {
			t.Errorf("%d bytes of %d", n, len(reply))
		}
	})
}

func TestStanding(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	book := s.books[revisionOf(3)]
	ref := book.Entries("")[0].Ref
	ruler := s.status.Rulers[0]
	for name, tc := range map[string]struct {
		change func(*rules.Status)
		want   standing
	}{
		"live":       {func(*rules.Status) {}, standing{"live", ""}},
		"not live":   {func(s *rules.Status) { s.Rulers[0].NotLive = []rules.NotLive{{Ref: ref, Why: "asleep"}} }, standing{"not live", "asleep"}},
		"on its way": {func(s *rules.Status) { s.Rulers[0].Behind = true }, standing{"on its way", ""}},
		"unknown": {func(s *rules.Status) {
			s.Rulers[0].LastSeen, s.Rulers[0].Err = time.Time{}, &rules.Error{Text: "gone"}
		}, standing{"unknown", "gone"}},
		"away since": {func(s *rules.Status) {
			s.Rulers[0].Err = &rules.Error{Kind: rules.Unreachable, Text: "no answer"}
			s.Rulers[0].NotLive = []rules.NotLive{{Ref: ref, Why: "asleep"}}
		}, standing{"unknown", "no answer"}},
		"beside a refused file": {func(s *rules.Status) {
			s.Rulers[0].Err = &rules.Error{Kind: rules.Refused, Text: "it refuses another.yaml"}
		}, standing{"live", ""}},
		"a bad file": {func(s *rules.Status) {
			s.Problems = []rules.Problem{{Path: "prometheus/ops/g.yaml", Text: "first"}, {Path: "prometheus/ops/g.yaml", Text: "second"}}
		}, standing{"bad file", "first"}},
		"held": {func(s *rules.Status) { s.Held = &rules.HeldPush{Paths: []string{"prometheus/ops/g.yaml"}} }, standing{"held", ""}},
		"live as before": {func(s *rules.Status) {
			s.Held = &rules.HeldPush{Good: revisionOf(1), Paths: []string{"prometheus/ops/g.yaml"}}
			s.Problems = []rules.Problem{{Path: "prometheus/ops/g.yaml", Text: "bad"}}
		}, standing{"live", "held as before"}},
		"new in a held file": {func(s *rules.Status) {
			s.Held = &rules.HeldPush{Paths: []string{"prometheus/ops/g.yaml"}}
			s.Problems = []rules.Problem{{Path: "prometheus/ops/g.yaml", Text: "bad"}}
		}, standing{"bad file", "bad"}},
		"of nobody": {func(s *rules.Status) { s.Rulers = nil }, standing{"unknown", ""}},
	} {
		status := rules.Status{Rulers: []rules.RulerStatus{ruler}}
		tc.change(&status)
		judge, err := s.pages.judge(t.Context(), book, status)
		if diff := cmp.Diff(tc.want, judge.of(ref)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
