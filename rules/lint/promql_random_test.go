package lint

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// randomSeries are the series of a random Prometheus, each with a sample every 30 s until asked, or none of late.
type randomSeries []promql.Series

// asked is when expressions are evaluated, in milliseconds; by time(), minute() and the like it is a time as any other.
const asked = 1_700_000_000_000

// Which numbers the series have: those that the lint knows by its name can have no others.
var randomMetrics = map[string]func(r *rand.Rand, last float64) float64{
	"up":     func(r *rand.Rand, _ float64) float64 { return float64(r.IntN(2)) },
	"ALERTS": func(*rand.Rand, float64) float64 { return 1 },
	"size": func(r *rand.Rand, _ float64) float64 {
		return oneOf(r, 0, 1, 2, 0.1, 0.3, -1, -0.5, 7, 1e-300, 1e300, -1e300, math.Inf(1), math.Inf(-1), math.NaN())
	},
	"hits_total": counting,
	"d_bucket":   counting,
	"hits":       counting,
}

func counting(r *rand.Rand, last float64) float64 {
	if r.IntN(6) == 0 {
		return 0
	}
	return last + oneOf(r, 0, 0, 1, 0.3, 5)
}

func oneOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func newRandomSeries(r *rand.Rand) (series randomSeries) {
	for _, name := range slices.Sorted(maps.Keys(randomMetrics)) { // in one order: the same seed makes the same series
		for _, a := range []string{"", "1", "2"} {
			for _, b := range []string{"", "1", "2"} {
				if r.IntN(2) == 0 {
					continue
				}
				set := labels.NewBuilder(labels.FromStrings("__name__", name, "a", a, "b", b)) // an empty label is none
				if name == "d_bucket" {
					set.Set("le", oneOf(r, "0.5", "1", "+Inf"))
				}
				s, value := promql.Series{Metric: set.Labels()}, 0.0
				until := oneOf[int64](r, asked, asked, asked, asked-200_000)
				for at := until - 9*30_000; at <= until; at += 30_000 {
					value = randomMetrics[name](r, value)
					s.Floats = append(s.Floats, promql.FPoint{T: at, F: value})
				}
				series = append(series, s)
			}
		}
	}
	return series
}

// Querier makes the series a storage.Queryable.
func (s randomSeries) Querier(int64, int64) (storage.Querier, error) { return s, nil }

// Select returns the series that pass the matchers.
func (s randomSeries) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var passing []storage.Series
	for _, one := range s {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.Metric.Get(m.Name)) }) {
			passing = append(passing, promql.NewStorageSeries(one))
		}
	}
	return &seriesSet{left: passing}
}

// LabelValues is never asked for by an engine.
func (randomSeries) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames is never asked for by an engine.
func (randomSeries) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close does nothing.
func (randomSeries) Close() error { return nil }

type seriesSet struct {
	at   storage.Series
	left []storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.at, s.left = s.left[0], s.left[1:]
	return true
}

func (s *seriesSet) At() storage.Series              { return s.at }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// grammar makes random expressions.
type grammar struct{ *rand.Rand }

func (g grammar) of(alternatives ...string) string { return oneOf(g.Rand, alternatives...) }

// selector selects series by some labels.
func (g grammar) selector() string {
	name := g.of("up", "ALERTS", "size", "size", "hits_total", "hits_total", "d_bucket", "hits")
	var matchers []string
	for range g.IntN(3) {
		matchers = append(matchers, g.of("a", "a", "b", "c", "le")+g.of(`="1"`, `="1"`, `="2"`, `=""`, `!=""`, `!="1"`, `=~".+"`, `=~"1|2"`, `=~"1|"`, `!~".*"`))
	}
	return name + "{" + strings.Join(matchers, ",") + "}"
}

// counter is what rate() may be taken of: the lint takes it for granted that nobody takes it of what falls below 0.
func (g grammar) counter() string {
	return g.of("hits_total", `hits_total{a="1"}`, `hits{b!=""}`, "d_bucket", "up") + "[3m]"
}

func (g grammar) window(depth int) string {
	if g.IntN(2) == 0 {
		return g.selector() + "[2m]"
	}
	return "(" + g.vector(depth-1) + ")[2m:30s]"
}

func (g grammar) names() string {
	var names []string
	for _, name := range []string{"a", "b", "c", "le", "__name__"} {
		if g.IntN(3) == 0 && (name != "__name__" || g.IntN(4) == 0) {
			names = append(names, name)
		}
	}
	return "(" + strings.Join(names, ", ") + ")"
}

func (g grammar) number() string {
	return g.of("0", "0", "1", "1", "2", "0.1", "0.3", "3", "-1", "-0.5", "1e300", "Inf", "-Inf", "NaN")
}

func (g grammar) scalar(depth int) string {
	if depth <= 0 {
		return g.number()
	}
	switch g.IntN(6) {
	case 0:
		return "scalar(" + g.vector(depth-1) + ")"
	case 1:
		return g.of("time()", "pi()", "-"+g.scalar(depth-1))
	case 2:
		return "(" + g.scalar(depth-1) + " " + g.of("+", "-", "*", "/", "%", "^", "> bool", "== bool", "!= bool", "<= bool") + " " + g.scalar(depth-1) + ")"
	}
	return g.number()
}

func (g grammar) vector(depth int) string {
	if depth <= 0 {
		return g.selector()
	}
	v, w := g.vector(depth-1), g.vector(depth-1-g.IntN(2))
	switch g.IntN(14) {
	case 0, 1:
		return g.of("sum", "min", "max", "avg", "count", "group", "stddev", "stdvar") + g.of(" by ", " by ", " without ") + g.names() + " (" + v + ")"
	case 2:
		return g.of("sum(", "count(", "avg(", "topk(2, ", "bottomk(1, ", "quantile(0.5, ", `count_values("c", `, `count_values(("a"), `) + v + ")"
	case 3, 4:
		return fmt.Sprintf("(%s %s %s%s%s)", v, g.comparison(), g.of("on ", "on ", "ignoring "), g.names()+g.of("", "", " group_left (c)", " group_left (a, le)", " group_right (b)"), " "+w)
	case 5:
		return fmt.Sprintf("(%s %s %s %s)", v, g.of("+", "-", "*", "/", "%", "atan2", "^"), g.of("", "on (a)", "on (a, b)", "ignoring (b, le)", "on (a) group_left (le)", "on (b) group_right ()"), w)
	case 6:
		return fmt.Sprintf("(%s %s %s)", v, g.of("+", "-", "*", "/", "%", "^", "> bool"), g.scalar(1))
	case 7:
		return fmt.Sprintf("(%s %s %s)", v, g.comparison(), g.of("0", "1", "2", g.scalar(1)))
	case 8:
		return fmt.Sprintf("(%s %s %s)", g.scalar(1), g.of(g.comparison(), "+", "-", "*", "/"), v)
	case 9:
		return fmt.Sprintf("(%s %s %s %s)", v, g.of("and", "or", "unless"), g.of("", "on "+g.names(), "ignoring "+g.names()), w)
	case 10:
		return g.of("absent("+v+")", "absent("+g.selector()+")", "absent_over_time("+g.window(depth)+")", "vector("+g.scalar(1)+")", "-"+v)
	case 11:
		return fmt.Sprintf(g.of(`label_replace(%s, "c", "x$1", "a", "(.*)")`, `label_replace(%s, "a", "$1", "b", "(.*)")`, `label_replace(%s, ("b"), "", "a", "1")`,
			`label_join(%s, "c", "-", "a", "b")`, `label_join(%s, "a", "", "c")`, "histogram_quantile(0.9, %s)", "histogram_fraction(0, 1, %s)", "sort(%s)", "timestamp(%s)"), v)
	case 12:
		return g.of("rate", "increase", "irate", "resets", "changes") + "(" + g.counter() + ")"
	}
	if g.IntN(2) == 0 {
		return g.of("avg", "min", "max", "sum", "count", "last", "stddev", "stdvar", "present") + "_over_time(" + g.window(depth) + ")"
	}
	return fmt.Sprintf(g.of("abs(%s)", "ceil(%s)", "floor(%s)", "round(%s)", "exp(%s)", "sqrt(%s)", "sgn(%s)", "hour(%s)", "day_of_month(%s)", "days_in_month(%s)", "month(%s)", "day_of_year(%s)",
		"clamp_min(%s, "+g.scalar(2)+")", "clamp_max(%s, "+g.scalar(2)+")", "clamp(%s, "+g.scalar(2)+", "+g.scalar(2)+")"), v)
}

func (g grammar) comparison() string { return g.of(">", ">=", "<", "<=", "==", "!=", "> bool") }
