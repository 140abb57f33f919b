package rules

import (
	"strconv"
	"time"
)

// Undo takes back what a commit did, as a new commit. It is the exact inverse where nothing of it was touched since; a rule that a later
// commit touched as well is a Conflict that explains itself, as Replay says, with Stuck as its cause.
type Undo struct {
	Commit        PastCommit
	Before, After *Book  // on either side of it: at its first parent, and at itself
	Ruler         string // of whose rules; "" = of the only ruler whose rules the commit changed
	Force         bool   // also when others use by now what goes with it
	Reason        string
	Earlier       []*Book   // in which its Newcomers stood: they tell the order
	Time          time.Time // rules that ended by then come back without their end
	Leave         []Ref     // as Replay has it: what stays as it is, as later commits touched it
}

// Rulers returns the rulers whose rules the commit changed.
func (u Undo) Rulers() []string { return changedRulers(u.Before, u.After) }

// Action returns "undo".
func (Undo) Action() string { return "undo" }

// Plan implements Intent.
func (u Undo) Plan(book *Book) (Change, error) {
	book = book.own()
	change, err := Replay{
		Before: u.Before, After: u.After, Back: true, Ruler: u.Ruler, Verb: u.Action(), Subject: u.Commit.Subject, Reason: u.Reason, Earlier: u.Earlier, Leave: u.Leave,
	}.Plan(book)
	if err == nil {
		change, err = book.endless(change, u.Time)
	}
	if err != nil {
		return Change{}, err
	}
	change.Trailers = []Trailer{{TrailerUndoes, u.Commit.Name()}}
	if change.NotKept != "" {
		change.Trailers = append(change.Trailers, Trailer{TrailerLeft, strconv.Itoa(len(u.Leave))})
		change.NotKept, change.InTheWay = "", nil // this is no commit that is planned again
	}
	return change, book.checkUnused(change, u.Force)
}

// NoRules returns the files, by their paths in the rulebook, that the commit left as they are in a newer book and that an undo leaves so, as neither before it
// nor after it there is anything of a rule file in them; and the commands of Git, for a clone, that take them back.
func (u Undo) NoRules(book *Book) (paths, mend []string) {
	for _, ruler := range u.Rulers() {
		if u.Ruler != "" && ruler != u.Ruler {
			continue
		}
		for _, path := range changedPaths(u.Before, u.After, ruler) {
			was, is := u.Before.file(ruler, path), u.After.file(ruler, path)
			if is == nil || !noRuleFile(is) || !noRuleFile(was) || !sameContent(is, book.own().file(ruler, path)) {
				continue
			}
			path = book.rulebookPath(Ref{Ruler: ruler, Path: path})
			line := gitRemove(path)
			if was != nil {
				line = gitRestore(u.Commit.Parent, path)
			}
			paths, mend = append(paths, path), append(mend, line)
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	return paths, gitPushed(mend, "take back "+ShortRevision(u.Commit.Revision))
}

// The trailers that say which commit a change goes by, as PastCommit.Name names it. TrailerLeft says of an undo how many rules, groups and files it left
// as they are.
const (
	TrailerUndoes       = "Undoes"
	TrailerLeft         = "Left"
	TrailerRestoredFrom = "Restored-From"
)

// Name returns what names a commit for good: the id of the request that asked for it, as a commit that is planned again on top of
// somebody else's has that still, and another hash; the full hash of other people's commits.
func (c PastCommit) Name() string {
	if id := c.Trailer("Request-Id"); id != "" {
		return id
	}
	return c.Revision
}
