package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// TestContinuity makes every kind of change to rules whose alerts are firing or pending in a real Prometheus: what becomes of the alerts is
// what was foretold, by the dry run and by the change itself.
func TestContinuity(t *testing.T) { //nolint:tparallel // the parts have one rulebook, and say what happens next in it
	t.Parallel()
	needRulers(t, "prometheus")
	dir := t.TempDir()
	prometheus, err := local.StartPrometheus(t.Context(), local.PrometheusOptions{
		Dir: filepath.Join(dir, "prometheus"), RulesDir: filepath.Join(dir, "prometheus-rules"), EvaluationInterval: evaluation, Lifecycle: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prometheus.Kill)
	s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"))
	s.start()

	const fewer = `expr='label_replace(vector(1), "i", "2", "", "")'`
	for _, test := range []continuityCase{
		{name: "expr", change: `edit NAME expr='` + strings.Split(three, "'")[1] + ` or vector(2) > 3'`, foretold: "keeps 3 firing alerts, as far as", kept: 3},
		{name: "expr-fewer", change: "edit NAME " + fewer, foretold: "keeps 3 firing alerts, as far as", kept: 1},
		{name: "for", change: "edit NAME for=1h", foretold: "holds back 3 firing alerts: they resolve and page again when", kept: 3, state: "pending"},
		{name: "for-shorter", add: three + " for=2s", change: "edit NAME for=1s", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "keep-firing-for", change: "edit NAME keep_firing_for=1h", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "annotation", change: `edit NAME summary="something else"`, foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "interval", change: "edit NAME interval=2s", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "expires", change: "edit NAME expires=30d", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "yaml", change: "edit NAME\nalert: NAME\nexpr: |\n  label_replace(vector(1), \"i\", \"1\", \"\", \"\")\nlabels: {severity: page, team: web}\n", foretold: "keeps 3 firing alerts, as far as", kept: 1},
		{name: "label", change: "edit NAME severity=ticket", foretold: "resets 3 firing alerts: they resolve and page again at the next evaluation.", reset: 3},
		{name: "label-and-for", change: "edit NAME severity=ticket for=10m", foretold: "resets 3 firing alerts: they resolve and page again after 10m.", reset: 3},
		{name: "label-less", change: "edit NAME label.team=", foretold: "resets 3 firing alerts", reset: 3},
		{name: "rename", change: "rename NAME NAME-new", now: "NAME-new", foretold: "resets 3 firing alerts", reset: 3},
		{name: "group", change: "move NAME group=elsewhere", foretold: "resets 3 firing alerts", reset: 3},
		{name: "namespace", change: "move NAME namespace=elsewhere", foretold: "resets 3 firing alerts", reset: 3},
		{name: "delete", change: "delete NAME", foretold: "ends 3 firing alerts."},
		{name: "pause", change: "pause NAME", foretold: "ends 3 firing alerts."},
		{name: "pending", add: "expr='vector(1)' for=1h", change: "edit NAME for=2h summary=x", foretold: "keeps 1 pending alert.", kept: 1},
		{name: "pending-past", add: "expr='vector(1)' for=1h", change: "edit NAME for=1ms", foretold: "It makes 1 pending alert fire at the next evaluation.", kept: 1, state: "firing"},
		{name: "pending-not-past", add: "expr='vector(1)' for=2h", change: "edit NAME for=1h", foretold: "keeps 1 pending alert.", kept: 1},
		{name: "pending-at-once", add: three + " for=1h", change: "edit NAME for=", foretold: "It makes 3 pending alerts fire at the next evaluation.", kept: 3, state: "firing"},
		{
			name: "pending-past-fewer", add: three + " for=1h", change: "edit NAME for= " + fewer, kept: 1, state: "firing",
			foretold: "It makes 3 pending alerts fire at the next evaluation, as far as the new expression still returns them.",
		},
		{name: "pending-label", add: "expr='vector(1)' for=1h", change: "edit NAME severity=ticket", foretold: "resets 1 pending alert: they begin anew.", reset: 1},
		{name: "other-rule", change: "add other expr=vector(1) group=NAME", foretold: "", kept: 3},
		{
			name:     "twins", // the second of a name is deleted, and the third comes into its place; only labels tell them apart
			add:      "\ngroups:\n- name: NAME\n  rules:\n  - {alert: NAME, expr: vector(1), labels: {n: a}}\n  - {alert: NAME, expr: vector(2), labels: {n: b}}\n  - {alert: NAME, expr: vector(3), labels: {n: c}}\n",
			change:   "delete NAME#2",
			foretold: "keeps 2 firing alerts. It ends 1 firing alert.", kept: 2,
		},
		{
			name: "kept-no-more", add: "expr='vector(1)' keep_firing_for=1h", first: "edit NAME expr='vector(1) > 5'",
			change: "edit NAME keep_firing_for=", foretold: "ends 1 firing alert.",
		},
		{
			name: "kept-still", add: "expr='vector(1)' keep_firing_for=2h", first: "edit NAME expr='vector(1) > 5'",
			change: "edit NAME keep_firing_for=1h", foretold: "keeps 1 firing alert.", kept: 1,
		},
		{
			name:  "moved-back", // to where other rules stand
			add:   "\ngroups:\n- name: NAME\n  rules:\n  - {alert: NAME, expr: vector(1)}\n  - {alert: another, expr: vector(1) > 2}\n",
			first: "move NAME group=beside", change: "undo", foretold: "resets 1 firing alert", reset: 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) { test.happen(t, s, prometheus.URL) })
	}
	s.stop()
}
