package rules

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// awaitLive is step 9: it asks the ruler until a change that was brought is live, or until ctx ends.
func (a *Applier) awaitLive(ctx context.Context, d *desk, change *flight) Outcome {
	out := change.out
	if change.err != nil && !a.mayStillCome(d, out.Refs, change.err) {
		out.State, out.Reason = Pending, reasonOf(change.err)
		return out
	}
	notLive := func() []Stage {
		return append(slices.Clip(change.out.Stages), Stage{StepLive, a.Now().Sub(change.at), true})
	}
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, a.PollInterval) {
		now := a.standing(ctx, d, out, change.seen)
		if cut := ctx.Err() != nil && now.state == Pending; !cut || out.Reason == "" { // else what was seen before says more
			out.State, out.Reason = now.state, now.why
		}
		if out.State.settled() {
			if out.Took = a.Now().Sub(change.at); out.State.InForce() {
				a.Step(StepLive, d.name, out.Took)
			}
			out.Stages = append(slices.Clip(out.Stages), Stage{StepLive, out.Took, !out.State.InForce()})
			return out
		}
		if out.State == NotLoaded && now.listed {
			out.Stages = notLive()
			return out // its evaluation fails: nothing that a longer wait would mend
		}
		select {
		case <-time.After(pause):
		case <-a.ending:
			out.State, out.Reason, out.Stages = Pending, stoppedBefore, notLive()
			return out
		case <-ctx.Done():
			out.Stages = notLive()
			if change.err != nil { // the ruler has to come by itself, and has not yet
				out.State, out.Reason = Pending, reasonOf(change.err)
			}
			return out
		}
	}
}

// mayStillCome reports whether a change can be live although bringing it failed: a ruler that takes no reload order comes by itself,
// and a name taken by somebody else's file holds up only the rules of that one.
func (a *Applier) mayStillCome(d *desk, refs []Ref, broughtErr error) bool {
	switch KindOf(broughtErr) {
	case ReloadOff:
		return true
	case Conflict:
		return !a.isHeldUp(d, refs)
	default:
		return false
	}
}

// isHeldUp reports whether a file of these rules cannot be published, as somebody else's has its name.
func (a *Applier) isHeldUp(d *desk, refs []Ref) bool {
	status, _ := d.current()
	return slices.ContainsFunc(refs, func(r Ref) bool { return slices.Contains(status.Foreign, status.Info.Layout.LiveName(r.Path)) })
}

// standing asks the ruler once how a change stands there, against the rulebook's newest head.
func (a *Applier) standing(ctx context.Context, d *desk, change Outcome, seen map[Ref]time.Time) verdict {
	book, err := a.applied(ctx)
	if err != nil {
		return verdict{state: Pending, why: reasonOf(err)}
	}
	running, err := d.runningTogether(ctx, groupsOf(change.Refs))
	if err != nil {
		return verdict{state: Pending, why: reasonOf(err)}
	}
	return a.stands(ctx, d, book, running, change, seen)
}

// stands says how a change stands, given what the ruler runs: as the first of its rules there that is not live.
func (a *Applier) stands(ctx context.Context, d *desk, book *Book, running []RunningRule, change Outcome, seen map[Ref]time.Time) verdict {
	if a.overtaken(ctx, book, change) {
		return verdict{state: Superseded, why: overtakenText}
	}
	for _, v := range a.compare(d, book, running, refsAt(change.Refs, d.name), seen) {
		if v.state != Live {
			return v
		}
	}
	if v := a.unlisted(ctx, d, book, running, change); v.state != Live {
		return v
	}
	if book.paused(change.Refs) {
		return verdict{state: PausedState}
	}
	return verdict{state: Live}
}

// refsAt returns those of some rules that are of one ruler: a commit that somebody pushed may be about several.
func refsAt(refs []Ref, ruler string) []Ref {
	if !slices.ContainsFunc(refs, func(r Ref) bool { return r.Ruler != ruler }) {
		return refs
	}
	return slices.DeleteFunc(slices.Clone(refs), func(r Ref) bool { return r.Ruler != ruler })
}

const overtakenText = "a later change took its place in the rulebook"

// overtaken reports whether the rules of a change are not in the book as the change left them; of somebody else's, which nobody may have seen when others changed
// the same rules, whether what it brought is not.
func (a *Applier) overtaken(ctx context.Context, book *Book, change Outcome) bool {
	if book.Revision() == change.Revision {
		return false
	}
	after, err := a.bookOf(ctx, change.Revision)
	if err != nil {
		return false // it cannot be told; what the ruler runs is still compared with the book
	}
	if change.Action == ExternalAction && len(change.Fields) > 0 {
		return slices.ContainsFunc(change.Refs, func(ref Ref) bool { return book.lost(after, ref, change.Fields) })
	}
	return book.changedSince(after, change.Refs)
}

// changedSince reports whether one of some rules is not in the book as it was in an earlier one.
func (b *Book) changedSince(earlier *Book, refs []Ref) bool {
	return slices.ContainsFunc(refs, func(ref Ref) bool {
		left, was := earlier.Get(ref)
		now, is := b.Get(ref)
		return was != is || !reflect.DeepEqual(left.Rule, now.Rule) || !slices.Equal(left.Settings, now.Settings)
	})
}

// verdict is how one rule stands at its ruler.
type verdict struct {
	ref    Ref
	state  State
	why    string
	listed bool // the ruler lists what the book has, healthy or not: to reload would change nothing
}

// compare judges every ref by what the book says of it: a rule that the book has must run with the same fields and be healthy by an
// evaluation newer than seen; one that the book has not must be gone.
func (a *Applier) compare(d *desk, book *Book, running []RunningRule, refs []Ref, seen map[Ref]time.Time) []verdict {
	runs := map[Ref][]RunningRule{}
	for _, r := range running {
		runs[d.family(r)] = append(runs[d.family(r)], r)
	}
	dialect := d.Info().Dialect
	verdicts := make([]verdict, 0, len(refs))
	for _, ref := range refs {
		family := ref.family()
		have := runs[family]
		entry, wanted := book.Get(ref)
		var v verdict
		switch {
		case len(have) > book.count(family):
			v = verdict{ref, NotLoaded, fmt.Sprintf("%s still runs %q as it was", d.name, ref.Name), false}
		case !wanted:
			v = verdict{ref, Live, "", true}
		default:
			v = a.judge(d.name, dialect, entry, have, seen[family])
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// count returns how many rules of one name a group has.
func (b *Book) count(family Ref) int {
	n := 0
	for {
		family.Nth = n + 1
		if _, ok := b.Get(family); !ok {
			return n
		}
		n++
	}
}

// judge compares the entry with the rule in its place among the running ones of its name: a ruler lists a group's rules in their order.
func (a *Applier) judge(ruler string, dialect expr.Dialect, entry Entry, have []RunningRule, seen time.Time) verdict {
	if len(have) < entry.Ref.Nth {
		return verdict{entry.Ref, NotLoaded, fmt.Sprintf("%s does not list %q", ruler, entry.Ref.Name), false}
	}
	switch r := have[entry.Ref.Nth-1]; {
	case !a.same(dialect, entry.running(), r.Rule) || !entry.evaluatedAs(r):
		return verdict{entry.Ref, NotLoaded, stillAnother(ruler, entry.Ref), false}
	case r.LastEvaluation.IsZero() || !r.LastEvaluation.After(seen) || r.Health == "unknown":
		return verdict{entry.Ref, Pending, fmt.Sprintf("%s lists %q and has not evaluated it yet", ruler, entry.Ref.Name), true}
	case r.Health == "ok":
		return verdict{entry.Ref, Live, "", true}
	default:
		return verdict{entry.Ref, NotLoaded, fmt.Sprintf("%s lists %q and cannot evaluate it: %s", ruler, entry.Ref.Name, r.LastError), true}
	}
}

func stillAnother(ruler string, ref Ref) string {
	return fmt.Sprintf("%s still runs another version of %q", ruler, ref.Name)
}

// evaluatedAs reports whether a rule's group is evaluated as the entry's says, as far as a ruler lists that.
func (e Entry) evaluatedAs(r RunningRule) bool {
	return (e.Interval == 0 || e.Interval == r.Interval) && e.Limit == r.Limit
}

// running returns the rule as its ruler lists it: with the group's labels (Prometheus 3.15).
func (e Entry) running() Rule {
	rule := e.Rule
	if len(e.GroupLabels) > 0 {
		rule.Labels = maps.Clone(e.GroupLabels)
		maps.Copy(rule.Labels, e.Rule.Labels)
	}
	return rule
}

// same reports whether a ruler's rule is the file's: same expression up to the ruler's own printing, same times, labels and annotations.
func (a *Applier) same(dialect expr.Dialect, file, running Rule) bool {
	return file.For == running.For && file.KeepFiringFor == running.KeepFiringFor &&
		maps.Equal(file.Labels, running.Labels) && maps.Equal(file.Annotations, running.Annotations) &&
		a.canonical.same(dialect, file.Expr, running.Expr)
}

// canonicalCache remembers printed expressions: a ruler is asked again and again about the same rules.
type canonicalCache struct {
	mu sync.Mutex
	m  map[string]string
}

const canonicalCacheSize = 50_000 // entries; then it starts anew

// same reports whether a file's expression and the one that a ruler lists are the same: that one is printed already, as a rule.
func (c *canonicalCache) same(dialect expr.Dialect, file, listed string) bool {
	return file == listed || c.of(dialect, file) == listed || c.of(dialect, file) == c.of(dialect, listed)
}

func (c *canonicalCache) of(dialect expr.Dialect, expression string) string {
	key := string(dialect) + " " + expression
	c.mu.Lock()
	defer c.mu.Unlock()
	if printed, ok := c.m[key]; ok {
		return printed
	}
	printed, err := dialect.Canonical(expression)
	if err != nil {
		printed = expression // only equal to itself
	}
	if c.m == nil || len(c.m) >= canonicalCacheSize {
		c.m = map[string]string{}
	}
	c.m[key] = printed
	return printed
}
