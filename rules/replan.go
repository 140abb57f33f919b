package rules

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// ConflictAction is the trailer Action of a commit that says what could not be kept of another one.
const ConflictAction = "conflict"

// Replan says what a commit of ours is on top of what somebody else pushed first: the same change of the same rules, with its author, date
// and message. Where it cannot be planned there any more, the commit has nothing but an entry on the journal's page that says what could not
// be kept and why; as soon as Moved finds it in the rulebook, the change is settled as Displaced. It is pure but for that reason, which it
// remembers. An error means that it could not be told: the rulebook cannot be read.
func (a *Applier) Replan(_ context.Context, own OwnCommit, onto Tree) (Commit, error) {
	before, err := a.lastBook().At(own.Before)
	if err != nil {
		return Commit{}, err
	}
	after, err := before.At(own.After)
	if err != nil {
		return Commit{}, err
	}
	book, err := before.At(onto)
	if err != nil {
		return Commit{}, err
	}
	commit := Commit{Author: own.Author, When: own.When, Subject: own.Subject, Body: own.Body, Trailers: own.Trailers}
	req := own.request()
	change := Change{Ruler: own.trailer("Ruler"), Files: map[string][]byte{}, Subject: own.Subject}
	action, diff := own.trailer("Action"), ""
	if own.changesRules(before, after) {
		p, err := plan(book, Replay{Before: before, After: after, Ruler: change.Ruler, Verb: action})
		switch {
		case err == nil:
			change.Refs, change.Files, diff = p.change.Refs, p.change.Files, book.Diff(p.change)
		case errors.Is(err, errDone): // somebody else made the same change: only the journal's entry is left of ours
		case KindOf(err) == Unavailable:
			return Commit{}, err
		default:
			action, change.Reason = ConflictAction, "not kept, as somebody else pushed first: "+reasonOf(err)
			commit.Subject = "conflict: " + own.Subject
			commit.Body = strings.TrimSpace(own.Body + "\n\n" + change.Reason)
			commit.Trailers = []Trailer{{"Ruler", change.Ruler}, {"Action", ConflictAction}, {"Request-Id", req.ID}}
			change.Subject = commit.Subject
			a.conflicts.Store(req.ID, Waiting{Request: req, Outcome: Outcome{
				Result: Success, Action: own.trailer("Action"), Ruler: change.Ruler, Refs: touched(before, after, change.Ruler), Revision: own.Revision, Reason: reasonOf(err),
			}})
		}
	}
	path, page, err := a.Page(onto, PageEntry{Request: req, Action: action, Change: change, Diff: diff})
	if err != nil {
		return Commit{}, &Error{Kind: Unavailable, Offset: -1, Text: "The journal page cannot be written.", Cause: err}
	}
	change.Files[path] = page
	commit.Files = change.Files
	return commit, nil
}

// changesRules reports whether the commit is more than an entry in the journal.
func (c OwnCommit) changesRules(before, after *Book) bool {
	for _, ruler := range before.rulers {
		if len(changedPaths(before, after, ruler.Name)) > 0 {
			return true
		}
	}
	return false
}

// trailer returns the value of a commit's trailer; "" when it has none.
func (c Found) trailer(key string) string {
	for _, t := range c.Trailers {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// request returns the request of a commit of ours, as far as the commit tells it.
func (c OwnCommit) request() Request {
	req := Request{ID: c.trailer("Request-Id"), Key: c.trailer("Idempotency-Key"), Time: c.When, Actor: c.Author, Entry: "chat"}
	if req.Actor.ID == "" {
		_, req.Actor.ID = nameAndID(c.trailer("Actor"))
	}
	req.Channel.Name, req.Channel.ID = nameAndID(c.trailer("Channel"))
	command, _, _ := strings.Cut(c.Body, "\n")
	req.Command = strings.TrimPrefix(command, "/alert ")
	return req
}

// nameAndID takes a trailer apart that holds a name and an id.
func nameAndID(text string) (name, id string) {
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		return text[:i], text[i+1:]
	}
	return "", text
}

// findAgain looks the changes that are waited for up by their requests: those that were planned again on top of somebody else's commits are
// other commits by now, and those that could not be are settled.
func (a *Applier) findAgain(ctx context.Context) {
	for _, d := range a.desks {
		for _, w := range d.waits() {
			if err := a.findWaiting(ctx, d, w); err != nil {
				a.Logger.Warn("A change that waits could not be looked up in the rulebook", "request", w.Request.ID, "err", err)
			}
		}
	}
	a.conflicts.Range(func(id, change any) bool {
		if err := a.settleConflict(ctx, change.(Waiting)); err != nil { //nolint:forcetypeassert // nothing else is stored
			a.Logger.Warn("A change that could not be kept could not be looked up in the rulebook", "request", id, "err", err)
		}
		return true
	})
}

// findWaiting brings what is known of a change that is waited for up to date.
func (a *Applier) findWaiting(ctx context.Context, d *desk, w Waiting) error {
	found, err := a.Store.FindRequest(ctx, w.Request.ID)
	if err != nil || len(found) == 0 {
		return err
	}
	commit := found[len(found)-1]
	if commit.trailer("Action") == ConflictAction {
		w.Outcome.Reason = "somebody else's commits, which were pushed first, left no room for it"
		a.conflicts.LoadOrStore(w.Request.ID, w)
		return nil
	}
	if commit.Revision == w.Outcome.Revision {
		return nil
	}
	before, err := a.bookOf(ctx, commit.Parent)
	if err != nil {
		return err
	}
	after, err := a.bookOf(ctx, commit.Revision)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.waiting {
		if d.waiting[i].Request.ID == w.Request.ID {
			d.waiting[i].Outcome.Revision, d.waiting[i].Outcome.Refs = commit.Revision, touched(before, after, d.name)
		}
	}
	return nil
}

// settleConflict tells that a change could not be kept, once the rulebook says so. The change may have been live before.
func (a *Applier) settleConflict(ctx context.Context, w Waiting) error {
	found, err := a.Store.FindRequest(ctx, w.Request.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(found, func(c Found) bool { return c.trailer("Action") == ConflictAction })
	if i < 0 {
		return nil // what was planned again has not come into the rulebook yet, or never will in this form
	}
	if d := a.desks[w.Outcome.Ruler]; d != nil {
		d.settle(w.Request.ID)
	}
	a.conflicts.Delete(w.Request.ID)
	w.Outcome.State, w.Outcome.Undone = Displaced, found[i].Revision
	a.tellSettled(ctx, w)
	return nil
}
