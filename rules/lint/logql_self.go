package lint

import (
	"fmt"
	"regexp"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlSelf = Check{
	Name:     "logql-self",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a rule over Loki's or Grafana's own log whose line filters also find the rule's own query there",
	Why:      "both write every query that they evaluate into their log (Loki: msg=\"evaluating rule\" … query=…), so the rule counts itself, fires, and never stops",
	Bad: `groups:
- name: loki
  rules:
  - alert: LokiPanics
    expr: sum by (job) (count_over_time({job="loki"} |= "panic" [5m])) > 0
`,
	Good: `groups:
- name: loki
  rules:
  - alert: LokiPanics
    expr: sum by (job) (count_over_time({job="loki"} |= "panic" != "query=" [5m])) > 0
`,
	find: func(s *subject) []finding {
		line := fmt.Sprintf("level=info caller=compat.go:67 component=ruler user=fake rule_name=%q rule_type=alerting query=%q query_hash=1 msg=\"evaluating rule\"", s.Rule.Name(), s.Rule.Expr)
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if !ownLog(r.Left.Matchers()) || !passesLineFilters(stages(r), line) {
				continue
			}
			f := s.inRange(r).says("Loki and Grafana log this very query, and it counts those lines too")
			if f.end > 0 {
				f = mended(f, s.Rule.Expr[:f.start]+`!= "query=" `+s.Rule.Expr[f.start:])
			}
			found = append(found, f)
		}
		return found
	},
}

var lokiOrGrafana = regexp.MustCompile(`(?i)loki|grafana|ruler`)

// ownLog reports whether a selector asks for the streams of Loki or Grafana.
func ownLog(matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) && lokiOrGrafana.MatchString(m.Value) {
			return true
		}
	}
	return false
}

// passesLineFilters reports whether a line gets through a pipeline that has a line filter and no label filter.
func passesLineFilters(pipeline syntax.MultiStageExpr, line string) bool {
	filters := 0
	for _, stage := range pipeline {
		switch stage := stage.(type) {
		case *syntax.LineFilterExpr:
			filters++
			filter, err := stage.Filter()
			if err != nil || !filter.Filter([]byte(line)) {
				return false
			}
		case *syntax.LabelFilterExpr:
			return false
		}
	}
	return filters > 0
}
