package lint

import (
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// callValues are the bounds of functions whose arguments do not matter.
var callValues = map[string]bounds{
	"abs": notNegative, "absent": one, "absent_over_time": one, "changes": notNegative, "count_over_time": oneOrMore,
	"day_of_month": {low: 1, high: 31}, "day_of_week": {low: 0, high: 6}, "day_of_year": {low: 1, high: 366}, "days_in_month": {low: 28, high: 31},
	"exp": notNegative, "histogram_count": notNegative, "histogram_fraction": zeroOrOne, "histogram_stddev": notNegative, "histogram_stdvar": notNegative,
	"hour": {low: 0, high: 23}, "increase": notNegative, "irate": notNegative, "minute": {low: 0, high: 59}, "month": {low: 1, high: 12},
	"pi": exactly(math.Pi), "present_over_time": one, "rate": notNegative, "resets": notNegative, "sgn": {low: -1, high: 1}, "sqrt": notNegative,
	"stddev_over_time": notNegative, "stdvar_over_time": notNegative,
}

// unchanged are the functions whose values are among those of their last argument.
var unchanged = map[string]bool{
	"avg_over_time": true, "first_over_time": true, "last_over_time": true, "max_over_time": true, "min_over_time": true,
	"scalar": true, "sort": true, "sort_desc": true, "vector": true,
}

func promValuesOfCall(e *parser.Call) bounds {
	if v, known := callValues[e.Func.Name]; known {
		return v
	}
	if len(e.Args) == 0 {
		return anyValue
	}
	first := promValues(e.Args[0])
	switch name := e.Func.Name; {
	case unchanged[name]:
		return promValues(e.Args[len(e.Args)-1])
	case name == "label_replace", name == "label_join":
		return first
	case name == "sum_over_time":
		return summed(first)
	case name == "ceil":
		return first.through(math.Ceil)
	case name == "floor":
		return first.through(math.Floor)
	case name == "clamp_min":
		return first.atLeast(promValues(e.Args[1]))
	case name == "clamp_max":
		return first.atMost(promValues(e.Args[1]))
	case name == "clamp":
		return first.atMost(promValues(e.Args[2])).atLeast(promValues(e.Args[1]))
	}
	return anyValue
}

// rangeName returns the name of the metric that a range is taken of; "" when it has none.
func rangeName(e *parser.MatrixSelector) string {
	if selector, ok := e.VectorSelector.(*parser.VectorSelector); ok {
		return metricName(selector)
	}
	return ""
}

// metricName returns the name that a selector demands; "" when it demands none.
func metricName(e *parser.VectorSelector) string {
	if e.Name != "" {
		return e.Name
	}
	for _, m := range e.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}
