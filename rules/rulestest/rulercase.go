package rulestest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// simple returns a file with one group of one alerting rule, both of that name.
func (c RulerCase) simple(path, name string, n int) rules.RuleFile {
	return ruleFile(path, name, fmt.Sprintf("\n  rules: [{alert: %q, expr: '%s'}]", name, c.Expr(n)))
}

func ruleFile(path, group, rest string) rules.RuleFile {
	content := fmt.Sprintf("groups:\n- name: %q%s\n", group, rest)
	return rules.RuleFile{Path: path, ID: content, Content: []byte(content)}
}

// bring publishes and reloads, as the applier does.
func bring(t *testing.T, r rules.Ruler, files ...rules.RuleFile) rules.Published {
	t.Helper()
	published, err := r.Publish(t.Context(), files)
	if err != nil {
		t.Fatalf("publish: %v", err)
	}
	if err := r.Reload(t.Context()); err != nil {
		t.Fatalf("reload: %v", err)
	}
	return published
}

// await asks what runs until it is as wanted.
func (c RulerCase) await(t *testing.T, r rules.Ruler, what string, wanted func([]rules.RunningRule) bool) []rules.RunningRule {
	t.Helper()
	deadline := time.Now().Add(c.Patience)
	for {
		running, err := r.Running(t.Context())
		if err == nil && wanted(running) {
			return running
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s; runs %+v, %v", c.Patience, what, running, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// runs is the wish that exactly these groups run, healthily.
func runs(names ...string) func([]rules.RunningRule) bool {
	return func(running []rules.RunningRule) bool {
		return slices.Equal(groups(running), names) && !slices.ContainsFunc(running, func(r rules.RunningRule) bool { return !healthy(r) })
	}
}

func healthy(r rules.RunningRule) bool { return r.Health == "ok" && !r.LastEvaluation.IsZero() }

func groups(running []rules.RunningRule) []string {
	names := []string{}
	for _, r := range running {
		names = append(names, r.Group)
	}
	slices.Sort(names)
	return names
}

func canonical(t *testing.T, r rules.Ruler, expression string) string {
	t.Helper()
	printed, err := r.Info().Dialect.Canonical(expression)
	if err != nil {
		t.Fatalf("%s does not parse: %v", expression, err)
	}
	return printed
}
