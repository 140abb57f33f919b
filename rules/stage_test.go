package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// walked returns the stages of an outcome in a line; one that failed has an exclamation mark.
func walked(o rules.Outcome) string {
	var names []string
	for _, s := range o.Stages {
		if s.Failed {
			s.Name += "!"
		}
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// TestOutcomeTellsItsStages holds that an outcome has each step once, in the order in which they were walked, and which of them failed.
func TestOutcomeTellsItsStages(t *testing.T) {
	t.Parallel()
	const brought = "planned, checked, asked, committed, published, reloaded, live"
	b := newBench(t)
	if got := walked(b.Apply(t.Context(), request("r1"), nodeDown("x"))); got != brought {
		t.Errorf("a change that is live: %s", got)
	}
	if got := walked(b.Apply(t.Context(), request("r2"), nodeDown("x"))); got != "planned!" {
		t.Errorf("a change that cannot be planned: %s", got)
	}
	if got := walked(b.Draft(t.Context(), nodeDown("y"))); got != "planned, checked" {
		t.Errorf("a dry run: %s", got)
	}
	b.prometheus.Set(refuses("bad"))
	if got := walked(b.Apply(t.Context(), request("r3"), nodeDown("bad"))); got != "planned, checked, asked, committed, published, reloaded!, put back, undone" {
		t.Errorf("a change that the ruler refuses: %s", got)
	}
	b.prometheus.Set(down)
	if got := walked(b.Apply(t.Context(), request("r4"), nodeDown("late"))); got != "planned, checked, asked, committed, published!" {
		t.Errorf("a change that waits: %s", got)
	}
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = nil })
	b.run(t)
	if got := walked(b.waitSettled(t).Outcome); got != "planned, checked, asked, committed, published!, live" {
		t.Errorf("when it is live: %s", got)
	}
}

// TestOutcomeTellsTemplatesAndAcceptances holds that what a change newly accepts is told, and what its rules were made from.
func TestOutcomeTellsTemplatesAndAcceptances(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/x.yaml": []byte(
		"groups:\n  - name: x\n    rules:\n      - alert: x\n        # template: node-down v3 job=node\n        # accept: duplicate reason=\"known\"\n        expr: up == 0\n")}})
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	edit := rules.Edit{Address: "x", Alteration: rules.Alteration{Options: rules.Options{Accept: []rules.Acceptance{{Check: "promql-fragile", Until: until, Reason: "it is meant"}}}}}
	out := b.Apply(t.Context(), request("r1"), edit)
	if got, want := fmt.Sprint(out.Templates, out.Accepted), fmt.Sprint([]rules.TemplateUse{{Name: "node-down", Version: 3}}, edit.Options.Accept); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
