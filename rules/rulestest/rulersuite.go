package rulestest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// RulerCase is one kind of ruler with a running program behind it.
type RulerCase struct {
	// Open returns the adapter as after a start of Alertsmith. All of them share the program, the directory and the state.
	Open func(t *testing.T) rules.Ruler
	// Expr returns an expression that the program evaluates healthily, another one for every n.
	Expr func(n int) string
	// Refused is an expression that the program refuses to load; empty when it refuses none.
	Refused string
	// Intrude puts a rule file (or namespace) of somebody else's where path is published, and Content returns what is there now, ""
	// for nothing. Both may be nil together.
	Intrude func(t *testing.T, path, content string)
	Content func(t *testing.T, path string) string
	// Writes returns a text that changes with every write to what the program reads; nil when there is no telling.
	Writes func(t *testing.T) string
	// Stop stops the program, and Start starts it again at the same address. Both may be nil together.
	Stop, Start func(t *testing.T)
	// Thin says that it tells no state and no true time of an evaluation: the fake.
	Thin bool
	// Patience is how long the program may take to come to a change; a minute by default.
	Patience time.Duration
}

// TestRuler is what every rules.Ruler promises. The program begins and ends without rules of ours.
func TestRuler(t *testing.T, c RulerCase) {
	t.Helper()
	if c.Patience == 0 {
		c.Patience = time.Minute
	}
	for _, test := range []struct {
		name  string
		run   func(*testing.T, RulerCase)
		needs bool
	}{
		{"what is published runs with every field", runsWithEveryField, true},
		{"groups are asked for by name", asksForGroups, true},
		{"a change replaces the rule, its neighbours stay", changes, true},
		{"a removed file is gone", removes, true},
		{"publishing the same again writes nothing", writesNothing, c.Writes != nil},
		{"a bad file leaves what is published", leavesBad, true},
		{"another start knows what is ours", remembers, true},
		{"a refused file can be put back", refuses, c.Refused != ""},
		{"somebody else's file is reported and left", leavesForeign, c.Intrude != nil},
		{"a name that somebody else has is a conflict, until it is equal", conflicts, c.Intrude != nil},
		{"what is ours and was changed by hand is put back", putsBack, c.Intrude != nil},
		{"a stopped program is unreachable, then follows", comesBack, c.Stop != nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !test.needs {
				t.Skip("this ruler cannot be made to")
			}
			test.run(t, c)
			bring(t, c.Open(t))
		})
	}
}

func runsWithEveryField(t *testing.T, c RulerCase) {
	r := c.Open(t)
	file := ruleFile("team/web/every.field.yaml", "every", fmt.Sprintf(`
  interval: 1s
  limit: 7
  rules:
  - alert: EveryField
    expr: %s
    for: 1h30m
    labels: {severity: critical, team: "web: \"eins\""}
    annotations: {summary: 'It is {{ $value }}', description: "two\nlines"}
  - record: every:field
    expr: %s
    labels: {kind: recorded}`, c.Expr(1), c.Expr(2)))
	published := bring(t, r, file)
	if diff := cmp.Diff([]string{file.Path}, published.Changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	running := c.await(t, r, "both rules healthy", func(running []rules.RunningRule) bool {
		return len(running) == 2 && healthy(running[0]) && healthy(running[1])
	})
	if since := time.Since(running[0].LastEvaluation); !c.Thin && (since < -time.Minute || since > time.Hour) {
		t.Errorf("last evaluation %s ago", since)
	}
	want := []rules.RunningRule{{
		Path: file.Path, Group: "every", Interval: time.Second, Limit: 7, Health: "ok",
		Rule: rules.Rule{
			Alert: "EveryField", Expr: canonical(t, r, c.Expr(1)), For: 90 * time.Minute,
			Labels:      map[string]string{"severity": "critical", "team": `web: "eins"`},
			Annotations: map[string]string{"summary": "It is {{ $value }}", "description": "two\nlines"},
		},
	}, {
		Path: file.Path, Group: "every", Interval: time.Second, Limit: 7, Health: "ok",
		Rule: rules.Rule{Record: "every:field", Expr: canonical(t, r, c.Expr(2)), Labels: map[string]string{"kind": "recorded"}},
	}}
	if running[0].State == "" && !c.Thin {
		t.Error("an alerting rule without a state")
	}
	for i := range running {
		if running[i].File == "" {
			t.Error("a rule without a file")
		}
		running[i].File, running[i].State, running[i].Active, running[i].Pending, running[i].LastEvaluation = "", "", 0, nil, time.Time{}
		running[i].Rule.Expr = canonical(t, r, running[i].Rule.Expr)
		if len(running[i].Rule.Annotations) == 0 {
			running[i].Rule.Annotations = nil
		}
	}
	if diff := cmp.Diff(want, running); diff != "" {
		t.Errorf("running (-want +got):\n%s", diff)
	}
}

func asksForGroups(t *testing.T, c RulerCase) {
	r := c.Open(t)
	bring(t, r, c.simple("ops/a.yaml", "A", 1), c.simple("ops/b.yaml", "B & C", 2))
	c.await(t, r, "both", runs("A", "B & C"))
	for _, group := range []string{"A", "B & C"} {
		running, err := r.Running(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{group}, groups(running)); diff != "" {
			t.Errorf("groups asked for %q (-want +got):\n%s", group, diff)
		}
	}
	if running, err := r.Running(t.Context(), "nobody's"); err != nil || len(running) != 0 {
		t.Errorf("a group that is not there: %v, %v", running, err)
	}
}

func changes(t *testing.T, c RulerCase) {
	r := c.Open(t)
	stays := c.simple("ops/stays.yaml", "Stays", 1)
	bring(t, r, c.simple("ops/a.yaml", "A", 2), stays)
	c.await(t, r, "both", runs("A", "Stays"))
	published := bring(t, r, c.simple("ops/a.yaml", "A", 3), stays)
	if diff := cmp.Diff([]string{"ops/a.yaml"}, published.Changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	want := canonical(t, r, c.Expr(3))
	c.await(t, r, "the new expression", func(running []rules.RunningRule) bool {
		return runs("A", "Stays")(running) && slices.ContainsFunc(running, func(rule rules.RunningRule) bool {
			return rule.Group == "A" && canonical(t, r, rule.Rule.Expr) == want
		})
	})
}

func removes(t *testing.T, c RulerCase) {
	r := c.Open(t)
	stays := c.simple("ops/stays.yaml", "Stays", 1)
	bring(t, r, stays, c.simple("ops/goes.yml", "Goes", 2))
	c.await(t, r, "both", runs("Goes", "Stays"))
	published, err := r.Publish(t.Context(), []rules.RuleFile{stays})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ops/goes.yml"}, published.Changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	// A rule that still runs is still known by its file: or it would be called gone.
	running, err := r.Running(t.Context(), "Goes")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range running {
		if rule.Path != "ops/goes.yml" {
			t.Errorf("a removed file's rule is listed with the path %q, want ops/goes.yml", rule.Path)
		}
	}
	bring(t, r, stays)
	c.await(t, r, "only what stays", runs("Stays"))
}

func writesNothing(t *testing.T, c RulerCase) {
	r := c.Open(t)
	files := []rules.RuleFile{c.simple("ops/a.yaml", "A", 1), c.simple("ops/b.yaml", "B", 2)}
	bring(t, r, files...)
	before := c.Writes(t)
	for _, again := range []rules.Ruler{r, c.Open(t)} {
		published := bring(t, again, files...)
		if diff := cmp.Diff(rules.Published{}, published); diff != "" {
			t.Errorf("published (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(before, c.Writes(t)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
	bring(t, r, files[0])
	if before == c.Writes(t) {
		t.Error("the test cannot see writes")
	}
}

func leavesBad(t *testing.T, c RulerCase) {
	r := c.Open(t)
	bring(t, r, c.simple("ops/a.yaml", "A", 1))
	bad := rules.RuleFile{Path: "ops/a.yaml", ID: "bad", Content: []byte("groups: nonsense"), Bad: true}
	neverGood := rules.RuleFile{Path: "ops/never.yaml", ID: "bad", Content: []byte("groups: nonsense"), Bad: true}
	published := bring(t, r, bad, neverGood, c.simple("ops/b.yaml", "B", 2))
	if diff := cmp.Diff(rules.Published{Changed: []string{"ops/b.yaml"}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	c.await(t, r, "the old rule and the new file", runs("A", "B"))
}

func remembers(t *testing.T, c RulerCase) {
	bring(t, c.Open(t), c.simple("ops/a.yaml", "A", 1), c.simple("ops/b.yaml", "B", 2))
	r := c.Open(t)
	c.await(t, r, "both, with their paths", func(running []rules.RunningRule) bool {
		return runs("A", "B")(running) && !slices.ContainsFunc(running, func(rule rules.RunningRule) bool { return rule.Path == "" })
	})
	published := bring(t, r, c.simple("ops/b.yaml", "B", 3))
	if diff := cmp.Diff(rules.Published{Changed: []string{"ops/a.yaml", "ops/b.yaml"}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	c.await(t, r, "only B", runs("B"))
}
