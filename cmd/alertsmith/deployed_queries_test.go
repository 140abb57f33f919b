package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

const dashboardFile = "../../deploy/grafana-dashboard.json"

// TestDeployedQueriesParse gives every query of the deployed rules and of the dashboard to the parser of Prometheus or of Loki, and has Loki build the
// pipelines of those in LogQL, which also refuses bad regular expressions and templates.
func TestDeployedQueriesParse(t *testing.T) {
	t.Parallel()
	promQL, logQL := queries(t)
	for _, query := range promQL {
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	lines, samples := 0, 0
	for _, query := range logQL {
		parsed, err := syntax.ParseExpr(query)
		switch parsed := parsed.(type) {
		case syntax.LogSelectorExpr:
			lines++
			_, err = parsed.Pipeline()
		case syntax.SampleExpr:
			samples++
			_, err = parsed.Extractors()
		}
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	if len(promQL) < 20 || lines < 2 || samples < 3 {
		t.Errorf("%d queries in PromQL, and in LogQL %d of lines and %d of samples", len(promQL), lines, samples)
	}
}

// queries returns the expressions of the deployed rules and of the dashboard, by language.
func queries(t *testing.T) (promQL, logQL []string) {
	t.Helper()
	for file, into := range map[string]*[]string{prometheusRules: &promQL, lokiRules: &logQL} {
		var content struct {
			Groups []struct {
				Rules []struct{ Expr string }
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &content); err != nil {
			t.Fatal(err)
		}
		for _, g := range content.Groups {
			for _, r := range g.Rules {
				*into = append(*into, r.Expr)
			}
		}
	}
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var dashboard any
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	if odd := collect(dashboard, "", found); len(odd) > 0 {
		t.Errorf("queries of the dashboard that are in no known form: %q", odd)
	}
	promQL, logQL = append(promQL, found["prometheus"]...), append(logQL, found["loki"]...)
	delete(found, "prometheus")
	delete(found, "loki")
	if len(found) > 0 {
		t.Errorf("queries of the dashboard for neither of the two: %q", found)
	}
	return promQL, logQL
}

// variableForm is how a variable of a dashboard asks for its values; the query itself may be missing: label_values(instance).
var variableForm = regexp.MustCompile(`^(?:label_values\((?:(.+), *)?\w+|query_result\((.+))\)$`)

// collect adds the queries in a part of a dashboard by the kind of their data source, which is that of the nearest part around that names one: those of
// panels, also in rows, of annotations and of variables. It returns the targets and variables that it cannot read.
func collect(part any, source string, found map[string][]string) (odd []string) {
	list, _ := part.([]any)
	for _, inner := range list {
		odd = append(odd, collect(inner, source, found)...)
	}
	object, is := part.(map[string]any)
	if !is {
		return odd
	}
	if named, is := object["datasource"].(map[string]any); is {
		source, _ = named["type"].(string)
	}
	query, is := object["expr"].(string)
	switch {
	case is:
	case object["type"] == "query": // a variable
		text, is := object["query"].(string)
		if fields, more := object["query"].(map[string]any); more {
			text, is = fields["query"].(string)
		}
		m := variableForm.FindStringSubmatch(text)
		if !is || m == nil {
			return append(odd, text)
		}
		if query = m[1] + m[2]; query == "" {
			return odd
		}
	case object["refId"] != nil:
		return append(odd, fmt.Sprint(object))
	default:
		for _, inner := range object {
			odd = append(odd, collect(inner, source, found)...)
		}
		return odd
	}
	plain := strings.NewReplacer("$__rate_interval", "5m", "$__auto", "5m", "$instance", ".*").Replace(query)
	found[source] = append(found[source], plain)
	return odd
}

// TestCollect finds queries wherever Grafana has them, and says which it cannot read.
func TestCollect(t *testing.T) {
	t.Parallel()
	var dashboard any
	if err := json.Unmarshal([]byte(`{
		"annotations": {"list": [{"datasource": {"type": "loki"}, "expr": "{a=\"b\"}"}, {"datasource": {"type": "prometheus"}, "target": {"expr": "in_target"}}]},
		"panels": [
			{"type": "row", "panels": [{"datasource": {"type": "prometheus"}, "targets": [{"refId": "A", "expr": "in_row"}]}]},
			{"type": "table", "datasource": {"type": "prometheus"}, "targets": [{"refId": "A", "datasource": {"type": "loki"}, "expr": "rate({a=\"c\"}[$__auto])"}]},
			{"type": "stat", "datasource": {"type": "prometheus"}, "targets": [{"refId": "B"}]}],
		"templating": {"list": [{"type": "query", "datasource": {"type": "prometheus"}, "query": "query_result(topk(1, in_variable))"},
			{"type": "query", "datasource": {"type": "loki"}, "query": {"query": "label_values({a=\"d\"}, e)"}},
			{"type": "query", "datasource": {"type": "loki"}, "query": "label_values(e)"}, {"type": "query", "query": "what(is, this)"}]}}`), &dashboard); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	odd := collect(dashboard, "", found)
	for _, queries := range found {
		slices.Sort(queries)
	}
	slices.Sort(odd)
	want := map[string][]string{"prometheus": {"in_row", "in_target", "topk(1, in_variable)"}, "loki": {`rate({a="c"}[5m])`, `{a="b"}`, `{a="d"}`}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"map[refId:B]", "what(is, this)"}, odd); diff != "" {
		t.Error(diff)
	}
}
