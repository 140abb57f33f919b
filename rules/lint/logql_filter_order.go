package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlFilterOrder = Check{
	Name:     "logql-filter-order",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a line filter behind a parser and a label filter",
	Why:      "each line is taken apart before it is thrown away: a line filter costs a fraction of a parser and belongs in front. Loki moves it there by itself, but never past a label filter",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiTimeouts
    expr: sum by (job) (count_over_time({job="api"} | logfmt | level="error" |= "timeout" [5m])) > 0
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiTimeouts
    expr: sum by (job) (count_over_time({job="api"} |= "timeout" | logfmt | level="error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, pipeline := range nodesOf[*syntax.PipelineExpr](s.log) {
			parsed, stuck := false, false
			for _, stage := range pipeline.MultiStages {
				_, isLabel := stage.(*syntax.LabelFilterExpr)
				filter, isLine := stage.(*syntax.LineFilterExpr)
				if rewrites(stage) {
					break
				}
				parsed, stuck = parsed || parses(stage), stuck || parsed && isLabel
				if isLine && stuck {
					found = append(found, s.inFront(s.inFilter(filter)).says(fmt.Sprintf("%s would be cheaper in front of the parser", filter)))
				}
			}
		}
		return found
	},
}

// parserWords are the beginnings of stages that parse.
var parserWords = regexp.MustCompile(`\|\s*(?:json|logfmt|regexp|pattern|unpack)\b`)

// inFront returns a finding about a filter with the expression that has it in front of the only parser before it as the fix.
func (s *subject) inFront(f finding) finding {
	parsers := parserWords.FindAllStringIndex(s.Rule.Expr[:f.start], 2)
	if len(parsers) != 1 {
		return f
	}
	at := parsers[0][0]
	return mended(f, s.Rule.Expr[:at]+s.Rule.Expr[f.start:f.end]+" "+strings.TrimRight(s.Rule.Expr[at:f.start], " ")+s.Rule.Expr[f.end:])
}
