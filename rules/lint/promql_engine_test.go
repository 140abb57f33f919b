package lint

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// expressionsVariable names the environment variable that says how many random expressions TestEngine evaluates.
const expressionsVariable = "EXPRESSIONS"

// TestEngine evaluates random expressions, and every part of them, by Prometheus's own engine over random series: what the lint says of their
// labels and values, and what it finds impossible or always so, holds for every sample that the engine returns.
func TestEngine(t *testing.T) {
	t.Parallel()
	count := 5000
	if text := os.Getenv(expressionsVariable); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	o := &observer{T: t, seen: map[string]int{}, engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, EnableAtModifier: true})}
	for seed := range uint64(count) {
		r := rand.New(rand.NewPCG(seed, 0))
		o.seed, o.series = seed, newRandomSeries(r)
		o.observe(grammar{r}.vector(1 + r.IntN(3)))
		if t.Failed() && seed%100 == 99 {
			break // these are enough to mend
		}
	}
	t.Log(o.seen)
	for _, claim := range []string{"samples", "label surely there", "label surely not there", "bounded", "promql-impossible", "promql-always-true", "promql-matching", "promql-contradiction"} {
		if o.seen[claim] < count/500 {
			t.Errorf("of %d expressions only %d tested %q", count, o.seen[claim], claim)
		}
	}
}

// observer compares what the lint says with what an engine does.
type observer struct {
	*testing.T
	engine *promql.Engine
	seed   uint64
	series randomSeries
	seen   map[string]int // how often something was there to be compared
}

// observe looks at an expression, the innermost parts first.
func (o *observer) observe(text string) {
	e, err := expr.ParsePromQL(text)
	if err != nil {
		o.seen["refused"]++ // a label that is matched by and included at once
		return
	}
	for _, part := range slices.Backward(partsOf[parser.Expr](e)) {
		if part.Type() == parser.ValueTypeVector || part.Type() == parser.ValueTypeScalar {
			o.flow(part)
		}
	}
	s := &subject{Entry: rules.Entry{Rule: rules.Rule{Alert: "A", Expr: text}}, dialect: expr.PromQL, settings: defaults, prom: e}
	for _, c := range []Check{promqlImpossible, promqlAlwaysTrue, promqlMatching, promqlContradiction} {
		for _, f := range c.find(s) {
			o.finding(c.Name, text[f.start:f.end], f.text)
		}
	}
}

// flow compares labels and values.
func (o *observer) flow(e parser.Expr) {
	result, values := promLabels(e), promValues(e)
	samples, _ := o.evaluate(e.String())
	for _, sample := range samples {
		o.seen["samples"]++
		sample.Metric.Range(func(l labels.Label) {
			if l.Name != "__name__" && !result.can(l.Name) {
				o.Errorf("seed %d: %s has the label %s in %s", o.seed, e, l.Name, sample)
			}
		})
		for _, name := range []string{"a", "b", "c", "le"} {
			switch {
			case result.has(name) && !sample.Metric.Has(name):
				o.Errorf("seed %d: %s has no label %s in %s", o.seed, e, name, sample)
			case result.has(name):
				o.seen["label surely there"]++
			case !result.can(name):
				o.seen["label surely not there"]++
			}
		}
		if values != anyValue {
			o.seen["bounded"]++
		}
		if !math.IsNaN(sample.F) && !values.contains(sample.F) {
			o.Errorf("seed %d: %s is not within %+v: %s", o.seed, e, values, sample)
		}
	}
}

// finding compares what a check finds in a part of an expression.
func (o *observer) finding(check, part, text string) {
	o.seen[check]++
	e, err := expr.ParsePromQL(part)
	if err != nil {
		o.Errorf("seed %d: %s is no expression by itself: %v", o.seed, part, err)
		return
	}
	b, _ := bare(e).(*parser.BinaryExpr)
	if check == "promql-always-true" {
		b.ReturnBool = true
		samples, _ := o.evaluate(b.String())
		for _, sample := range samples {
			if sample.F != 1 && !o.hasNaN(b.LHS) && !o.hasNaN(b.RHS) {
				o.Errorf("seed %d: %s, but of %s it returns %s", o.seed, text, b, sample)
			}
		}
		return
	}
	want := 0
	if b != nil && b.Op == parser.LUNLESS { // none on the left is taken away
		left, _ := o.evaluate(b.LHS.String())
		want = len(left)
	}
	if got, ok := o.evaluate(e.String()); ok && len(got) != want {
		o.Errorf("seed %d: %s: %s, but it returns %s", o.seed, check, text, got)
	}
}

// hasNaN reports whether one of the values is not a number, which passes no comparison.
func (o *observer) hasNaN(e parser.Expr) bool {
	samples, _ := o.evaluate(e.String())
	return slices.ContainsFunc(samples, func(s promql.Sample) bool { return math.IsNaN(s.F) })
}

// evaluate returns the samples of an expression as it is printed: so does a ruler evaluate it, with its matchers in order. It is not ok where
// the engine refuses it, as it does where series match many to many.
func (o *observer) evaluate(text string) (samples promql.Vector, ok bool) {
	query, err := o.engine.NewInstantQuery(o.Context(), o.series, nil, text, time.UnixMilli(asked))
	if err != nil {
		o.Errorf("seed %d: %s: %v", o.seed, text, err)
		return nil, false
	}
	defer query.Close()
	result := query.Exec(o.Context())
	if result.Err != nil {
		return nil, false
	}
	if scalar, err := result.Scalar(); err == nil {
		return promql.Vector{{F: scalar.V}}, true
	}
	vector, err := result.Vector()
	if err != nil {
		o.Errorf("seed %d: %s: %v", o.seed, text, err)
	}
	return slices.Clone(vector), true
}
