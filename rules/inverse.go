package rules

import "context"

// inverse is the intent that takes a change back which its ruler refused.
type inverse struct {
	of            Outcome
	request       string
	before, after *Book // on either side of the change's commit
}

// inverseOf returns the intent that takes a waiting change back. An error means that it is not in the rulebook, or undone already.
func (a *Applier) inverseOf(ctx context.Context, w Waiting) (inverse, error) {
	found, err := a.OwnOf(ctx, w.Request.ID)
	if err != nil {
		return inverse{}, err
	}
	if len(found) != 1 {
		return inverse{}, &Error{Kind: NotFound, Offset: -1, Text: "The rulebook has no change of this request that could be undone."}
	}
	before, err := a.bookOf(ctx, found[0].Parent)
	if err != nil {
		return inverse{}, err
	}
	after, err := a.bookOf(ctx, found[0].Revision)
	return inverse{of: w.Outcome, request: w.Request.ID, before: before, after: after}, err
}

// Action implements Intent.
func (inverse) Action() string { return "undo" }

// Plan takes the change back as Replay does, in the words of the change.
func (i inverse) Plan(book *Book) (Change, error) {
	replay := Replay{
		Before: i.before, After: i.after, Back: true, Ruler: i.of.Ruler, Verb: i.Action(),
		Subject: i.of.Action, Reason: i.of.Ruler + " refused the change",
	}
	if len(i.of.Refs) > 0 {
		replay.Subject += " " + i.of.Refs[0].Name
	}
	change, err := replay.Plan(book)
	change.Refs, change.Trailers = i.of.Refs, []Trailer{{TrailerUndoes, i.request}}
	return change, err
}
