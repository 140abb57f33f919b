package rules

import (
	"errors"
	"fmt"
)

// Resume puts a paused rule back where it stood, exactly as it was where nothing else changed there.
type Resume struct {
	Address string // of the rule that is paused, as it was then
	Request string // only what this command paused; empty: whoever did
	Force   bool   // where the file that it stood in would not be taken as it was: the rule alone, into that file anew
	Reason  string
}

// TrailerResumes names the pause that a resumption ends, by the id of its command.
const TrailerResumes = "Resumes"

// Action returns "resume".
func (Resume) Action() string { return "resume" }

// Plan implements Intent.
func (r Resume) Plan(book *Book) (Change, error) {
	p, err := book.FindPaused(r.Address)
	if err != nil {
		return Change{}, err
	}
	if r.Request != "" && r.Request != p.Request {
		return Change{}, &Error{Kind: NotFound, Offset: -1, Text: fmt.Sprintf("The rule %q is not paused any more by that command.", p.Ref.Name)}
	}
	before := book.then(p)
	f := before.file(p.Ref.Ruler, p.Ref.Path)
	groupIndex, ruleIndex := f.position(p.Ref)
	without, err := f.withoutRule(groupIndex, ruleIndex)
	if err != nil {
		return Change{}, err
	}
	replay := Replay{Before: before, After: before.With(map[string][]byte{book.rulebookPath(p.Ref): without}), Back: true, Ruler: p.Ref.Ruler, Verb: r.Action(), Subject: p.Ref.Name, Reason: r.Reason}
	change, err := replay.Plan(book)
	if err != nil {
		return Change{}, err
	}
	if bad, ok := errors.AsType[*Error](book.With(change.Files).Check(p.Ref.Ruler, book)); ok && book.file(p.Ref.Ruler, p.Ref.Path) == nil {
		if change, err = r.alone(book, p, change, bad); err != nil {
			return Change{}, err
		}
	}
	change.Files[p.path] = nil
	change.Trailers = []Trailer{{TrailerResumes, p.Request}}
	return change, nil
}

// alone returns the change that puts a paused rule back without all else that stood in its file, which is gone and would not be taken as it was, given the change
// that puts back all and why that is so. Nobody could mend that file but with Git, and what it said besides is in the history; who leaves it there says so.
func (r Resume) alone(book *Book, p Paused, whole Change, bad *Error) (Change, error) {
	source := book.then(p).file(p.Ref.Ruler, p.Ref.Path)
	groupIndex, ruleIndex := source.position(p.Ref)
	f := source.alone(p.Ref.Group, groupIndex, ruleIndex)
	only := whole
	only.Files = map[string][]byte{book.rulebookPath(p.Ref): f.content}
	after, address := book.With(only.Files), Word(book.addressAside(p))
	if after.Check(p.Ref.Ruler, book) != nil { // the rule itself
		e := *bad
		e.Text = fmt.Sprintf("%q cannot be put back as it is: %s While it is paused, restore a version of it that was good; or delete it, and add it anew.", p.Ref.Name, bad.Text)
		e.Fixes = []string{"restore " + address, "delete " + address}
		if !source.inLines(p.Ref.Group) { // no version is put in its place there
			e.Text = fmt.Sprintf("%q cannot be put back as it is: %s Delete it, and add it anew.", p.Ref.Name, bad.Text)
			e.Fixes = e.Fixes[1:]
		}
		return Change{}, &e
	}
	if !r.Force {
		return Change{}, conflict("", "%q cannot be put back as it stood: %s The rule alone can be put back, into that file anew; what else stood there stays in the history. "+
			"For that say: resume %s force reason=\"…\".", p.Ref.Name, bad.Text, address)
	}
	only.Refs = touched(book, after, p.Ref.Ruler)
	return only, nil
}
