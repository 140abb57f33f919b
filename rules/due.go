package rules

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"
)

// dueAfter is how many times PollInterval passes between two looks at what is due.
const dueAfter = 10

// due is something that the service does by itself at a time.
type due struct {
	at      time.Time
	command string // as a person would type it
	names   string // what it is about, for good: it is done once
	ref     Ref    // the rule
	aside   string // the file that the rule stands in while it is paused, in the rulebook; "" where it is not
	asked   string // the request that asked for it, where it is known
	intent  Intent
	tried   time.Time
}

// OwnCommand is a command that the service gives itself, as its time has come.
type OwnCommand struct {
	Request Request // its ID is the same for every replica and after a restart; without a place
	Ref     Ref     // the rule that it is about
	Asked   string  // the id of the request that asked for it; empty where a comment in the rule does
}

// keepTime resumes the rules whose pause is over and deletes those whose time is, until ctx ends. Replicas that do it at once do it once:
// whoever comes second finds in the newest rulebook that it is done. What is about a file that is held waits.
func (a *Applier) keepTime(ctx context.Context) {
	var waiting []due
	var of *Book
	var lent *lending
	for {
		a.contained("what is due", "", func() {
			// First what somebody pushed is examined, so that it is known what is held.
			if _, err := a.applied(ctx); err != nil {
				return
			}
			book, err := a.newest(ctx)
			if held := a.outside.lending.Load(); err == nil && (book != of || held != lent) {
				of, lent, waiting = book, held, book.withHeldAside(held).due()
				a.time.keep(waiting)
			}
			a.doAllDue(ctx, of, waiting)
			for _, d := range a.time.gone() {
				d.tried = a.Now()
				a.give(ctx, d, of.shelf(d.ref.Ruler).id(d.ref.Path))
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-time.After(dueAfter * a.PollInterval):
		}
	}
}

// doAllDue does what is due of a book by now.
func (a *Applier) doAllDue(ctx context.Context, book *Book, waiting []due) {
	now, held := a.Now(), a.heldPush()
	for i := range waiting {
		d := &waiting[i]
		switch {
		case d.at.After(now) || ctx.Err() != nil:
		case held.Holds(book, d.ref), d.aside != "" && held.holds(d.aside):
			a.time.late(*d, "its file is held: what was pushed to it would not be taken")
		case now.Sub(d.tried) > lastRetry:
			d.tried = now
			a.doDue(ctx, *d, book.shelf(d.ref.Ruler).id(d.ref.Path))
		}
	}
}

// due returns what the service is to do by itself one day.
func (b *Book) due() []due {
	var all []due
	for _, p := range b.Paused() {
		if !p.Until.IsZero() {
			intent := Resume{Address: p.Address(), Request: p.Request, Reason: "the pause until " + p.Until.UTC().Format(time.RFC3339) + " is over"}
			all = append(all, due{at: p.Until, command: "resume " + Word(p.Ref.Name), names: "resume " + p.Request, ref: p.Ref, aside: p.path, asked: p.Request, intent: intent})
		}
	}
	for _, shelf := range b.shelves {
		for _, f := range shelf {
			all = append(all, f.due()...)
		}
	}
	return all
}

// due returns which rules of a file are to be deleted one day. Few files have one.
func (s *shelved) due() (all []due) {
	if !bytes.Contains(s.file.content, []byte("# expires: ")) {
		return nil
	}
	for _, e := range s.entries {
		if at, said := e.Expires(); said {
			all = append(all, due{at: at, command: "delete " + Word(e.Ref.Name), names: "expire " + hashAddress(e.Ref) + at.UTC().Format(time.RFC3339), ref: e.Ref, intent: Expire{e.Ref, at}})
		}
	}
	return all
}

// doDue does what is due while its rule's file has the content id, unless it was done before: what a ruler refused is not done again and again.
func (a *Applier) doDue(ctx context.Context, d due, file string) {
	done, err := a.doneBy(ctx, requestFor(d.names))
	switch {
	case err != nil:
		a.time.late(d, "it cannot be told whether it was done before: "+reasonOf(err))
	case done != "":
		a.time.late(d, fmt.Sprintf("it was done by the commit %s, and taken back since: it is not done again by itself", ShortRevision(done)))
	default:
		a.give(ctx, d, file)
	}
}

// doneBy returns a commit of ours for a request, however long ago it was; "" where there is none.
func (a *Applier) doneBy(ctx context.Context, request string) (revision string, err error) {
	own, err := a.OwnOf(ctx, request)
	switch {
	case err != nil:
		return "", err
	case len(own) > 0:
		return own[len(own)-1].Revision, nil
	default:
		return a.OwnOfOld(ctx, request)
	}
}

// give gives the command that does what is due, behind all else. Where it is to be looked at again, whoever wrote the command down waits for its end:
// should there be nothing more to do by then, it is given once more all the same, and finds that.
func (a *Applier) give(ctx context.Context, d due, file string) {
	request := Request{ID: requestFor(d.names), Time: d.tried, Actor: a.Service, Entry: EntryService, Command: d.command}
	a.behind(ctx, "what is due", request.ID, func(ctx context.Context) {
		why := "the journal cannot be written, so it is put off"
		a.Own(ctx, OwnCommand{Request: request, Ref: d.ref, Asked: d.asked}, func(ctx context.Context, request Request) Outcome {
			out := a.Apply(ctx, request, unlessMoved{d.intent, d.ref, file})
			// Another replica was faster, or the next look sees what was changed.
			again := errors.Is(out.Err, ErrLookAgain)
			a.time.given(d, again)
			if why = ""; out.Err != nil && KindOf(out.Err) != NotFound && !again && ctx.Err() == nil {
				why = reasonOf(out.Err)
				a.Logger.Warn("What was due could not be done", "id", "AS4004", "command", d.command, "request", request.ID, "err", out.Err)
			}
			return out
		})
		a.time.late(d, why)
	})
}

// ErrLookAgain is the cause of the error of an OwnCommand whose rule's file was changed at the same moment: it has not failed, and what is due is
// looked at again by itself.
var ErrLookAgain = errors.New("what is due is looked at again")

// unlessMoved is an intent that is planned only while the file of a rule is as it was looked at: whether it may be done was told by that. That there
// is nothing to do any more is told in any case.
type unlessMoved struct {
	Intent
	ref  Ref
	file string // its content id; "" for none
}

// Plan implements Intent.
func (u unlessMoved) Plan(book *Book) (Change, error) {
	change, err := u.Intent.Plan(book)
	if KindOf(err) != NotFound && book.shelf(u.ref.Ruler).id(u.ref.Path) != u.file {
		moved := conflict("", "Its file was changed at the same moment; it is looked at again.")
		moved.Cause = ErrLookAgain
		return Change{}, moved
	}
	return change, err
}

// requestFor returns the id of what the service does by itself, which is the same for every replica.
func requestFor(names string) string {
	sum := sha256.Sum256([]byte(names))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}
