package ruler

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// lookInPrometheus asks Prometheus (3.15 was tried) for the series of a selector, and for the type of its metric where that matters.
func lookInPrometheus(ctx context.Context, x *examination, read expr.Read) error {
	matching := x.lately(read.Selector)
	matching.Set("limit", strconv.Itoa(maxSeries+1))
	var series struct {
		Data []struct{} `json:"data"`
	}
	if err := x.get(ctx, []string{"api", "v1", "series"}, matching, &series); err != nil {
		return err
	}
	switch n := len(series.Data); {
	case n == 0:
		return x.missingSeries(ctx, read)
	case n > maxSeries:
		x.reads(rules.SeverityInfo, read, fmt.Sprintf("more than %d series", maxSeries))
	default:
		x.reads(rules.SeverityInfo, read, fmt.Sprintf("%d series", n))
	}
	return x.typeFits(ctx, read)
}

// lately returns the parameters that ask for what a selector had within the last hour.
func (x *examination) lately(selector string) url.Values {
	return url.Values{"match[]": {selector}, "start": {strconv.FormatInt(x.now.Add(-recently).Unix(), 10)}, "end": {strconv.FormatInt(x.now.Unix(), 10)}}
}

// missingSeries finds out what of a selector Prometheus does not know.
func (x *examination) missingSeries(ctx context.Context, read expr.Read) error {
	what := fmt.Sprintf("had no series within %s", rules.FormatDuration(recently))
	metrics := url.Values{"limit": {strconv.Itoa(maxValues)}}
	if read.Metric != "" {
		names, err := x.list(ctx, []string{"api", "v1", "label", "__name__", "values"}, metrics)
		if err != nil {
			return err
		}
		if !slices.Contains(names, read.Metric) {
			x.missing(read, what, read.Metric, names)
			return nil
		}
	}
	within := url.Values{}
	if read.Metric != "" {
		within = x.lately("{__name__=" + strconv.Quote(read.Metric) + "}")
	}
	typed, known, err := unknown(read.Matchers,
		func() ([]string, error) { return x.list(ctx, []string{"api", "v1", "labels"}, within) },
		func(label string) ([]string, error) {
			return x.list(ctx, []string{"api", "v1", "label", label, "values"}, within)
		})
	if err == nil {
		x.missing(read, what, typed, known)
	}
	return err
}

// forCounters and forGauges are functions that make sense of one type of metric only.
var (
	forCounters = []string{"rate", "irate", "increase", "resets"}
	forGauges   = []string{"delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"}
)

// typeFits compares a function with the metric's type, as its exporter tells it.
func (x *examination) typeFits(ctx context.Context, read expr.Read) error {
	counter, gauge := slices.Contains(forCounters, read.Function), slices.Contains(forGauges, read.Function)
	if read.Metric == "" || !counter && !gauge {
		return nil
	}
	var metadata struct {
		Data map[string][]struct {
			Type string `json:"type"`
		} `json:"data"`
	}
	if err := x.get(ctx, []string{"api", "v1", "metadata"}, url.Values{"metric": {read.Metric}, "limit": {"1"}}, &metadata); err != nil {
		return err
	}
	told := metadata.Data[read.Metric]
	for _, t := range told {
		switch {
		case t.Type == "gauge" && counter:
			f := x.find(checkType, rules.SeverityWarning, read, fmt.Sprintf("%s is a gauge, and %s is for counters", read.Metric, read.Function),
				"it takes each time that the value falls for a restart from zero, and shows a rise that never was")
			if read.Function == "rate" || read.Function == "increase" {
				instead := map[string]string{"rate": "deriv", "increase": "delta"}[read.Function]
				if fixed := strings.Replace(x.entry.Rule.Expr, read.Function+"("+read.Text, instead+"("+read.Text, 1); fixed != x.entry.Rule.Expr {
					f.Fix = fixed
				}
			}
			return nil
		case t.Type == "counter" && gauge:
			x.find(checkType, rules.SeverityWarning, read, fmt.Sprintf("%s is a counter, and %s is for gauges", read.Metric, read.Function),
				"a counter begins at zero again when its program is restarted, which looks like a great fall")
			return nil
		}
	}
	return nil
}
