package rules

import (
	"context"
	"fmt"
	"slices"
)

// pastSince is what happened since the last good state.
type pastSince struct {
	to        string // the revision that it goes up to; "" when nothing was read
	external  []PastCommit
	own       []PastCommit
	displaced []PastCommit      // that stand in place of a change of ours, or of a part of it
	mended    string            // the request whose change of what was held came last; "" where that was somebody else's
	elsewhere bool              // nobody else committed anything, and all the same it does not lead on from the last good state: the branch was set back
	at        string            // the first external commit; where there is none, what the branch stood at before ours: the end of it, where there is none either
	from      string            // where the branch was when it was put elsewhere; "" where it leads on from there
	gone      []PastCommit      // that led there, as Elsewhere has them
	news      bool              // nobody was told of that yet
	between   bool              // a commit of ours came after an external one
	ours      map[string]bool   // path in the rulebook → it was us who touched it last
	left      map[string]string // path in the rulebook → the commit of ours that touched it last, also where somebody else did later
}

// add takes a commit up. One that says to be ours is somebody else's where nobody knows it for ours.
func (a *Applier) add(ctx context.Context, p *pastSince, c PastCommit) error {
	judged, err := c.Judged(ctx, a.Ours)
	if err != nil {
		return err
	}
	external := judged.External()
	if external && !c.External() {
		a.Logger.Warn("A commit says to be made by this service, which does not know it: it is taken for somebody else's", "id", "AS3019", "commit", c.Revision, "author", c.Author.Name)
	}
	c = judged
	p.between = p.between || !external
	if a.outside.held.blames(c) {
		p.mended = c.Trailer("Request-Id")
	}
	if p.at == "" && external {
		p.at = c.Revision
	} else if p.at == "" {
		p.at = c.Parent
	}
	if !external {
		p.own = append(p.own, c)
	}
	switch {
	case external:
		p.external = append(p.external, c)
	case c.Displaces():
		p.displaced = append(p.displaced, c)
	}
	if c.Cut && external { // it may have changed any
		clear(p.ours)
	}
	for _, f := range c.Files {
		p.ours[f.Path] = !external
		if !external {
			p.left[f.Path] = c.Revision
		}
	}
	return nil
}

// hide notes that what stands where something cannot be read, or below it, is as somebody else left it: we removed nothing there.
func (p *pastSince) hide(stray []Problem) {
	for path := range p.ours {
		p.ours[path] = p.ours[path] && !slices.ContainsFunc(stray, func(s Problem) bool { return hides(s, path) })
	}
}

// hides reports whether a path is that of something that cannot be read, or below it.
func hides(p Problem, path string) bool {
	_, in := below(p.Path, path)
	return in || p.Path == path
}

// pastSince reads what happened since the last good state; while something is held, only what was committed on top of what was read before.
// The caller holds outside.
func (a *Applier) pastSince(ctx context.Context, book *Book) (pastSince, error) {
	o := &a.outside
	if o.held != nil {
		past, onTop := o.past, true
		past.news = false
		err := a.Store.Log(ctx, past.to, book.Revision(), func(c PastCommit) error {
			onTop = onTop && len(c.Parents) == 1 && c.Parent == past.to
			past.to = c.Revision
			return a.add(ctx, &past, c)
		})
		if err == nil && onTop && past.to == book.Revision() {
			return past, nil
		}
		// The branch was put elsewhere, or something was merged.
	}
	return a.pastSinceGood(ctx, book)
}

// pastSinceGood reads all that happened since the last good state. Commits of ours that come first were good, and move that state on.
func (a *Applier) pastSinceGood(ctx context.Context, book *Book) (pastSince, error) {
	o := &a.outside
	past, good := pastSince{to: book.Revision(), ours: map[string]bool{}, left: map[string]string{}}, o.good.Revision()
	err := a.Store.Log(ctx, good, book.Revision(), func(c PastCommit) error {
		if err := a.add(ctx, &past, c); err != nil {
			return err
		}
		if len(past.external) == 0 && len(c.Parents) <= 1 && c.Parent == good {
			good, past.between = c.Revision, false
		}
		return nil
	})
	if err != nil {
		return past, fmt.Errorf("the commits since %s cannot be read: %w", good, err)
	}
	past.elsewhere = len(past.external) == 0 && good != book.Revision()
	if past.at == "" {
		past.at = book.Revision()
	}
	if err := a.leftBehind(ctx, &past, book.Revision()); err != nil {
		return past, fmt.Errorf("the commits that do not lead to %s cannot be read: %w", book.Revision(), err)
	}
	if len(past.external) > 0 && good != o.good.Revision() {
		if o.good, err = a.bookOf(ctx, good); err != nil {
			return past, err
		}
	}
	return past, nil
}
