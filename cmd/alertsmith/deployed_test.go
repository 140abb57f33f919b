package main

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

const (
	prometheusRules = "../../deploy/alertsmith-prometheus-rules.yaml"
	lokiRules       = "../../deploy/alertsmith-loki-rules.yaml"
)

// TestDeployedRulesAreGood holds the rules that watch Alertsmith to its own checks.
func TestDeployedRulesAreGood(t *testing.T) {
	t.Parallel()
	for file, dialect := range map[string]expr.Dialect{prometheusRules: expr.PromQL, lokiRules: expr.LogQL} {
		output, err := exec.CommandContext(t.Context(), "alertsmith", "check", "--fail-on=info", "--dialect="+string(dialect), file).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, output)
		}
	}
}

// TestDeployedRulesFire holds them to promtool, and to what they are to do on series that are well and on such that are not.
func TestDeployedRulesFire(t *testing.T) {
	t.Parallel()
	needRulers(t, "promtool")
	promtool, err := findRuler("promtool")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "rules", prometheusRules}, {"test", "rules", "../../deploy/testdata/alertsmith-prometheus-rules.test.yaml"}} {
		if output, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", args, err, output)
		}
	}
}

// TestCountersBegin holds that every counter whose increase the rules, the dashboard or the README ask for is there before anything is counted: Prometheus
// takes the first sample of a series for no increase, so that a burst which a series begins with would be hidden.
func TestCountersBegin(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.begin(bot.Commands, []journal.SinkConfig{{Name: "log"}})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string][]map[string]string{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			pairs := map[string]string{}
			for _, pair := range metric.GetLabel() {
				pairs[pair.GetName()] = pair.GetValue()
			}
			begun[f.GetName()] = append(begun[f.GetName()], pairs)
		}
	}
	queries, _ := queries(t)
	asked := 0
	for _, query := range append(queries, "increase(alertsmith_panics_total[1h]) > 0") {
		parsed, err := expr.ParsePromQL(query)
		if err != nil {
			t.Fatal(err)
		}
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			selector, is := node.(*parser.VectorSelector)
			if !is || !strings.HasSuffix(selector.Name, "_total") {
				return nil
			}
			asked++
			if !slices.ContainsFunc(begun[selector.Name], func(pairs map[string]string) bool {
				return !slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
					return !slices.Contains([]string{"__name__", "job", "instance"}, m.Name) && !m.Matches(pairs[m.Name])
				})
			}) {
				t.Errorf("%s: no series of %s is there before the first is counted", query, selector)
			}
			return nil
		})
	}
	if asked < 3 {
		t.Errorf("%d counters are asked for", asked)
	}
	for _, c := range bot.Commands {
		if !slices.ContainsFunc(begun["alertsmith_commands_total"], func(pairs map[string]string) bool {
			return pairs["command"] == c.Name && pairs["result"] == string(rules.DeniedResult)
		}) {
			t.Errorf("refusals of %s are not counted from the start", c.Name)
		}
	}
}

// TestDeployedQueriesNameMetrics holds that every metric and label that the rules and the dashboard name is there.
func TestDeployedQueriesNameMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.observe(t.Context(), exampleStatus)
	m.commanded("add", rules.Success, time.Second)
	m.told("log", nil)
	known := seriesLabels(t, m.registry)
	known["up"] = nil
	promQL, _ := queries(t)
	for _, query := range promQL {
		parsed, err := expr.ParsePromQL(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var names, labels []string
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				names = append(names, n.Name)
				for _, m := range n.LabelMatchers {
					labels = append(labels, m.Name)
				}
			case *parser.AggregateExpr:
				labels = append(labels, n.Grouping...)
			}
			return nil
		})
		allowed := []string{"__name__", "job", "instance"}
		for _, name := range names {
			has, there := known[name]
			if !there {
				t.Errorf("%s: there is no metric %s", query, name)
			}
			allowed = append(allowed, has...)
		}
		for _, label := range labels {
			if !slices.Contains(allowed, label) {
				t.Errorf("%s: %q have no label %s", query, names, label)
			}
		}
	}
}

// seriesLabels returns the labels of every series that a registry has.
func seriesLabels(t *testing.T, registry *prometheus.Registry) map[string][]string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	for _, f := range families {
		var labels []string
		for _, pair := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, pair.GetName())
		}
		known[f.GetName()] = labels
		if f.GetMetric()[0].GetHistogram() != nil {
			known[f.GetName()+"_bucket"] = append(slices.Clone(labels), "le")
		}
	}
	return known
}

// TestDeployedQueriesNameFields holds that every field of the journal's lines that the rules, the dashboard and its annotations name is there.
func TestDeployedQueriesNameFields(t *testing.T) {
	t.Parallel()
	var line map[string]any
	example := journal.TellingObject{JournalObject: rules.JournalObject{Action: "add", Ruler: "loki", State: "LIVE", Revision: "abc"}}
	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatal(err)
	}
	fields := []string{"job", "__error__"}
	for name, value := range line {
		fields = append(fields, name)
		if nested, is := value.(map[string]any); is { // as Loki's parser json names them
			for inner := range nested {
				fields = append(fields, name+"_"+inner)
			}
		}
	}
	named := regexp.MustCompile(`([a-z_]+)(?:=~|!=|!~|=)"|by \(([a-z_, ]+)\)|\{\{\.([a-z_]+)\}\}`)
	_, logQL := queries(t)
	for _, query := range logQL {
		for _, m := range named.FindAllStringSubmatch(query, -1) {
			for name := range strings.SplitSeq(m[1]+m[2]+m[3], ", ") {
				if !slices.Contains(fields, name) {
					t.Errorf("%s: a line of the journal has no field %s; it has %q", query, name, fields)
				}
			}
		}
	}
}
