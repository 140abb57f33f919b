package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlCase = Check{
	Name:     "logql-case",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a log level that is looked for in one case only: level=\"ERROR\", |= \"ERROR\"",
	Why:      "programs write ERROR, error and Error, often several within one stream, and Loki compares letter by letter: the others are not counted",
	Bad: `groups:
- name: shop
  rules:
  - alert: ShopErrors
    expr: sum by (job) (count_over_time({job="shop"} | logfmt | level="ERROR" [5m])) > 0
`,
	Good: `groups:
- name: shop
  rules:
  - alert: ShopErrors
    expr: sum by (job) (count_over_time({job="shop"} | logfmt | level=~"(?i)error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			for _, stage := range stages(r) {
				switch stage := stage.(type) {
				case *syntax.LabelFilterExpr:
					found = append(found, s.levelsInOneCase(stage.LabelFilterer)...)
				case *syntax.LineFilterExpr:
					found = append(found, s.linesInOneCase(stage)...)
				}
			}
		}
		return found
	},
}

// levels are the names of log levels, and nothing beside them.
var levels = regexp.MustCompile(`(?i)^\(?(?:(?:trace|debug|info|notice|warn|warning|err|error|crit|critical|alert|emerg|fatal|panic|severe)(?:\||\)?$))+`)

// inCapitals reports whether a text is names of levels that are not all in small letters, as most programs write them.
func inCapitals(text string) bool { return levels.MatchString(text) && strings.ToLower(text) != text }

// levelsInOneCase finds label filters by levels of one case.
func (s *subject) levelsInOneCase(filter log.LabelFilterer) []finding {
	var found []finding
	for _, part := range labelFilters(filter) {
		m := textMatcher(part)
		if m == nil || !inCapitals(m.Value) || m.Name == "detected_level" { // Loki itself writes that one, in small letters
			continue
		}
		operator := labels.MatchRegexp
		if m.Type == labels.MatchNotEqual || m.Type == labels.MatchNotRegexp {
			operator = labels.MatchNotRegexp
		}
		found = append(found, s.writing(s.inMatcher(m), m.Name+operator.String()+quoted("(?i)"+strings.ToLower(m.Value))).
			says(fmt.Sprintf("%s compares with this case only", m)))
	}
	return found
}

// linesInOneCase finds line filters by levels of one case.
func (s *subject) linesInOneCase(stage *syntax.LineFilterExpr) []finding {
	var found []finding
	for _, filter := range lineFilters(stage) {
		operator := map[log.LineMatchType]string{log.LineMatchEqual: "|~", log.LineMatchRegexp: "|~", log.LineMatchNotEqual: "!~", log.LineMatchNotRegexp: "!~"}[filter.Ty]
		isText := filter.Ty == log.LineMatchEqual || filter.Ty == log.LineMatchNotEqual
		if operator == "" || filter.Op != "" || filter.Or != nil || !inCapitals(filter.Match) || isText && strings.ContainsAny(filter.Match, "|()") {
			continue
		}
		found = append(found, s.writing(s.inFilter(filter), operator+" "+quoted("(?i)"+strings.ToLower(filter.Match))).
			says(fmt.Sprintf("%q finds this case only", filter.Match)))
	}
	return found
}
