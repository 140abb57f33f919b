package lint

import (
	"fmt"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlImpossible = Check{
	Name:     "logql-impossible",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "stream matchers or filters that contradict each other, or that no line passes",
	Why:      "no line can pass all of them, so there is nothing to count, ever",
	Bad: `groups:
- name: ssh
  rules:
  - alert: SshFailures
    expr: sum by (job) (count_over_time({job="sshd"} |= "Failed password" !~ "(?i)failed" [5m])) > 0
`,
	Good: `groups:
- name: ssh
  rules:
  - alert: SshFailures
    expr: sum by (job) (count_over_time({job="sshd"} |= "Failed password" !~ "(?i)invalid user" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, part := range needed(s.log) {
			if e, ok := part.(*syntax.RangeAggregationExpr); ok && e.Operation != syntax.OpRangeTypeAbsent {
				found = append(found, s.noStreams(e.Left.Left.Matchers())...)
				found = append(found, s.noLines(stages(e.Left))...)
			}
		}
		return found
	},
}

// noStreams finds matchers of one label that no value satisfies.
func (s *subject) noStreams(matchers []*labels.Matcher) []finding {
	var found []finding
	for i, m := range matchers {
		for _, other := range matchers[i+1:] {
			if m.Name == other.Name && (m.Type == labels.MatchEqual && !other.Matches(m.Value) || other.Type == labels.MatchEqual && !m.Matches(other.Value)) {
				found = append(found, s.inMatcher(other).says(fmt.Sprintf("no stream has both %s and %s", m, other)))
			}
		}
	}
	return found
}

// noLines finds a line filter that throws away whatever the filters before it ask for.
func (s *subject) noLines(pipeline syntax.MultiStageExpr) []finding {
	var asked []string
	var found []finding
	for _, stage := range pipeline {
		if rewrites(stage) {
			break
		}
		if filter, ok := stage.(*syntax.LabelFilterExpr); ok {
			if m := textMatcher(filter.LabelFilterer); m != nil && m.Type == labels.MatchNotRegexp && matchesAll(m.Value) && !m.Matches("") {
				found = append(found, s.inMatcher(m).says(fmt.Sprintf("no line passes %s", m)))
			}
		}
		line, ok := stage.(*syntax.LineFilterExpr)
		if !ok {
			continue
		}
		for _, filter := range lineFilters(line) {
			if filter.Ty == log.LineMatchEqual && filter.Or == nil && filter.Op == "" {
				asked = append(asked, filter.Match)
			}
			if _, none := passes(filter); none {
				found = append(found, s.inFilter(filter).says(fmt.Sprintf("no line passes %s %s", filter.Ty, quoted(filter.Match))))
				continue
			}
			for _, text := range asked {
				if excludes(filter, text) {
					found = append(found, s.inFilter(filter).says(fmt.Sprintf("every line that has %q is thrown away by %s %s", text, filter.Ty, quoted(filter.Match))))
				}
			}
		}
	}
	return found
}

// excludes reports whether a line filter throws away every line that has text in it.
func excludes(filter *syntax.LineFilterExpr, text string) bool {
	switch {
	case filter.Op != "": // ip("…")
		return false
	case filter.Ty == log.LineMatchNotEqual:
		return strings.Contains(text, filter.Match)
	case filter.Ty != log.LineMatchNotRegexp || anchored(filter.Match):
		return false
	}
	made, err := log.NewFilter(filter.Match, filter.Ty)
	return err == nil && !made.Filter([]byte(text)) && !made.Filter([]byte("\x01"+text+"\x02"))
}
