package templates_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestPromQL runs the tests of all PromQL templates through promtool: each with a file for its rule and one for itself, in one run.
func TestPromQL(t *testing.T) {
	t.Parallel()
	promtool := need(t, "promtool")
	dir := t.TempDir()
	args := []string{"test", "rules"}
	for i, test := range unitTests(t, expr.PromQL) {
		ruleFile, testFile := filepath.Join(dir, fmt.Sprintf("rule%d.yaml", i)), filepath.Join(dir, fmt.Sprintf("test%d.yaml", i))
		item := "      " + strings.ReplaceAll(strings.TrimSpace(test.rule.YAML()), "\n", "\n      ")
		write(t, ruleFile, "groups:\n  - name: template\n    rules:\n"+item+"\n")
		write(t, testFile, promtoolTest(t, ruleFile, test))
		args = append(args, testFile)
	}
	output, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, output)
	}
}

// promtoolTest returns a test as promtool reads it.
func promtoolTest(t *testing.T, ruleFile string, test unitTest) string {
	t.Helper()
	moments := []map[string]any{}
	for _, moment := range test.Alerts {
		alerts := []map[string]any{}
		for _, alert := range moment.Alerts {
			alerts = append(alerts, map[string]any{"exp_labels": alert.Labels, "exp_annotations": alert.Annotations})
		}
		moments = append(moments, map[string]any{"eval_time": moment.At.String(), "alertname": test.rule.Alert, "exp_alerts": alerts})
	}
	series := []map[string]any{}
	for _, s := range test.Series {
		series = append(series, map[string]any{"series": s.Series, "values": s.Values})
	}
	content, err := yaml.Marshal(map[string]any{
		"rule_files": []string{ruleFile}, "evaluation_interval": test.Interval.String(),
		"tests": []map[string]any{{"name": test.name, "interval": test.Interval.String(), "input_series": series, "alert_rule_test": moments}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
