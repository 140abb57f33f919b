package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Replay is the intent that does on a newer book what a commit did: it made After of Before. Where a file is byte for byte as it was
// in Before it becomes what it is in After. Elsewhere each rule that the commit added, changed or deleted is looked at by itself: it is
// taken over where it still stands as in Before, also where its group, its file or it itself has another name by now, and all other lines of
// the file stay as they are. A rule that a later commit touched as well is a Conflict, whose Detail shows what it was, what the commit made of
// it and what it is now; but of what an edit is done again to, only the fields that it changed must be as they were, or so already.
type Replay struct {
	Before, After *Book
	Back          bool   // take back what the commit did: from After to Before
	Ruler         string // of whose files; "" = of the only one whose files the commit changed
	Verb          string // the action: "undo"; "" = "replay"
	Subject       string // of the new commit, without its action; "" = the names of the rules
	Reason        string
	Earlier       []*Book // tell the order of rules that Before and After do not have both
	// InPart does what can be done where some of the rules are in conflict, and says in Change.NotKept of which that is so.
	InPart bool
	// Leave is rules, groups (without a name) and files (without a group) that may be in conflict: they stay as they are, and all else is done.
	// Change.NotKept names those that are.
	Leave []Ref
}

// errDone is in the chain of the error about a commit of which everything is there already.
var errDone = errors.New("nothing is left to be done again")

// Action returns the verb.
func (r Replay) Action() string {
	if r.Verb == "" {
		return "replay"
	}
	return r.Verb
}

// Plan implements Intent.
func (r Replay) Plan(book *Book) (Change, error) {
	book = book.own()
	from, to := r.Before, r.After
	if r.Back {
		from, to = to, from
	}
	ruler, err := r.ruler()
	if err != nil {
		return Change{}, err
	}
	m := newMerge(book, from, to, ruler)
	m.earlier, m.fields = r.Earlier, !r.Back && r.Verb == Edit{}.Action()
	for _, path := range changedPaths(from, to, ruler) {
		if noRuleFile(from.file(ruler, path)) && noRuleFile(to.file(ruler, path)) {
			continue // what is none is nothing that a ruler had of it
		}
		if err := m.file(path); err != nil {
			return Change{}, err
		}
	}
	if err := m.strays(); err != nil {
		return Change{}, err
	}
	change := Change{Ruler: ruler, Files: m.files(), Reason: r.Reason}
	m.aside(change.Files)
	if len(m.clashes) > 0 {
		fit := touched(book, book.With(change.Files), ruler)
		if len(fit) == 0 && m.leaves(r.Leave) {
			return Change{}, m.nothingBeside()
		}
		if !r.InPart && !m.mayLeave(r.Leave, fit) || len(change.Files) == 0 {
			return Change{}, m.conflict(r, fit)
		}
		change.NotKept, change.InTheWay = m.notKept(), m.ways()
	}
	if len(change.Files) == 0 {
		done := conflict("", "There is nothing to do: the rulebook is so already.")
		done.Cause = errors.Join(errDone, paths(book, from, to, ruler))
		return Change{}, done
	}
	change.Refs = touched(book, book.With(change.Files), ruler)
	if len(change.Refs) == 0 {
		change.Refs = asideRefs(m.book, m.book.With(change.Files), change.Files)
	}
	change.Subject = r.Action() + " " + r.subject(change.Refs)
	return change, nil
}

// paths returns where the files stand that a step changes; they may be held as they were.
func paths(book, from, to *Book, ruler string) (paths InTheWay) {
	for _, path := range changedPaths(from, to, ruler) {
		paths = append(paths, book.rulebookPath(Ref{Ruler: ruler, Path: path}))
	}
	return paths
}

// noRuleFile reports whether a file is not there, or has nothing of a rule file.
func noRuleFile(f *file) bool { return f == nil || len(f.groups) == 0 && len(f.problems) > 0 }

// changedRulers returns the rulers that two books have other rules for: those that they read, or else those that are paused.
func changedRulers(before, after *Book) (changed []string) {
	for _, ruler := range after.rulers {
		if len(changedPaths(before, after, ruler.Name)) > 0 {
			changed = append(changed, ruler.Name)
		}
	}
	if len(changed) > 0 {
		return changed
	}
	for _, ruler := range after.rulers {
		if asideDiffer(before, after, ruler.Name) {
			changed = append(changed, ruler.Name)
		}
	}
	return changed
}

// ruler returns the one ruler that the commit is for.
func (r Replay) ruler() (string, error) {
	changed := changedRulers(r.Before, r.After)
	switch {
	case r.Ruler != "" && slices.Contains(changed, r.Ruler):
		return r.Ruler, nil
	case r.Ruler != "" && len(changed) > 0:
		return "", conflict("ruler", "That commit changed no rules of %s, but of %s.", r.Ruler, strings.Join(changed, ", "))
	case len(changed) == 0:
		return "", conflict("", "That commit changed no rules that a ruler reads.")
	case len(changed) > 1:
		several := conflict("ruler", "That commit changed rules of several rulers (%s), and one command changes those of one. Change them one by one: say ruler= too.",
			strings.Join(changed, ", "))
		several.Fixes = changed
		return "", several
	}
	return changed[0], nil
}

func (r Replay) subject(refs []Ref) string {
	switch {
	case r.Subject != "":
		return r.Subject
	case len(refs) == 0:
		return "comments"
	}
	var names []string
	for _, ref := range refs {
		if !slices.Contains(names, ref.Name) {
			names = append(names, ref.Name)
		}
	}
	if more := len(names) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", names[0], more)
	}
	return names[0]
}

// sameNotes reports whether two rules have the same notes beside them.
func sameNotes(a, b placedRule) bool {
	return a.source == b.source || slices.Equal(Entry{Source: a.source}.notes(), Entry{Source: b.source}.notes())
}

// touched returns the rules of a ruler that two books have differently: where they stand now, or stood when they are gone. When what a
// group says for all its rules is another, they all are.
func touched(before, after *Book, ruler string) []Ref {
	var refs []Ref
	for _, path := range changedPaths(before, after, ruler) {
		was, is := before.file(ruler, path).own(), after.file(ruler, path).own()
		for _, name := range groupNames(is, was) {
			old, now := was.group(name), is.group(name)
			at := Ref{Ruler: ruler, Path: path, Group: name}
			pairs := matchRules(old.rules(), now.rules())
			for i, r := range now.rules() {
				j := pairs.first(i)
				if j < 0 || !sameRule(r.Rule, old.Rules[j].Rule) || !sameNotes(r, old.Rules[j]) || !sameSettings(*old, *now) {
					refs = append(refs, now.ref(at, i))
				}
			}
			for j := range old.rules() {
				if pairs.second(j) < 0 {
					refs = append(refs, old.ref(at, j))
				}
			}
		}
	}
	return refs
}
