package rulestest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func refuses(t *testing.T, c RulerCase) {
	r := c.Open(t)
	good := c.simple("ops/good.yaml", "Good", 1)
	bring(t, r, good)
	c.await(t, r, "the good rule", runs("Good"))
	refused := ruleFile("ops/refused.yaml", "Refused", "\n  rules: [{alert: Refused, expr: '"+c.Refused+"'}]")
	_, err := r.Publish(t.Context(), []rules.RuleFile{good, refused})
	if err == nil {
		err = r.Reload(t.Context())
	}
	if rules.KindOf(err) != rules.Refused || err == nil {
		t.Fatalf("a refused file: %v (kind %s), want kind refused", err, rules.KindOf(err))
	}
	t.Logf("refused with: %v", err)
	if text := err.Error(); !strings.Contains(text, r.Info().Name) || strings.ContainsAny(text, "\n\x00") {
		t.Errorf("the reason %q should name the ruler in one line", text)
	}
	running, err := r.Running(t.Context())
	if err != nil || !slices.Contains(groups(running), "Good") || slices.Contains(groups(running), "Refused") {
		t.Errorf("after a refusal runs %v, %v", groups(running), err)
	}
	bring(t, r, good)
	c.await(t, r, "the good rule alone", runs("Good"))
	bring(t, r, good, c.simple("ops/next.yaml", "Next", 2))
	c.await(t, r, "the next change", runs("Good", "Next"))
}

func leavesForeign(t *testing.T, c RulerCase) {
	r := c.Open(t)
	theirs := c.simple("theirs/hand-made.yaml", "Theirs", 1)
	c.Intrude(t, theirs.Path, string(theirs.Content))
	defer c.Intrude(t, theirs.Path, "")
	before := c.Content(t, theirs.Path)
	for _, files := range [][]rules.RuleFile{{c.simple("ops/a.yaml", "A", 2)}, nil} {
		published := bring(t, r, files...)
		if diff := cmp.Diff([]string{r.Info().Layout.LiveName(theirs.Path)}, published.Foreign); diff != "" {
			t.Errorf("foreign (-want +got):\n%s", diff)
		}
		c.await(t, r, "theirs as well", func(running []rules.RunningRule) bool {
			return slices.ContainsFunc(running, func(rule rules.RunningRule) bool { return rule.Group == "Theirs" && healthy(rule) })
		})
	}
	if diff := cmp.Diff(before, c.Content(t, theirs.Path)); diff != "" {
		t.Errorf("theirs was touched (-before +after):\n%s", diff)
	}
}

func conflicts(t *testing.T, c RulerCase) {
	r := c.Open(t)
	theirs, ours := c.simple("ops/taken.yaml", "Taken", 1), c.simple("ops/taken.yaml", "Taken", 2)
	c.Intrude(t, theirs.Path, string(theirs.Content))
	defer c.Intrude(t, theirs.Path, "")
	before := c.Content(t, theirs.Path)
	published, err := r.Publish(t.Context(), []rules.RuleFile{c.simple("ops/free.yaml", "Free", 3), ours})
	if err == nil || rules.KindOf(err) != rules.Conflict || !strings.Contains(err.Error(), r.Info().Layout.LiveName(ours.Path)) {
		t.Errorf("a taken name: %v, want a conflict that names it", err)
	}
	if diff := cmp.Diff(rules.Published{Changed: []string{"ops/free.yaml"}, Foreign: []string{r.Info().Layout.LiveName(ours.Path)}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, c.Content(t, theirs.Path)); diff != "" {
		t.Errorf("theirs was touched (-before +after):\n%s", diff)
	}
	published = bring(t, r, theirs)
	if diff := cmp.Diff(rules.Published{Changed: []string{"ops/free.yaml"}, Adopted: []string{theirs.Path}}, published); diff != "" {
		t.Errorf("published when equal (-want +got):\n%s", diff)
	}
	bring(t, r)
	if content := c.Content(t, theirs.Path); content != "" {
		t.Errorf("what was taken over is ours, and stays when removed: %s", content)
	}
}

func putsBack(t *testing.T, c RulerCase) {
	r := c.Open(t)
	ours := c.simple("ops/ours.yaml", "Ours", 1)
	bring(t, r, ours)
	before := c.Content(t, ours.Path)
	for name, content := range map[string]string{"changed": string(c.simple("ops/ours.yaml", "Ours", 2).Content), "removed": ""} {
		c.Intrude(t, ours.Path, content)
		published := bring(t, r, ours)
		if diff := cmp.Diff(rules.Published{Changed: []string{ours.Path}}, published); diff != "" {
			t.Errorf("%s by hand: published (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(before, c.Content(t, ours.Path)); diff != "" {
			t.Errorf("%s by hand: not put back (-want +got):\n%s", name, diff)
		}
	}
}

func comesBack(t *testing.T, c RulerCase) {
	r := c.Open(t)
	bring(t, r, c.simple("ops/a.yaml", "A", 1))
	c.await(t, r, "A", runs("A"))
	c.Stop(t)
	both := []rules.RuleFile{c.simple("ops/a.yaml", "A", 1), c.simple("ops/b.yaml", "B", 2)}
	_, err := r.Publish(t.Context(), both)
	if err == nil {
		err = r.Reload(t.Context())
	}
	if err == nil || rules.KindOf(err) != rules.Unreachable {
		t.Errorf("bringing to a stopped program: %v, want kind unreachable", err)
	}
	if _, err := r.Running(t.Context()); err == nil || rules.KindOf(err) != rules.Unreachable {
		t.Errorf("asking a stopped program: %v, want kind unreachable", err)
	}
	c.Start(t)
	bring(t, r, both...)
	c.await(t, r, "both", runs("A", "B"))
}
