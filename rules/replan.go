package rules

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// ConflictAction is the trailer Action of a commit that says what could not be kept of another one.
const ConflictAction = "conflict"

// Trailers of a commit with that action: which commit it stands in place of, and what that was. The first is also one of a commit that has only
// a part of that.
const (
	trailerDisplaces = "Displaces"
	trailerDisplaced = "Displaced-Action"
	trailerRefused   = "Displaced-As-Refused" // the Git server refuses that, or what is needed for it; else somebody else pushed first
)

// Values of trailerRefused.
const (
	refusedItself = "yes"
	refusedBefore = "before" // it does not fit without one before it
)

// What begins the last paragraph of such a commit's message, and the reason follows.
const (
	notKept        = "not kept, as somebody else pushed first: "
	notKeptWithout = "not kept, as the Git server refuses a change before it: "
)

// notKeptMark returns which of them it is, by the value of trailerRefused.
func notKeptMark(refused string) string {
	if refused == refusedBefore {
		return notKeptWithout
	}
	return notKept
}

// Replan says what a commit of ours is on top of what somebody else pushed first: the same change of the same rules, with its author, date
// and message. Where it cannot be planned there any more, the commit has nothing but an entry on the journal's page that says what could not
// be kept, why, and whose commits are in the way, as far as the store's log can be read; of an edit, an import or a paste of several rules it has those that can be
// kept, and says so of the others. Whoever finds it settles the change as Displaced. It writes nothing. An error means that it could not be told: the rulebook cannot
// be read.
func (a *Applier) Replan(ctx context.Context, own OwnCommit, onto Tree) (Commit, error) {
	if own.Refused {
		return a.standIn(own, onto)
	}
	_, reason := own.said()
	body, before := own.bodyAndNotKept()
	entry := PageEntry{Request: requestOf(own.PastCommit, a.Service), Action: own.Trailer("Action")}
	commit := Commit{Author: own.Author, When: own.When, Subject: own.Subject, Body: own.Body, Trailers: own.Trailers}
	mark := notKeptMark(own.Trailer(trailerRefused))
	change, diff, err := a.again(own, onto)
	switch {
	case err == nil:
		entry.Diff, commit.Trailers = diff, own.movedFrom(change)
		if change.NotKept != "" {
			commit.Subject, commit.Trailers = change.Subject, own.inPart(change.Refs)
		}
	case KindOf(err) == Unavailable:
		return Commit{}, err
	default:
		change = Change{Files: map[string][]byte{}, NotKept: reasonOf(err)}
		commit.Subject, commit.Trailers = ConflictAction+": "+own.Subject, own.displaced()
		change.InTheWay = own.waysOf(err)
		entry.Action = ConflictAction
	}
	if change.NotKept != "" {
		mark = notKeptMark(own.refusedAs())
		change.NotKept = a.withInTheWay(ctx, own, onto, change)
	}
	if not := withNotKept(before, change.NotKept); not != "" {
		change.Reason = mark + not
		commit.Body = strings.TrimSpace(body + "\n\n" + change.Reason)
	}
	change.Ruler, change.Subject, change.Trailers = own.Trailer("Ruler"), commit.Subject, own.trailersOf(TrailerUndoes, TrailerLeft, TrailerRestoredFrom)
	change.Reason = strings.TrimSpace(reason + "\n\n" + change.Reason)
	entry.Change = change
	path, page, err := a.Page(onto, entry)
	if err != nil {
		return Commit{}, &Error{Kind: Unavailable, Offset: -1, Text: "The journal page cannot be written.", Cause: err}
	}
	change.Files[path] = page
	commit.Files = change.Files
	return commit, nil
}

// again plans what a commit of ours did to files once more: the rules one by one, and other files as they are. When somebody else made the
// same change, nothing is left of it.
func (a *Applier) again(own OwnCommit, onto Tree) (change Change, diff string, err error) {
	if own.Blocked != nil {
		return Change{}, "", own.Blocked
	}
	before, err := a.lastBook().At(own.Before)
	if err != nil {
		return Change{}, "", err
	}
	after, err := before.At(own.After)
	if err != nil {
		return Change{}, "", err
	}
	book, err := before.At(onto)
	if err != nil {
		return Change{}, "", err
	}
	if own.Undoes != nil && own.Trailer(TrailerLeft) == "" { // what was left then was not touched by it
		intent, err := own.undo(book)
		return planAgain(book, intent, err)
	}
	if intent, err := own.intent(before, after, book); intent != nil || err != nil {
		return planAgain(book, intent, err)
	}
	change.Files = map[string][]byte{}
	if own.changesRules(before, after) {
		change, diff, err = planAgain(book, Replay{Before: before, After: after, Ruler: own.Trailer("Ruler"), Verb: own.Trailer("Action"), InPart: own.severable()}, nil)
		if err != nil {
			return Change{}, "", err
		}
	}
	for _, f := range own.Files {
		if !strings.HasPrefix(f.Path, journalDir) && !book.reads(f.Path) {
			if err := own.carry(f.Path, onto, change.Files); err != nil {
				return Change{}, "", err
			}
		}
	}
	return change, diff, nil
}

// planAgain plans an intent that may be one whose effect is there already.
func planAgain(book *Book, intent Intent, err error) (change Change, diff string, _ error) {
	change.Files = map[string][]byte{}
	var p planned
	if err == nil {
		p, err = plan(book, intent)
	}
	switch {
	case errors.Is(err, errDone):
		return change, "", nil
	case err != nil:
		return Change{}, "", err
	}
	diff = book.Diff(p.change)
	p.change.Reason = "" // the commit has it
	return p.change, diff, nil
}

// severable reports whether the commit did what is of use in part too: an edit, or an import or a paste of several rules.
func (c OwnCommit) severable() bool {
	switch c.Trailer("Action") {
	case Edit{}.Action():
		return true
	case Import{}.Action(), Add{}.Action():
		return len(c.trailersOf("Alert")) > 1
	}
	return false
}

// movedFrom returns the commit's trailers, with where its rule stood before a change that was planned again.
func (c OwnCommit) movedFrom(change Change) []Trailer {
	trailers := slices.Clone(c.Trailers)
	for i, t := range trailers {
		if now := TrailerOf(change.Trailers, t.Key); t.Key == TrailerMovedFrom && now != "" {
			trailers[i].Value = now
		}
	}
	return trailers
}

// journalDir is where the journal's pages are in the rulebook: each commit writes its own entry there.
const journalDir = "journal/"

// carry adds a file that no ruler reads (any more) to files as the commit made it. Where it is neither as it was before that nor so already,
// somebody else has changed it as well.
func (c OwnCommit) carry(path string, onto Tree, files map[string][]byte) error {
	var contents [3][]byte
	for i, tree := range []Tree{c.Before, c.After, onto} {
		content, err := readOrNone(tree, path)
		if errors.Is(err, ErrTooLarge) {
			return conflict("", "The file %s, which no ruler reads, is too large to be compared.", path)
		}
		if err != nil {
			return err
		}
		contents[i] = content
	}
	switch before, after, now := contents[0], contents[1], contents[2]; {
	case same(now, after):
	case same(now, before):
		files[path] = after
	default:
		return conflict("", "Later changes touched the file %s, which no ruler reads, as well.", path)
	}
	return nil
}

// readOrNone returns the content of a file, nil where there is none: an empty one is not nil.
func readOrNone(tree Tree, path string) ([]byte, error) {
	content, err := tree.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, unreadable(err)
	case content == nil:
		return []byte{}, nil
	}
	return content, nil
}

// same reports whether two files have the same bytes; nil is no file, which is not an empty one.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// changesRules reports whether the commit changes what a ruler reads.
func (c OwnCommit) changesRules(before, after *Book) bool {
	for _, ruler := range before.rulers {
		if len(changedPaths(before, after, ruler.Name)) > 0 {
			return true
		}
	}
	return false
}

// displaced returns the trailers of the commit that says that this one could not be kept. That of a commit that is refused names neither rules nor people.
func (c OwnCommit) displaced() (trailers []Trailer) {
	if !c.Refused {
		trailers = c.trailersOf("Alert")
	}
	trailers = append(append(trailers, c.trailersOf("Ruler")...), Trailer{"Action", ConflictAction})
	if !c.Refused {
		trailers = append(trailers, c.trailersOf("Actor", "Channel")...)
	}
	trailers = append(trailers, Trailer{trailerDisplaces, c.Revision}, Trailer{trailerDisplaced, c.Trailer("Action")})
	if as := c.refusedAs(); as != "" {
		trailers = append(trailers, Trailer{trailerRefused, as})
	}
	return append(trailers, Trailer{"Request-Id", c.Trailer("Request-Id")})
}

// refusedAs returns what trailerRefused says in the commit that stands in place of this one; "" for none.
func (c OwnCommit) refusedAs() string {
	switch {
	case c.Refused:
		return refusedItself
	case c.Without:
		return refusedBefore
	}
	return ""
}

// inPart returns the trailers of the commit that has of this one only what it did to these rules.
func (c OwnCommit) inPart(kept []Ref) (trailers []Trailer) {
	for _, ref := range kept[:min(len(kept), maxAlertTrailers)] {
		trailers = append(trailers, Trailer{"Alert", ref.Name})
	}
	for _, t := range c.Trailers {
		switch t.Key {
		case "Alert", trailerDisplaces, trailerRefused:
		case "Request-Id":
			trailers = append(trailers, Trailer{trailerDisplaces, c.Revision})
			if as := c.refusedAs(); as != "" {
				trailers = append(trailers, Trailer{trailerRefused, as})
			}
			trailers = append(trailers, t)
		default:
			trailers = append(trailers, t)
		}
	}
	return trailers
}

// Displaces reports whether the commit says that the change of its request could not be kept, or only in part.
func (f Found) Displaces() bool { return f.Trailer(trailerDisplaces) != "" }

// bodyAndNotKept takes the paragraph off the message that says what was not kept; "" where there is none.
func (c PastCommit) bodyAndNotKept() (body, not string) {
	mark := "\n\n" + notKeptMark(c.Trailer(trailerRefused)) // at the beginning of the paragraph, as a name in it may say the same
	body = "\n\n" + c.Body
	if i := strings.LastIndex(body, mark); i >= 0 && c.Displaces() {
		return strings.TrimSpace(body[:i]), body[i+len(mark):]
	}
	return c.Body, ""
}

// withNotKept returns what was not kept by two plans, one after the other.
func withNotKept(before, now string) string {
	return strings.Join(slices.DeleteFunc([]string{before, now}, func(s string) bool { return s == "" }), "; then: ")
}

// trailersOf returns the trailers with these keys.
func (c PastCommit) trailersOf(keys ...string) []Trailer {
	var found []Trailer
	for _, t := range c.Trailers {
		if slices.Contains(keys, t.Key) {
			found = append(found, t)
		}
	}
	return found
}
