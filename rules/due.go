package rules

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
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
// whoever comes second finds in the newest rulebook that it is done.
func (a *Applier) keepTime(ctx context.Context) {
	var waiting []due
	var of *Book
	for {
		if book, err := a.Book(ctx); err == nil && book != of {
			if waiting, err = book.due(); err == nil {
				of = book
			}
		}
		now := a.Now()
		for i := range waiting {
			if d := &waiting[i]; !d.at.After(now) && now.Sub(d.tried) > lastRetry && ctx.Err() == nil {
				d.tried = now
				a.doDue(ctx, *d)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(dueAfter * a.PollInterval):
		}
	}
}

// due returns what the service is to do by itself one day.
func (b *Book) due() ([]due, error) {
	paused, err := b.Paused()
	if err != nil {
		return nil, err
	}
	var all []due
	for _, p := range paused {
		if !p.Until.IsZero() {
			intent := Resume{Address: p.Address(), Request: p.Request, Reason: "the pause until " + p.Until.UTC().Format(time.RFC3339) + " is over"}
			all = append(all, due{at: p.Until, command: "resume " + p.Ref.Name, names: "resume " + p.Request, ref: p.Ref, asked: p.Request, intent: intent})
		}
	}
	for _, e := range b.Entries("") {
		if at, said := e.Expires(); said {
			all = append(all, due{at: at, command: "delete " + e.Ref.Name, names: "expire " + hashAddress(e.Ref) + at.UTC().Format(time.RFC3339), ref: e.Ref, intent: Expire{e.Ref, at}})
		}
	}
	return all, nil
}

// doDue does what is due, unless it was done before: what a ruler refused is not done again and again.
func (a *Applier) doDue(ctx context.Context, d due) {
	request := Request{ID: requestFor(d.names), Time: d.tried, Actor: a.Service, Entry: "service", Command: d.command}
	if done, err := a.Store.FindRequest(ctx, request.ID); err != nil || len(done) > 0 {
		return
	}
	a.behind(ctx, func(ctx context.Context) {
		a.Own(ctx, OwnCommand{Request: request, Ref: d.ref, Asked: d.asked}, func(ctx context.Context, request Request) Outcome {
			out := a.Apply(ctx, request, d.intent)
			if out.Err != nil && KindOf(out.Err) != NotFound { // another replica was faster
				a.Logger.Warn("What was due could not be done", "command", d.command, "err", out.Err)
			}
			return out
		})
	})
}

// requestFor returns the id of what the service does by itself, which is the same for every replica.
func requestFor(names string) string {
	sum := sha256.Sum256([]byte(names))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}
