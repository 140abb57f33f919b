package lint

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// What TestEngineMissed looks at, and how many comparisons the lint may miss there. Expressions and series are always the same, so that these
// numbers change with the checks alone (or with the grammar): whoever makes a check better makes them smaller.
const (
	missedExpressions = 800
	missedWorlds      = 60 // of random series for each expression
	missedChances     = 20 // in so many of them a comparison must have had something to compare
	missedNever       = 19 // which passed nothing
	missedAlways      = 6  // which passed everything
)

// TestEngineMissed counts what TestEngine cannot see: comparisons that came out alike over many random series and that no check found. Not each of them
// must be so for all series, so that this is the most that is missed.
func TestEngineMissed(t *testing.T) {
	t.Parallel()
	o := &observer{T: t, seen: map[string]int{}, engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, EnableAtModifier: true})}
	worlds := make([]randomSeries, missedWorlds)
	for i := range worlds {
		worlds[i] = newRandomSeries(rand.New(rand.NewPCG(uint64(i), 1)))
	}
	for seed := range uint64(missedExpressions) {
		r := rand.New(rand.NewPCG(seed, 0))
		newRandomSeries(r) // of TestEngine: its expressions come after them
		o.miss(grammar{r}.vector(1+r.IntN(3)), worlds)
	}
	t.Log(o.seen)
	for outcome, most := range map[string]int{"never": missedNever, "always": missedAlways} {
		all, missed := o.seen[outcome], o.seen[outcome+", missed"]
		t.Logf("%s: %d of %d comparisons are missed, %.1f %%", outcome, missed, all, 100*float64(missed)/float64(max(all, 1)))
		if missed > most {
			t.Errorf("%d comparisons that %s pass are found by no check, at most %d were; -v shows them", missed, outcome, most)
		}
	}
}

// miss counts the comparisons of an expression that came out alike in all worlds, and those of them that no check found.
func (o *observer) miss(text string, worlds []randomSeries) {
	e, err := expr.ParsePromQL(text)
	if err != nil {
		return
	}
	s := &subject{Entry: rules.Entry{Rule: rules.Rule{Alert: "A", Expr: text}}, dialect: expr.PromQL, settings: defaults, prom: e}
	var found []finding
	for _, c := range []Check{promqlImpossible, promqlAlwaysTrue, promqlMatching, promqlContradiction, promqlNaN} {
		found = append(found, c.find(s)...)
	}
	for _, b := range partsOf[*parser.BinaryExpr](e) {
		if !b.Op.IsComparisonOperator() || b.ReturnBool || b.Type() != parser.ValueTypeVector {
			continue
		}
		outcome := o.alike(b, worlds)
		if outcome == "" {
			continue
		}
		o.seen[outcome]++
		place := b.PositionRange()
		if !slices.ContainsFunc(found, func(f finding) bool { return f.start < int(place.End) && f.end > int(place.Start) }) {
			o.seen[outcome+", missed"]++
			o.Logf("%s passes %s of %s", outcome, b, text)
		}
	}
}

// alike returns "never" for a comparison that passed nothing in any world, "always" for one that passed all on its left, and "" for any other, and
// for one that had too few chances.
func (o *observer) alike(b *parser.BinaryExpr, worlds []randomSeries) string {
	chances, never, always := 0, true, true
	for _, world := range worlds {
		o.series = world
		left, leftOK := o.evaluate(b.LHS.String())
		right, rightOK := o.evaluate(b.RHS.String())
		passed, ok := o.evaluate(b.String())
		if !leftOK || !rightOK || !ok || len(left) == 0 || len(right) == 0 {
			continue
		}
		chances++
		never, always = never && len(passed) == 0, always && len(passed) == max(len(left), len(right))
		if !never && !always {
			return ""
		}
	}
	switch {
	case chances < missedChances:
		return ""
	case never:
		return "never"
	}
	return "always"
}
