package lint

import (
	"fmt"
	"regexp"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlStreamFilter = Check{
	Name:     "logql-stream-filter",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a label filter before any parser, on a label that streams usually have: {job=\"syslog\"} | host=\"db1\"",
	Why:      "a label of the stream in the selector is looked up in the index; behind a bar it is compared line by line, after the lines of all other streams were read too",
	Bad: `groups:
- name: db
  rules:
  - alert: DatabaseErrors
    expr: sum by (host) (count_over_time({job="syslog"} | host="db1" |= "I/O error" [5m])) > 0
`,
	Good: `groups:
- name: db
  rules:
  - alert: DatabaseErrors
    expr: sum by (host) (count_over_time({job="syslog", host="db1"} |= "I/O error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, pipeline := range nodesOf[*syntax.PipelineExpr](s.log) {
			asked := map[string]bool{}
			for _, m := range pipeline.Left.Mts {
				asked[m.Name] = true
			}
			for _, stage := range pipeline.MultiStages {
				if _, formats := stage.(*syntax.LabelFmtExpr); formats || parses(stage) {
					break
				}
				filter, ok := stage.(*syntax.LabelFilterExpr)
				if !ok {
					continue
				}
				m := textMatcher(filter.LabelFilterer)
				if m != nil && (asked[m.Name] || usualInStreams.MatchString(m.Name)) && !(m.Type == labels.MatchEqual && m.Value == "") {
					found = append(found, s.inMatcher(m).says(fmt.Sprintf("%s is cheaper within the braces, if %s is a label of the streams", m, m.Name)))
				}
			}
		}
		return found
	},
}

// usualInStreams are labels that agents and Loki's documentation give to streams, not to single lines (which can have labels of their own:
// structured metadata).
var usualInStreams = regexp.MustCompile(`^(job|app|application|service|service_name|namespace|pod|container|cluster|env|environment|host|hostname|instance|node|unit|filename|stream|component|region|datacenter)$`)
