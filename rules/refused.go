package rules

import (
	"context"
	"errors"
	"strings"
	"time"
)

// PushRefusal is about a commit of the rulebook that the Git server refuses again and again, also pushed by itself: those after it wait for it.
type PushRefusal struct {
	Commit PastCommit // Files left out
	Reason string     // in the server's words, one line
	Said   []string   // what the server and its hooks printed meanwhile: its last lines
	Since  time.Time  // when it was refused first since the start
	Behind int        // commits that wait for it
	// Required is set where no change counts before the server has it: then none can be made before it has this one.
	Required bool
}

// StandsIn reports whether what is refused stands itself in place of a commit that was refused, and has nothing of a rule: then it is not what a commit says
// that the server has something against.
func (r PushRefusal) StandsIn() bool { return r.Commit.Trailer("Action") == ConflictAction }

// refusedReason is why a change was displaced that the Git server refused. What the server said is not in it, and so in no commit: a server that refuses a
// word refuses it there as well.
const refusedReason = "the Git server refuses it, and nothing of it was in force any more"

// LeftOut reports whether the change is not in the history of the rulebook as the Git server refuses it, and not as somebody else pushed first.
func (o Outcome) LeftOut() bool { return o.State == Displaced && o.Reason == refusedReason }

// lacksReason begins why a change was displaced that does not fit without one that was left out.
const lacksReason = "the Git server refuses a change before it, without which this does not fit"

// LacksRefused reports whether the change could not be kept, or only in part, as the Git server refuses one before it, and not as somebody else pushed first.
func (o Outcome) LacksRefused() bool {
	return o.State == Displaced && strings.HasPrefix(o.Reason, lacksReason)
}

// NothingLeft reports whether nothing is in force any more, in a later state of the rulebook, of what a commit of ours did: it was taken back, or did
// nothing to rules. One that stands in place of another tells of that, and is never without effect. An error means that it could not be told.
func (a *Applier) NothingLeft(_ context.Context, own OwnCommit, now Tree) (bool, error) {
	if own.Trailer("Action") == ConflictAction {
		return false, nil
	}
	book, err := a.lastBook().At(now)
	if err != nil {
		return false, err
	}
	before, err := book.At(own.Before)
	if err != nil {
		return false, err
	}
	after, err := before.At(own.After)
	if err != nil {
		return false, err
	}
	for _, ruler := range changedRulers(before, after) {
		_, err := Replay{Before: before, After: after, Back: true, Ruler: ruler}.Plan(book)
		if !errors.Is(err, errDone) {
			return false, onlyUnavailable(err)
		}
	}
	for _, f := range own.Files {
		if strings.HasPrefix(f.Path, journalDir) || book.reads(f.Path) || isPaused(f.Path) {
			continue
		}
		was, err := readOrNone(own.Before, f.Path)
		if err != nil {
			return false, err
		}
		is, err := readOrNone(now, f.Path)
		if err != nil || !same(was, is) {
			return false, err
		}
	}
	return true, nil
}

// onlyUnavailable leaves of errors those that say that something cannot be read.
func onlyUnavailable(err error) error {
	if KindOf(err) == Unavailable {
		return err
	}
	return nil
}

// standIn returns the commit that stands in place of one that the Git server refuses. It is by the service, and says no more than which request's change is
// left out: whatever the server has against the other one is not in it, be that a word, a person, a path or the size. Who gave the command, where, and for
// which rules, the journal says, and the commit itself, which is kept.
func (a *Applier) standIn(own OwnCommit, onto Tree) (Commit, error) {
	id := own.Trailer("Request-Id")
	request := Request{ID: id, Time: own.When, Actor: a.Service, Entry: EntryService}
	subject := ConflictAction + ": the change of the request " + id
	change := Change{Ruler: own.Trailer("Ruler"), Subject: subject, Reason: "left out: " + refusedReason, Files: map[string][]byte{}}
	path, page, err := a.Page(onto, PageEntry{Request: request, Action: ConflictAction, Change: change})
	if err != nil {
		return Commit{}, &Error{Kind: Unavailable, Offset: -1, Text: "The journal page cannot be written.", Cause: err}
	}
	return Commit{
		Author: a.Service, When: own.When, Subject: subject, Body: change.Reason, Files: map[string][]byte{path: page},
		Trailers: own.displaced(),
	}, nil
}
