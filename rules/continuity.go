package rules

import (
	"context"
	"slices"
	"time"
)

// Continuity is what becomes of the alerts that are pending or firing when rules change. A ruler carries the state of a rule over when its
// file, its group, its name and its labels stay (Prometheus 3.15, Group.CopyState; Loki's ruler is the same code); what else is changed
// does not matter, but for the expression: what that does not return any more ends.
type Continuity struct {
	Unknown string        // why the ruler could not be asked; empty when it was
	Kept    Active        // they go on
	Reset   Active        // they end, and begin anew under another identity
	Ended   Active        // they end, as their rule goes
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
	return p.continuity(d, there, running)
}

// identity is what a ruler knows a rule by from one reading of its files to the next.
type identity struct {
	family Ref
	labels string
}

func identityOf(family Ref, labels map[string]string) identity {
	var text string
	for _, name := range sortedKeys(labels) {
		text += name + "\x00" + labels[name] + "\x00"
	}
	return identity{family, text}
}

// continuity returns what becomes of the active alerts of rules that change, given what the ruler runs. Of several rules with one identity the
// first one running gives its state to the first one to come, and so on.
func (p planned) continuity(d *desk, refs []Ref, running []RunningRule) *Continuity {
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
	nth := map[Ref]int{}
	for _, r := range running {
		family := d.family(r)
		if !asked[family] || r.Rule.Alert == "" {
			continue
		}
		nth[family]++
		was := family
		was.Nth = nth[family]
		active := Active{r.Firing, r.Active - r.Firing}
		id := identityOf(family, r.Rule.Labels)
		if places := room[id]; len(places) > 0 {
			c.Kept.add(active)
			c.Rewrote = c.Rewrote || active != Active{} && p.rewrites(was, places[0])
			room[id] = places[1:]
			continue
		}
		c.lose(active, p, was)
	}
	return c
}

// lose notes alerts that do not go on.
func (c *Continuity) lose(active Active, p planned, was Ref) {
	entry, stays := p.after.Get(was)
	if !stays && len(p.change.Refs) == 2 && p.change.Refs[1] == was {
		entry, stays = p.after.Get(p.change.Refs[0]) // renamed or moved
	}
	if !stays {
		c.Ended.add(active)
		return
	}
	if again := entry.Rule.For; active.Firing > 0 && (c.Reset.Firing == 0 || again < c.After) {
		c.After = again
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
	book, err := a.Book(ctx)
	if err != nil {
		return failed(out, err)
	}
	draft, err := a.plan(book, intent)
	if err != nil {
		return failed(out, err)
	}
	out.Result, out.Ruler, out.Refs = Success, draft.change.Ruler, draft.change.Refs
	out.Diff, out.Digest = book.Diff(draft.change), book.Digest(draft.change)
	out.Findings = draft.findings
	out.Continuity = a.foretell(ctx, a.desks[draft.change.Ruler], draft)
	return out
}
