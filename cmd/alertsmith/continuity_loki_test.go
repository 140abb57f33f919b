package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// TestContinuityLoki makes changes to rules whose alerts are firing or pending in a real Loki, as TestContinuity does in Prometheus.
func TestContinuityLoki(t *testing.T) { //nolint:tparallel // the parts have one rulebook
	t.Parallel()
	needRulers(t, "loki")
	dir := t.TempDir()
	loki, err := local.StartLoki(t.Context(), local.LokiOptions{
		Dir: filepath.Join(dir, "loki"), RulesDir: filepath.Join(dir, "loki-rules"), PollInterval: time.Second, EvaluationInterval: evaluation,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loki.Kill)
	s := newSystem(t, "--loki.url="+loki.URL, "--loki.rules-dir="+filepath.Join(dir, "loki-rules", local.Tenant))
	s.start()

	for _, test := range []continuityCase{
		{name: "expr-fewer", change: `edit NAME expr='label_replace(vector(1), "i", "2", "", "")'`, foretold: "keeps 3 firing alerts, as far as", kept: 1},
		{name: "for", change: "edit NAME for=1h", foretold: "holds back 3 firing alerts: they resolve and page again when", kept: 3, state: "pending"},
		{name: "for-shorter", add: three + " for=2s", change: "edit NAME for=1s", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "annotation", change: `edit NAME summary="something else"`, foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "interval", change: "edit NAME interval=2s", foretold: "keeps 3 firing alerts.", kept: 3},
		{name: "label", change: "edit NAME severity=ticket", foretold: "resets 3 firing alerts: they resolve and page again at the next evaluation.", reset: 3},
		{name: "label-and-for", change: "edit NAME severity=ticket for=20m", foretold: "resets 3 firing alerts: they resolve and page again after 20m.", reset: 3, state: "pending"},
		{name: "rename", change: "rename NAME NAME-new", now: "NAME-new", foretold: "resets 3 firing alerts", reset: 3},
		{name: "group", change: "move NAME group=elsewhere", foretold: "resets 3 firing alerts", reset: 3},
		{name: "namespace", change: "move NAME namespace=elsewhere", foretold: "resets 3 firing alerts", reset: 3},
		{name: "delete", change: "delete NAME", foretold: "ends 3 firing alerts."},
		{name: "pending", add: "expr='vector(1)' for=1h", change: "edit NAME for=2h summary=x", foretold: "keeps 1 pending alert.", kept: 1},
		{name: "pending-past", add: "expr='vector(1)' for=1h", change: "edit NAME for=1ms", foretold: "It makes 1 pending alert fire at the next evaluation.", kept: 1, state: "firing"},
		{name: "pending-label", add: "expr='vector(1)' for=1h", change: "edit NAME severity=ticket", foretold: "resets 1 pending alert: they begin anew.", reset: 1},
		{name: "other-rule", change: "add other expr=vector(1) group=NAME", foretold: "", kept: 3},
	} {
		t.Run(test.name, func(t *testing.T) { test.happen(t, s, loki.URL+"/prometheus") })
	}
	s.stop()
}
