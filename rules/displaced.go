package rules

import (
	"context"
	"strings"
)

// settleDisplaced tells of changes that could not be kept, by the commits that say so, the oldest first and each once in the run of a service. Such a change may
// have been live before. The caller holds outside.
func (a *Applier) settleDisplaced(ctx context.Context, commits []PastCommit) {
	o := &a.outside
	var inTurn []Waiting
	for _, c := range commits {
		if _, known := o.displaced[c.Revision]; known {
			continue
		}
		w := displacedBy(c, a.Service)
		o.displaced[c.Revision] = w
		if d := a.desks[w.Outcome.Ruler]; d != nil {
			d.settle(w.Request.ID)
		}
		a.Logger.Info("A change of ours could not be kept", "request", w.Request.ID, "commit", c.Revision, "reason", w.Outcome.Reason)
		if a.Answering(w.Request.ID) { // whoever is told waits for that answer, and no other change is to
			a.tell(ctx, "displaced", w.Request.ID, func(ctx context.Context) { a.tellDisplaced(ctx, w) })
		} else {
			inTurn = append(inTurn, w)
		}
	}
	if len(inTurn) == 0 {
		return
	}
	a.tell(ctx, "displaced", "", func(ctx context.Context) {
		for _, w := range inTurn {
			a.contained("displaced", w.Request.ID, func() { a.tellDisplaced(ctx, w) })
		}
	})
}

// tellDisplaced tells of one change that could not be kept.
func (a *Applier) tellDisplaced(ctx context.Context, w Waiting) {
	w.Outcome.Reason = a.reasonNow(w.Outcome)
	a.Settled(context.WithoutCancel(ctx), w)
}

// notKept returns how the change of a request ended, where it was displaced while its command waited for the ruler: what was seen there is not how it ended.
func (a *Applier) notKept(request string, out Outcome) Outcome {
	told, displaced := a.displacedFor(request)
	if !displaced {
		return out
	}
	out = out.DisplacedBy(told)
	out.Reason = a.reasonNow(out)
	return out
}

// displacedFor returns what is known of how the change of a request was displaced, and whether it was.
func (a *Applier) displacedFor(request string) (Outcome, bool) {
	a.outside.mu.Lock()
	defer a.outside.mu.Unlock()
	for _, w := range a.outside.displaced {
		if w.Request.ID == request {
			return w.Outcome, true
		}
	}
	return Outcome{}, false
}

// reasonNow returns the reason why a change was displaced, which says so while that does not come in force.
func (a *Applier) reasonNow(displaced Outcome) string {
	if a.heldPush() == nil || displaced.LeftOut() {
		return displaced.Reason
	}
	return strings.TrimSuffix(displaced.Reason, ".") + displacedHeld
}

// displacedBy returns the change that a commit stands in place of, as far as that tells it.
func displacedBy(c PastCommit, service Person) Waiting {
	_, why := c.said()
	out := Outcome{
		Result: Success, Action: c.Trailer(trailerDisplaced), Why: why, Ruler: c.Trailer("Ruler"), Revision: c.Trailer(trailerDisplaces),
		State: Displaced, Undone: c.Revision, Reason: c.whyNotKept(),
	}
	for _, t := range c.trailersOf("Alert") {
		out.Refs = append(out.Refs, Ref{Ruler: out.Ruler, Name: t.Value, Nth: 1})
	}
	if c.Trailer("Action") != ConflictAction { // what could be kept of it
		out.Action, out.Revision = c.Trailer("Action"), c.Revision
	}
	return Waiting{Request: requestOf(c, service), Outcome: out, Since: c.When}
}

// Displace says in the outcome of a change that the commit says what could not be kept of it.
func (f Found) Displace(out *Outcome) {
	out.State, out.Undone, out.Reason = Displaced, f.Revision, f.whyDisplaced()
	if f.Trailer("Action") != ConflictAction {
		out.Revision = f.Revision
	}
}

// whyDisplaced returns why what the commit displaces could not be kept, as far as its trailers tell that.
func (f Found) whyDisplaced() string {
	switch f.Trailer(trailerRefused) {
	case "":
		return displacedBefore
	case refusedBefore:
		return lacksReason
	}
	return refusedReason
}

// whyNotKept returns why what the commit displaces could not be kept, as far as its message tells that.
func (c PastCommit) whyNotKept() string {
	why := c.whyDisplaced()
	switch _, not := c.bodyAndNotKept(); {
	case not == "":
		return why
	case why == lacksReason:
		return why + ": " + not
	default:
		return not
	}
}

// displacedHeld is added to the reason where that does not come in force for now.
const displacedHeld = "; what was pushed is held, and until that is mended the change stays in force in the files that it touched"

const displacedBefore = "somebody else's commits, which were pushed first, left no room for it"

// importMark begins the body of a commit that was asked for on the command line.
const importMark = "alertsmith "

// requestOf returns the request of a commit of ours, as far as the commit tells it.
func requestOf(c PastCommit, service Person) Request {
	req := Request{ID: c.Trailer("Request-Id"), Key: c.Trailer("Idempotency-Key"), Time: c.When, Actor: c.Author, Entry: EntryChat}
	if req.Actor.ID == "" {
		_, req.Actor.ID = nameAndID(c.Trailer("Actor"))
	}
	req.Channel.Name, req.Channel.ID = nameAndID(c.Trailer("Channel"))
	command, _ := c.said()
	req.Command = strings.TrimPrefix(strings.TrimPrefix(command, "/alert "), importMark)
	switch {
	case strings.HasPrefix(command, importMark):
		req.Entry = EntryImport
	case req.Actor.ID == service.ID:
		req.Entry = EntryService
	case strings.HasPrefix(req.Actor.ID, TerminalID):
		req.Entry = EntryCLI
	}
	return req
}

// said takes the body of a commit of ours apart as commitBody puts it together.
func (c PastCommit) said() (command, reason string) {
	body, _ := c.bodyAndNotKept()
	if i := strings.LastIndex(body, reasonMark); i >= 0 {
		return body[:i], body[i+len(reasonMark):]
	}
	return body, ""
}

// nameAndID takes a trailer apart that holds a name and an id.
func nameAndID(text string) (name, id string) {
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		return text[:i], text[i+1:]
	}
	return "", text
}

// findAgain looks the changes that are waited for up by their requests: those that were planned again on top of somebody else's commits are
// other commits by now.
func (a *Applier) findAgain(ctx context.Context) {
	for _, d := range a.desks {
		for _, w := range d.waits() {
			if err := a.findWaiting(ctx, d, w); err != nil {
				a.Logger.Warn("A change that waits could not be looked up in the rulebook", "id", "AS4003", "request", w.Request.ID, "err", err)
			}
		}
	}
}

// findWaiting brings what is known of a change that is waited for up to date.
func (a *Applier) findWaiting(ctx context.Context, d *desk, w Waiting) error {
	found, err := a.OwnOf(ctx, w.Request.ID)
	if err != nil || len(found) == 0 {
		return err
	}
	commit := found[len(found)-1]
	if commit.Displaces() { // it came to wait after that was told
		commit.Displace(&w.Outcome)
		a.rest(ctx, d, w)
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
			d.waiting[i].Outcome.Revision = commit.Revision
			if refs := touched(before, after, d.name); len(refs) > 0 { // else what it did was so already when it was planned again
				d.waiting[i].Outcome.Refs = refs
			}
		}
	}
	return nil
}
