package rules

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
)

// Elsewhere says that the rulebook's branch does not lead on from where it was: somebody set it back, or gave it another history.
type Elsewhere struct {
	From    string       // where it was, full hash: what was applied as a whole last, or what was held
	At      string       // the first commit that it has instead, or the one that it was set back to: with From it names what happened, also after a restart
	WasHeld bool         // something was held there
	Told    bool         // External has heard of it, when what the branch was put to was held
	Lost    bool         // nobody has From any more, so what changed since cannot be told
	Gone    []PastCommit // that led to From and do not lead to where it is now, the oldest first, and no more than MaxGone; those that were planned again left out
	Stay    []Ref        // while it is held: the rules that are live and that the branch has no more
	Change  Outcome      // what that did to the rules that are live, and how it stands at their rulers
	Back    []string     // addresses, in the rulebook at From, of the rules that it took away or changed: they can be restored from there while somebody keeps that commit
	Kept    []string     // the refs that keep what is gone, as whoever External tells of it has found out
}

// MaxGone is how many commits are told of, at most, that the branch has no more.
const MaxGone = 1000

// errEnough ends the reading of a history.
var errEnough = errors.New("enough")

// leftBehind finds out whether the branch leads to head without what was applied or told of last. The caller holds outside.
func (a *Applier) leftBehind(ctx context.Context, past *pastSince, head string) error {
	o := &a.outside
	has := past.again()
	var was []string
	if len(past.external) > 0 || past.elsewhere {
		was = append(was, o.good.Revision())
	}
	if o.told != "" { // what was held: it may be gone without anything in its place
		was = append(was, o.told)
	}
	// And what commands changed while it was. Where nothing is or was held, a change that leads on is spared the look.
	seen := cmp.Or(o.head, o.seen)
	if seen != "" && (len(was) > 0 || o.held != nil) {
		was = append(was, seen)
	}
	for _, revision := range was {
		gone, err := a.gone(ctx, has, revision, head)
		if err != nil {
			return err
		}
		if len(gone) > 0 {
			past.from, past.gone, past.news = revision, gone, seen == "" || revision == seen
		}
	}
	return nil
}

// gone returns the commits that lead to a revision and not to head, but for those of which head has another one in their place and those that were planned
// again, of which is told otherwise.
func (a *Applier) gone(ctx context.Context, has func(PastCommit) bool, revision, head string) (gone []PastCommit, err error) {
	err = a.Store.Log(ctx, head, revision, func(c PastCommit) error {
		if (len(c.Files) > 0 || c.Cut) && !has(c) && !a.Replanned(c.Revision) {
			gone = append(gone, c)
		}
		if len(gone) == MaxGone {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) || errors.Is(err, fs.ErrNotExist) { // nobody has it any more, so nothing can be told of it
		err = nil
	}
	return gone, err
}

// again returns what tells whether a commit is among these in another place: planned again for its request or, somebody else's, carried over.
func (p *pastSince) again() func(PastCommit) bool {
	type carried struct {
		author, email, subject string
		second                 int64
	}
	as := func(c PastCommit) carried { return carried{c.Author.Name, c.Author.Email, c.Subject, c.When.Unix()} }
	requests, external := map[string]bool{}, map[carried]bool{}
	for _, c := range p.own {
		requests[c.Name()] = true
	}
	for _, c := range p.external {
		external[as(c)] = true
	}
	return func(c PastCommit) bool { return requests[c.Name()] || external[as(c)] }
}

// putElsewhere returns what is to be told of the branch; nil where it leads on from where it was.
func (p pastSince) putElsewhere(wasHeld bool) *Elsewhere {
	if len(p.gone) == 0 {
		return nil
	}
	return &Elsewhere{From: p.from, At: p.at, WasHeld: wasHeld, Told: !p.news, Gone: p.gone}
}

// tellLost tells of a branch whose last good state nobody has any more: the rulebook was lost, and what there is now is taken as it is. The caller holds
// outside.
func (a *Applier) tellLost(ctx context.Context, good string, book *Book) {
	head := book.Revision()
	push := ExternalPush{Good: good, Head: head, Elsewhere: &Elsewhere{From: good, At: head, Lost: true, Change: Outcome{Result: Success, Action: ExternalAction, Revision: head}}}
	a.tell(ctx, "push", "", func(ctx context.Context) { a.External(context.WithoutCancel(ctx), push) })
}

// gonePast returns the rules that are live in one book and that another has nowhere, as far as its files can be read.
func (b *Book) gonePast(branch *Book) (refs []Ref) {
	for _, ruler := range b.rulers {
		left := follow(b, branch, ruler.Name).left()
		for _, e := range b.liveEntries(ruler.Name) {
			if f := branch.shelf(ruler.Name).get(e.Ref.Path); f != nil && len(f.bad) > 0 {
				continue
			}
			if to, went := left[e.Ref]; went && to == (Ref{}) {
				refs = append(refs, e.Ref)
			}
		}
	}
	return refs
}

// restorable returns the addresses, in the rulebook at a commit, of the rules that a push took away or changed and that it has, those that are gone first. One that was
// moved or renamed is not among them: it would be there twice; nor is one whose file, as it is in the book after the push, no command edits.
func (a *Applier) restorable(ctx context.Context, from string, changes []ExternalChange, after *Book) (addresses []string) {
	book, err := a.bookOf(ctx, from)
	if err != nil {
		return nil // what cannot be read cannot be restored either
	}
	var changed []string
	for _, change := range changes {
		for _, rule := range change.Rules {
			_, there := book.Get(rule.Ref)
			paused, aside := book.pausedAt(rule.Ref)
			switch {
			case aside && rule.Gone:
				addresses = append(addresses, book.addressAside(paused))
			case !there || rule.From != (Ref{}) || rule.To != (Ref{}):
			case rule.Gone && after.Restores(book, rule.Ref, Ref{}):
				addresses = append(addresses, book.Address(rule.Ref))
			case aside && after.Restores(book, rule.Ref, rule.Ref):
				changed = append(changed, book.addressAside(paused))
			case !rule.Gone && !aside && after.Restores(book, rule.Ref, rule.Ref):
				changed = append(changed, book.Address(rule.Ref))
			}
		}
	}
	return append(addresses, changed...)
}

// changed returns what a push of which before and after are either side did to the rules that are live, as far as that is not too much.
func (p ExternalPush) changed(before, after *Book) Outcome {
	out := Outcome{Result: Success, Action: ExternalAction, Revision: p.Head}
	files := map[string][]byte{}
	for _, change := range p.Rulers {
		for _, path := range changedPaths(before, after, change.Ruler) {
			path = after.rulebookPath(Ref{Ruler: change.Ruler, Path: path})
			files[path], _ = after.content(path)
		}
		out.Refs = append(out.Refs, change.refs()...)
		for _, rule := range change.Rules {
			if out.State == "" || out.State.InForce() && !rule.State.InForce() {
				out.Ruler, out.State, out.Reason = change.Ruler, rule.State, rule.Reason
			}
		}
	}
	out.Ruler = cmp.Or(out.Ruler, after.rulers[0].Name)
	if out.Fields = fieldChanges(before, after, out.Refs); len(out.Refs) > maxPushedRefs || fieldsSize(out.Fields) > maxPushedFields {
		out.Fields = nil
	}
	out.Diff = before.diffOfFirst(Change{Files: files}, maxPushedDiff)
	out.Refs = firstRefs(out.Refs)
	return out
}
