package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// InTheWay is the cause of an error about files, or what is none, that are not as a change needs them: their paths in the rulebook.
type InTheWay []string

// Error returns the paths.
func (w InTheWay) Error() string { return "in the way: " + strings.Join(w, ", ") }

// Bounds of what is told of who is in the way: maxPushedBefore is how many commits are looked through, maxInTheWay how many of them are named, and
// maxCalled how many runes of what somebody else calls himself, or a label.
const (
	maxPushedBefore = 200
	maxInTheWay     = 3
	maxCalled       = 60
)

var errManyBefore = errors.New("more commits were pushed first than are looked through")

// withInTheWay returns why a commit of ours is not kept, with the commits that came before it and changed files in its way: "…; in the way: 1a2b3c4 by Bob".
func (a *Applier) withInTheWay(ctx context.Context, own OwnCommit, onto Tree, change Change) string {
	commits := strings.Join(a.inTheWay(ctx, own, onto, change.InTheWay), ", ")
	switch why := change.NotKept; {
	case commits == "":
		return why
	case strings.HasSuffix(why, "."):
		return why + " In the way: " + commits + "."
	default:
		return why + "; in the way: " + commits
	}
}

// inTheWay names the commits that came before one of ours and that changed one of the files, the newest first; none where they cannot be read, or so many
// came that they are not looked through. Commits of ours are named where nobody else made one.
func (a *Applier) inTheWay(ctx context.Context, own OwnCommit, onto Tree, paths InTheWay) []string {
	if own.Without || len(paths) == 0 {
		return nil
	}
	var theirs, ours []string
	seen := 0
	err := a.Store.Log(ctx, own.Parent, onto.Revision(), func(c PastCommit) error {
		if seen++; seen > maxPushedBefore {
			return errManyBefore
		}
		if !c.Cut && !slices.ContainsFunc(c.Files, func(f PastFile) bool { return slices.Contains(paths, f.Path) }) {
			return nil
		}
		c, err := c.Judged(ctx, a.Ours)
		named := fmt.Sprintf("%s by %s", ShortRevision(c.Revision), who(c.Author.Name))
		if c.External() {
			theirs = append(theirs, named)
		} else {
			ours = append(ours, named)
		}
		return err
	})
	if err != nil {
		return nil
	}
	if len(theirs) == 0 {
		theirs = ours
	}
	slices.Reverse(theirs)
	if more := len(theirs) - maxInTheWay; more > 0 {
		theirs = append(theirs[:maxInTheWay], fmt.Sprintf("and %d more", more))
	}
	return theirs
}

// who returns an author's name as a line has room for it.
func who(name string) string { return cmp.Or(inLine(name), "somebody") }

// inLine returns what somebody else calls a thing in one line, and no more of it than a line has room for.
func inLine(name string) string {
	runes := []rune(strings.Join(strings.Fields(name), " "))
	if len(runes) > maxCalled {
		return string(runes[:maxCalled]) + "…"
	}
	return string(runes)
}

// waysOf returns the files that an error about a commit of ours is about: those that it names, or else all that the commit changed.
func (c OwnCommit) waysOf(err error) (paths InTheWay) {
	if errors.As(err, &paths) {
		return paths
	}
	for _, f := range c.Files {
		if !strings.HasPrefix(f.Path, journalDir) {
			paths = append(paths, f.Path)
		}
	}
	return paths
}
