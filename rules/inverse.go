package rules

import (
	"bytes"
	"context"
	"maps"
	"reflect"
)

// inverse is the intent that takes a change back which its ruler refused.
type inverse struct {
	of            Outcome
	before, after *Book // on either side of the change's commit
}

// inverseOf returns the intent that takes a waiting change back. An error means that it is not in the rulebook, or undone already.
func (a *Applier) inverseOf(ctx context.Context, w Waiting) (inverse, error) {
	found, err := a.Store.FindRequest(ctx, w.Request.ID)
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
	return inverse{of: w.Outcome, before: before, after: after}, err
}

// Action implements Intent.
func (inverse) Action() string { return "undo" }

// Plan restores each file of the change as it was before. Where somebody has touched the file since, only the rules that the change
// added are taken out of it; what cannot be told apart from later changes is a Conflict.
func (i inverse) Plan(book *Book) (Change, error) {
	change := Change{
		Ruler:   i.of.Ruler,
		Files:   map[string][]byte{},
		Refs:    i.of.Refs,
		Subject: "undo " + i.of.Action,
		Reason:  i.of.Ruler + " refused the change",
	}
	if len(i.of.Refs) > 0 {
		change.Subject += " " + i.of.Refs[0].Name
	}
	restored := map[string]bool{}
	for _, ref := range i.of.Refs {
		path := book.rulebookPath(ref)
		old, _ := i.before.content(path)
		wrote, _ := i.after.content(path)
		if now, _ := book.content(path); bytes.Equal(now, wrote) {
			change.Files[path], restored[path] = old, true
		}
	}
	for _, ref := range i.of.Refs {
		if restored[book.rulebookPath(ref)] {
			continue
		}
		rest, err := i.without(book.With(change.Files), ref)
		if err != nil {
			return Change{}, err
		}
		maps.Copy(change.Files, rest.Files)
	}
	return change, nil
}

// without plans the deletion of a rule that the change added and that is still as the change wrote it.
func (i inverse) without(book *Book, ref Ref) (Change, error) {
	added, there := i.after.Get(ref)
	_, before := i.before.Get(ref)
	now, still := book.Get(ref)
	if !there || before || !still || !reflect.DeepEqual(now.Rule, added.Rule) {
		return Change{}, &Error{Kind: Conflict, Offset: -1, Text: "Later changes touched the same rule, so the change cannot be taken back by itself."}
	}
	return Delete{Address: book.Address(ref)}.Plan(book)
}
