package expr

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selection is what one selector of a PromQL expression takes series by.
type Selection struct{ matchers []*labels.Matcher }

// alertSeries are the series that a Prometheus writes of its alerts, one for each, with the alert's name as the label alertname.
var alertSeries = []string{"ALERTS", "ALERTS_FOR_STATE"}

// Selections returns what the selectors of an expression take series by. LogQL selects no series: it has none. Errors are *SyntaxError.
func (d Dialect) Selections(expression string) ([]Selection, error) {
	if d != PromQL {
		return nil, nil
	}
	parsed, err := ParsePromQL(expression)
	if err != nil {
		return nil, err
	}
	var found []Selection
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found = append(found, Selection{selector.LabelMatchers})
		}
		return nil
	})
	return found, nil
}

// Metric reports whether the selection takes series of this name, and not those of every name.
func (s Selection) Metric(name string) bool { return s.chooses(model.MetricNameLabel, name) }

// Alert reports whether the selection takes what a Prometheus writes of an alert of this name, and not that of every alert.
func (s Selection) Alert(name string) bool {
	return (s.Metric(alertSeries[0]) || s.Metric(alertSeries[1])) && s.chooses(model.AlertNameLabel, name)
}

// chooses reports whether the matchers of a label take a value, and not any.
func (s Selection) chooses(label, value string) bool {
	const nobody = "\x00" // nothing is called so
	return s.takes(label, value) && !s.takes(label, nobody)
}

// takes reports whether every matcher of a label takes a value.
func (s Selection) takes(label, value string) bool {
	for _, m := range s.matchers {
		if m.Name == label && !m.Matches(value) {
			return false
		}
	}
	return true
}
