package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Restore puts one rule back as it was at a commit, with its comments: in place of what it is now, or, when it is gone, where it was.
// What its group said for all its rules comes back with it where it is the only one.
// A group or file that is gone is made again. A rule that is paused stays so, and one that is gone and was paused then is paused again.
type Restore struct {
	From   *Book      // the rulebook at the commit
	Ref    Ref        // where the rule stood then
	Now    Ref        // where its history says that it stands now; zero when it is gone, or nobody followed it
	Commit PastCommit // for the account
	Reason string
	Time   time.Time // what ended by then comes back without its end
}

// Action returns "restore".
func (Restore) Action() string { return "restore" }

// Plan implements Intent.
func (r Restore) Plan(book *Book) (Change, error) {
	book = book.own()
	if p, paused := r.From.pausedAt(r.Ref); paused {
		if _, there := book.Get(r.Now); !there {
			return r.pauseAgain(book, p)
		}
		r.From, r.Ref = r.From.then(p), p.Ref
	}
	if p, paused := book.pausedAt(r.Now); paused {
		return r.whilePaused(book, p)
	}
	return r.plan(book)
}

// pauseAgain puts back the file of a rule that is gone, and was paused then.
func (r Restore) pauseAgain(book *Book, p Paused) (Change, error) {
	if at := book.aside[p.path]; at != nil && at.problem == "" {
		return Change{}, conflict("name", "Another rule %q of that group is paused already, in %s. Resume or delete that first.", p.Ref.Name, p.path)
	}
	if _, there := book.Get(p.Ref); there {
		return Change{}, conflict("name", "%q was paused then, and another rule stands in its place by now.", p.Ref.Name)
	}
	change := r.change(map[string][]byte{p.path: r.From.asideContent(p.path)}, p.Ref.Name)
	change.Ruler, change.Refs = p.Ref.Ruler, []Ref{p.Ref}
	return change, nil
}

// whilePaused changes what a paused rule will say when it is resumed.
func (r Restore) whilePaused(book *Book, p Paused) (Change, error) {
	within := r
	within.Now = p.Ref
	change, err := within.plan(book.then(p))
	if errors.Is(err, errDone) {
		_, stuck := plan(book, Resume{Address: p.Address()})
		if why, ok := errors.AsType[*Error](stuck); ok {
			e := *why
			e.Field, e.Text = "", fmt.Sprintf("%q says just what it said then, and is paused. %s", p.Ref.Name, why.Text)
			return Change{}, &e
		}
		e := conflict("", "There is nothing to restore: %q says just what it said then. It is paused.", p.Ref.Name)
		e.Fixes = []string{"resume " + Word(book.addressAside(p))}
		return Change{}, e
	}
	if err != nil {
		return Change{}, err
	}
	p.was = change.Files[book.rulebookPath(p.Ref)]
	change.Files, change.Refs = map[string][]byte{p.path: p.render()}, []Ref{p.Ref}
	return change, nil
}

// change returns what writes some files.
func (r Restore) change(files map[string][]byte, name string) Change {
	return Change{
		Ruler: r.Ref.Ruler, Files: files, Subject: "restore " + name, Reason: r.Reason,
		Trailers: []Trailer{{TrailerRestoredFrom, r.Commit.Name()}},
	}
}

// plan restores a rule to where a ruler reads it.
func (r Restore) plan(book *Book) (Change, error) {
	_, then := r.From.Get(r.Ref)
	if _, configured := book.ruler(r.Ref.Ruler); !configured || !then {
		return Change{}, &Error{Kind: NotFound, Offset: -1, Field: "name", Text: "At that commit there was no such rule of a ruler that is configured now."}
	}
	source := r.From.file(r.Ref.Ruler, r.Ref.Path)
	groupIndex, index := source.position(r.Ref)
	if source.groupIndex(r.Ref.Group) != groupIndex {
		return Change{}, byHand("%s had two groups with the name %q", r.From.rulebookPath(r.Ref), r.Ref.Group)
	}
	m := newMerge(book, r.From, r.From, r.Ref.Ruler)
	at := r.standing(m, index)
	if err := r.put(m, source, index, at); err != nil {
		return Change{}, err
	}
	if err := r.settle(m, source, at); err != nil {
		return Change{}, err
	}
	change := r.change(m.files(), r.Ref.Name)
	if len(change.Files) == 0 {
		done := conflict("name", "There is nothing to do: %q is just as it was then.", r.Ref.Name)
		if r.otherSettings(m, source, at) {
			done = conflict("name", "There is nothing to restore: %q itself is just as it was then. What is another by now is said for all rules of its group.", r.Ref.Name)
		}
		done.Cause = errors.Join(errDone, InTheWay{book.rulebookPath(Ref{Ruler: r.Ref.Ruler, Path: at.path})})
		return Change{}, done
	}
	change.Refs = touched(book, book.With(change.Files), r.Ref.Ruler)
	if len(change.Refs) == 0 { // its comments alone
		change.Refs = []Ref{m.ref(at)}
	}
	return book.endless(change, r.Time)
}

// standing returns where the rule stands in the newest book. Without a word of its history it is the one that stands in its place among
// those of its name, or the only one elsewhere that says the same.
func (r Restore) standing(m *merge, index int) spot {
	if _, there := m.book.Get(r.Now); there {
		f := m.now(r.Now.Path)
		if group, index := f.position(r.Now); f.groupIndex(r.Now.Group) == group {
			return spot{r.Now.Path, r.Now.Group, index}
		}
	}
	old := r.From.file(r.Ref.Ruler, r.Ref.Path).group(r.Ref.Group)
	pairs := matchRules(old.rules(), m.now(r.Ref.Path).group(r.Ref.Group).rules())
	if at := (spot{r.Ref.Path, r.Ref.Group, pairs.second(index)}); at.index >= 0 {
		return at
	}
	at := m.place(r.Ref)
	if at.index >= 0 && !sameRule(m.now(at.path).group(at.group).Rules[at.index].Rule, old.Rules[index].Rule) {
		return spot{index: -1}
	}
	return at
}

// put edits the file in which the rule stands, or is to stand.
func (r Restore) put(m *merge, source *file, index int, at spot) error {
	if at.index < 0 {
		path, group := m.home(r.Ref.Path, r.Ref.Group, source.group(r.Ref.Group))
		if f := m.now(path); f != nil && noRuleFile(f) {
			return m.unread(path)
		}
		return m.add(path, group, source, r.Ref.Group, []int{index})
	}
	wanted := source.group(r.Ref.Group).Rules[index]
	p, ok := source.piece(r.Ref.Group, index)
	if !ok {
		p = piece{body: strings.Split(strings.TrimSuffix(wanted.YAML(), "\n"), "\n")}
	}
	f := m.now(at.path)
	edited, err := f.withPiece(f.groupIndex(at.group), at.index, p, wanted)
	if err == nil {
		m.edited[at.path] = edited
	}
	return err
}

// unread is the error about a file that a rule is to be put into and that cannot be read.
func (m *merge) unread(path string) error {
	path = m.book.rulebookPath(Ref{Ruler: m.ruler, Path: path})
	e := conflict("name", "The rule stood in %s, which cannot be read now. Mend that file first, with Git; the command status tells what is wrong with it.", path)
	e.Cause = InTheWay{path}
	return e
}

// settle takes over what the group said for all its rules, where the rule is the only one, then and now.
func (r Restore) settle(m *merge, source *file, at spot) error {
	f := m.now(at.path)
	if !r.otherSettings(m, source, at) || len(source.group(r.Ref.Group).Rules) > 1 || len(f.group(at.group).Rules) > 1 ||
		f.frameOf(at.group) == nil || source.frameOf(r.Ref.Group) == nil {
		return nil
	}
	edited, err := f.withFrameOf(f.groupIndex(at.group), source, source.groupIndex(r.Ref.Group))
	if err == nil {
		m.edited[at.path] = edited
	}
	return err
}

// otherSettings reports whether the rule's group says other things for all its rules than it did then.
func (r Restore) otherSettings(m *merge, source *file, at spot) bool {
	then := source.group(r.Ref.Group)
	return at.index >= 0 && at.group == then.Name && !sameSettings(*then, *m.now(at.path).group(at.group))
}

// ref returns the address of the rule that stands somewhere.
func (m *merge) ref(at spot) Ref {
	return m.now(at.path).group(at.group).ref(Ref{Ruler: m.ruler, Path: at.path, Group: at.group}, at.index)
}
