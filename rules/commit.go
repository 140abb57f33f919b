package rules

import (
	"context"
	"maps"
	"strings"
	"time"
)

// committed is a change that stands in the rulebook, with the book on either side of it.
type committed struct {
	planned
	revision string
	pushed   time.Duration // how long the Git server took to have it; 0 where nobody waited for that
	order    int64         // of the commits of this run: who committed later has a higher one
}

// commit is step 7: it plans the intent against the newest head, as often as races demand, and commits rule files and journal
// page together. draft is a plan of the intent, which serves as long as the book is the same.
func (a *Applier) commit(ctx context.Context, req Request, intent Intent, draft planned) (committed, error) {
	start := a.Now()
	ruler := draft.change.Ruler
	var p planned
	var order int64
	tree, err := a.Store.Update(ctx, func(tree Tree) (Commit, error) {
		book, err := a.bookAt(tree)
		if err != nil {
			return Commit{}, err
		}
		book = a.lend(book)
		if p = draft; p.before != book {
			if p, err = a.planAndLint(book, intent); err != nil {
				return Commit{}, err
			}
		}
		if p.change.Ruler != ruler {
			return Commit{}, &Error{Kind: Conflict, Text: "The rulebook was changed by somebody else at the same moment; nothing was changed. Please send the command again.", Offset: -1}
		}
		order = a.plans.Add(1)
		return a.compose(tree, req, intent.Action(), p, book.Diff(p.change))
	})
	if err != nil {
		return committed{}, err
	}
	a.Step(StepCommitted, ruler, a.Now().Sub(start))
	done := committed{planned: p, revision: tree.Revision(), order: order}
	if p, ok := tree.(Pushed); ok {
		done.pushed = p.Pushed()
	}
	if done.after, err = a.bookAt(tree); err != nil {
		// It is committed: nothing after this point may call it failed. The plan knows what was written.
		done.after = p.after
	}
	return done, nil
}

// compose puts the change's files, its journal page and its message into one commit.
func (a *Applier) compose(tree Tree, req Request, action string, p planned, diff string) (Commit, error) {
	change := p.change
	files, err := a.written(tree, req, action, p, diff)
	if err != nil {
		return Commit{}, err
	}
	trailers := commitTrailers(req, action, p)
	if anchor := a.Anchor(); anchor != "" {
		trailers = append(trailers, Trailer{"Journal", anchor})
	}
	return Commit{
		Author:   req.Actor,
		When:     req.Time,
		Subject:  change.Subject,
		Body:     commitBody(req, change),
		Trailers: trailers,
		Files:    files,
	}, nil
}

// written returns the files of a change with its journal page.
func (a *Applier) written(tree Tree, req Request, action string, p planned, diff string) (map[string][]byte, error) {
	path, page, err := a.Page(tree, PageEntry{Request: req, Action: action, Change: p.change, Diff: diff, Findings: p.findings})
	if err != nil {
		return nil, &Error{Kind: Unavailable, Text: "The journal page cannot be written; nothing was changed.", Cause: err}
	}
	files := maps.Clone(p.change.Files)
	files[path] = page
	return files, nil
}

// fits fails as the commit of a plan would where the rulebook's tree has something else in the way of its files. Who commits learns it there; this is for who
// does not.
func (a *Applier) fits(tree Tree, action string, p planned, diff string) error {
	fitter, ok := tree.(Fitter)
	if !ok {
		return nil
	}
	files, err := a.written(tree, Request{Time: a.Now()}, action, p, diff)
	if err != nil {
		return err
	}
	return fitter.Fits(files)
}

func commitBody(req Request, change Change) string {
	body := "/alert " + req.Command
	if req.Entry == EntryImport {
		body = "alertsmith " + req.Command
	}
	if change.Reason != "" {
		body += reasonMark + change.Reason
	}
	return body
}

// reasonMark stands between a command and why it was given.
const reasonMark = "\n\nReason: "

// maxAlertTrailers is how many rules a commit names: an import can have thousands.
const maxAlertTrailers = 100

func commitTrailers(req Request, action string, p planned) []Trailer {
	change := p.change
	var trailers []Trailer
	for _, ref := range change.Refs[:min(len(change.Refs), maxAlertTrailers)] {
		trailers = append(trailers, Trailer{"Alert", ref.Name})
	}
	trailers = append(trailers,
		Trailer{"Ruler", change.Ruler},
		Trailer{"Action", action},
		Trailer{"Actor", strings.TrimSpace(req.Actor.Name + " " + req.Actor.ID)},
		Trailer{"Channel", strings.TrimSpace(req.Channel.Name + " " + req.Channel.ID)},
	)
	trailers = append(trailers, change.Trailers...)
	trailers = append(trailers, findingTrailers(p.findings)...)
	trailers = append(trailers, Trailer{"Request-Id", req.ID})
	if req.Key != "" {
		trailers = append(trailers, Trailer{"Idempotency-Key", req.Key})
	}
	return trailers
}
