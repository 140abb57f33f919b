package rules

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Continuity is what becomes of the alerts that are pending or firing when rules change. A ruler carries the state of a rule over when its
// file, its group, its name and its labels stay (Prometheus 3.15, Group.CopyState; Loki's ruler is the same code); what else is changed
// does not matter, but for the expression: what that does not return any more ends; for keep_firing_for, where that alone holds an alert; and
// for the time that it must hold: a firing alert that is not active for so long waits again, and a pending one that is fires (rules/alerting.go,
// Eval).
type Continuity struct {
	Unknown string        // why the ruler could not be asked; empty when it was
	Kept    Active        // they go on
	Due     int           // they are pending, and fire at the next evaluation: they are active for as long as they must be now
	Waiting int           // they fire, and are pending again until they are active for as long as they must be now
	Reset   Active        // they end, and begin anew under another identity
	Ended   Active        // they end, as their rule goes, or what kept them firing
	After   time.Duration // how long the conditions of those that are reset must hold until they fire again, at least
	Rewrote bool          // the expression of some that are kept is another
}

// Active is how many alerts are in either state.
type Active struct{ Firing, Pending int }

func (a *Active) add(b Active) { a.Firing, a.Pending = a.Firing+b.Firing, a.Pending+b.Pending }

// askBudget is how long a ruler may take to tell which alerts are active.
const askBudget = 2 * time.Second

// foretell asks the ruler which alerts of the rules that change are active, and returns what becomes of them; nil when the change is about no
// rule that was there before.
func (a *Applier) foretell(ctx context.Context, d *desk, p planned) *Continuity {
	there := slices.DeleteFunc(slices.Clone(p.change.Refs), func(ref Ref) bool { _, was := p.before.Get(ref); return !was })
	if len(there) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askBudget)
	defer cancel()
	running, err := d.Running(ctx, groupsOf(there)...)
	if err != nil {
		return &Continuity{Unknown: reasonOf(err)}
	}
	return p.continuity(d, there, running, a.Now())
}

// identity is what a ruler knows a rule by from one reading of its files to the next.
type identity struct {
	family Ref
	labels string
}

func identityOf(family Ref, labels map[string]string) identity {
	var text strings.Builder
	for _, name := range sortedKeys(labels) {
		text.WriteString(name + "\x00" + labels[name] + "\x00")
	}
	return identity{family, text.String()}
}

// continuity returns what becomes of the active alerts of rules that change, given what the ruler runs. Of several rules with one identity the
// first one running gives its state to the first one to come, and so on.
func (p planned) continuity(d *desk, refs []Ref, running []RunningRule, now time.Time) *Continuity {
	c := &Continuity{}
	asked := map[Ref]bool{}
	room := map[identity][]Ref{} // where the state of a rule can go
	for _, ref := range refs {
		if asked[ref.family()] {
			continue
		}
		asked[ref.family()] = true
		for ref.Nth = 1; ; ref.Nth++ {
			e, ok := p.after.Get(ref)
			if !ok {
				break
			}
			id := identityOf(ref.family(), e.running().Labels)
			room[id] = append(room[id], ref)
		}
	}
	type loss struct {
		was    Ref
		active Active
	}
	var lost []loss
	nth := map[Ref]int{}
	for _, r := range running {
		family := d.family(r)
		if !asked[family] || r.Rule.Alert == "" {
			continue
		}
		nth[family]++
		was, active := family, Active{len(r.Firing), r.Active - len(r.Firing)}
		was.Nth = nth[family]
		id := identityOf(family, r.Rule.Labels)
		places := room[id]
		if len(places) == 0 {
			lost = append(lost, loss{was, active})
			continue
		}
		entry, _ := p.after.Get(places[0])
		waiting, ended := 0, 0
		for _, alert := range r.Firing {
			switch {
			case !alert.Lingered.IsZero() && now.Sub(alert.Lingered) >= entry.Rule.KeepFiringFor:
				ended++
			case now.Sub(alert.Since) < entry.Rule.For:
				waiting++
			}
		}
		due := r.due(entry.Rule, now)
		c.Due += due
		c.Waiting += waiting
		c.Ended.Firing += ended
		c.Kept.add(Active{active.Firing - waiting - ended, active.Pending - due})
		c.Rewrote = c.Rewrote || active != Active{} && p.rewrites(was, places[0])
		room[id] = places[1:]
	}
	anew := map[Ref][]Ref{} // families → their rules that nobody gives a state
	for id, places := range room {
		anew[id.family] = append(anew[id.family], places...)
	}
	for _, l := range lost {
		again, begins := p.movedTo(l.was)
		if family := l.was.family(); len(anew[family]) > 0 {
			slices.SortFunc(anew[family], compareRefs)
			again, begins = anew[family][0], true
			anew[family] = anew[family][1:]
		}
		c.lose(l.active, p, again, begins)
	}
	return c
}

// due returns how many pending alerts of a rule fire at its next evaluation because what is to take its place waits for a shorter time.
func (r RunningRule) due(is Rule, now time.Time) (due int) {
	next := r.LastEvaluation.Add(r.Interval)
	if next.Before(now) {
		next = now
	}
	for _, since := range r.Pending {
		if is.For < r.Rule.For && next.Sub(since) >= is.For {
			due++
		}
	}
	return due
}

// movedTo returns where a rule stands that a rename or a move, or what takes one back, puts elsewhere.
func (p planned) movedTo(was Ref) (is Ref, moved bool) {
	at := slices.Index(p.change.Refs, was)
	if len(p.change.Refs) != 2 || at < 0 {
		return Ref{}, false
	}
	is = p.change.Refs[1-at]
	_, before := p.before.Get(is)
	_, after := p.after.Get(is)
	return is, after && !before
}

// lose notes alerts that do not go on: those of another rule begin anew in their place, or none does.
func (c *Continuity) lose(active Active, p planned, again Ref, begins bool) {
	if !begins {
		c.Ended.add(active)
		return
	}
	entry, _ := p.after.Get(again)
	if active.Firing > 0 && (c.Reset.Firing == 0 || entry.Rule.For < c.After) {
		c.After = entry.Rule.For
	}
	c.Reset.add(active)
}

// rewrites reports whether a rule that takes over another one's state has another expression.
func (p planned) rewrites(was, is Ref) bool {
	before, _ := p.before.Get(was)
	after, _ := p.after.Get(is)
	return before.Rule.Expr != after.Rule.Expr
}

// Draft walks the path up to the commit: it says what a command would do, and does nothing.
func (a *Applier) Draft(ctx context.Context, intent Intent) Outcome {
	out := Outcome{Action: intent.Action()}
	book, err := a.newest(ctx)
	if err != nil {
		return failed(out, err)
	}
	book = a.lend(book)
	draft, err := a.planAndLint(book, intent)
	out.Stages = draft.stages
	var diff string
	if err == nil {
		diff = book.Diff(draft.change)
		err = a.fits(book.tree, out.Action, draft, diff)
	}
	if err != nil {
		err = a.sayHeld(ctx, err)
		if all, many := intent.(EditAll); many {
			err = a.sayLeaveOut(book, all, err)
		}
		return failed(out, err)
	}
	out.Result, out.Ruler, out.Refs = Success, draft.change.Ruler, draft.change.Refs
	out.Diff, out.Digest = diff, book.Digest(draft.change)
	out.Settings = draft.settings()
	foretold, examined := a.ask(ctx, a.desks[draft.change.Ruler], intent, draft)
	out.Continuity, out.Findings = foretold, slices.Concat(draft.findings, examined)
	if undo, ok := intent.(Undo); ok {
		out.Staying = a.wouldStay(ctx, undo, draft)
	}
	return out
}
