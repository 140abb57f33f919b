package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sayHeld returns the error about a change that was refused; where that is for a file which is held, one that says so: because of which push,
// by whom, and what is to be mended in it. What a change brings of its own stays what is told first.
func (a *Applier) sayHeld(ctx context.Context, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	var clashed InTheWay
	paths, clash := e.paths(), errors.As(err, &clashed)
	if paths = append(paths, clashed...); len(paths) == 0 {
		return err
	}
	if _, unread := a.applied(ctx); unread != nil {
		return err
	}
	held := a.heldPush()
	i := slices.IndexFunc(paths, held.holds)
	if i < 0 {
		return err
	}
	said := *e
	back := a.takesBack(held, paths[i])
	switch why := held.why(paths[i]); {
	case clash:
		said.Kind = Conflict // also where the file could not be edited
		said.Text = held.inTheWay(e, clashed, paths[i])
		switch {
		case back.command != "":
			said.Field, said.Fixes = "", []string{back.command}
		case held.replaced(paths[i]):
			said.Fixes = nil // a command that puts the file back would meet what stands there
		}
		if len(held.Mend) > 0 { // no command can: there is no directory to write to, or what is no file is where one was
			back.lines = held.Mend
		}
		if len(back.lines) > 0 && !errors.Is(err, errDone) { // else there are no rules to be taken back, and Undo.NoRules says more
			said.Text += " Whoever may push mends it with Git, in a clone of the rulebook:"
			said.Shell = back.lines
		}
	case slices.ContainsFunc(e.Problems, held.isNew):
		said.Text = e.Text + " Besides, " + why + " The command status tells more."
	default:
		said.Text = why + " A change of this file has to mend that; the command status tells more."
		said.Problems = slices.DeleteFunc(slices.Clone(held.Problems), func(p Problem) bool { return !slices.Contains(paths, p.Path) })
		if back.command != "" {
			said.Field, said.Fixes = "", []string{back.command}
		}
	}
	return &said
}

// inTheWay returns what is said of a change in whose way files are of which one, path, is held. What else is in its way stays told first.
func (h *HeldPush) inTheWay(e *Error, files InTheWay, path string) string {
	var others []string
	free := len(e.Shell) > 0 // what stands there has to go in any case
	for _, file := range slices.Compact(slices.Sorted(slices.Values(files))) {
		switch {
		case !h.holds(file):
			free = true
		case file != path:
			others = append(others, file)
		}
	}
	why := h.why(path)
	if len(others) > 0 {
		why += " Held too: " + firstOf(others) + "."
	}
	if free {
		return e.Text + " Besides, " + why + " Before that is mended or taken back, nothing can be done there; the command status tells more."
	}
	return why + " Before that is mended or taken back, this cannot be done; the command status tells more."
}

// wayBack is what takes back what was pushed to a file that is held: a command of ours, or else commands of Git; none where no one thing does.
type wayBack struct {
	command string
	lines   []string
}

// takesBack returns what takes back the commit by which a file cannot be read that is held, or by which it is there: nothing of a rule file goes by Git alone.
func (a *Applier) takesBack(h *HeldPush, path string) (back wayBack) {
	l, by := a.outside.lending.Load(), touching(h.Commits, map[string]bool{path: true})
	if l == nil || h.replaced(path) || !slices.ContainsFunc(h.Problems, func(p Problem) bool { return p.Path == path }) {
		return back
	}
	for i, ruler := range l.inForce.rulers {
		relative, ok := l.inForce.relative(ruler, path)
		if !ok {
			continue
		}
		was, is := l.inForce.shelves[i].get(relative).read(), a.lastBook().shelves[i].get(relative).read()
		switch {
		case len(by) == 1 && !(noRuleFile(was) && noRuleFile(is)):
			return wayBack{command: "undo " + ShortRevision(by[0].Revision)}
		case was == nil && is != nil && noRuleFile(is):
			return wayBack{lines: gitPushed([]string{gitRemove(path)}, "take "+path+" away")}
		}
	}
	return back
}

// replaced reports whether something was pushed to a path that Git alone can mend.
func (h *HeldPush) replaced(path string) bool {
	return slices.ContainsFunc(h.Problems, func(p Problem) bool { return p.Path == path && p.Replaced })
}

// paths returns the files that an error has problems in.
func (e *Error) paths() (paths []string) {
	for _, p := range e.Problems {
		paths = append(paths, p.Path)
	}
	return paths
}

// holds reports whether a file of the rulebook is held, or is what the hold is for; false where nothing is held.
func (h *HeldPush) holds(path string) bool {
	if h == nil {
		return false
	}
	_, held := slices.BinarySearch(h.Paths, path)
	return held || slices.ContainsFunc(h.Problems, func(p Problem) bool { return p.Path == path })
}

// isNew reports whether a problem is none of those that were pushed; it may stand on another line by now.
func (h *HeldPush) isNew(p Problem) bool {
	return !slices.ContainsFunc(h.Problems, func(pushed Problem) bool { return pushed.Path == p.Path && pushed.Text == p.Text })
}

// why says in a sentence why a file is held: whose push would not be taken, and the first problem of that, in the file itself where it has one, else in what
// the commit brought that changed it; where that is all good, whose commit has one.
func (h *HeldPush) why(path string) string {
	changed, pushed := h.cause(path)
	i := slices.IndexFunc(h.Problems, func(p Problem) bool { return p.Path == path })
	if i < 0 {
		i = max(0, slices.IndexFunc(h.Problems, func(p Problem) bool { return changed.reaches(p.Path) }))
	}
	p := h.Problems[i]
	if !pushed {
		return fmt.Sprintf("%s is held, because of what the rulebook's branch was set back to, which would not be taken: %s: %s", path, place(p), sentence(p.Text))
	}
	of, by := path, changed
	if !changed.reaches(p.Path) {
		if by, _ = h.cause(p.Path); changed.reaches(path) {
			of = fmt.Sprintf("%s, which %s changed (%s),", path, changed.Author.Name, ShortRevision(changed.Revision))
		}
	}
	return fmt.Sprintf("%s is held, because of what %s pushed (%s), which would not be taken: %s: %s",
		of, by.Author.Name, ShortRevision(by.Revision), place(p), sentence(p.Text))
}

// cause returns the newest commit of a push that touched a path, or what is below it; the newest of all where none did, false where nobody pushed any.
func (h *HeldPush) cause(path string) (c PastCommit, pushed bool) {
	for _, commit := range slices.Backward(h.Commits) {
		if commit.reaches(path) {
			return commit, true
		}
	}
	if len(h.Commits) == 0 {
		return PastCommit{}, false
	}
	return h.Commits[len(h.Commits)-1], true
}

// reaches reports whether the commit changed a path in the rulebook, or what is below it, or may have.
func (c PastCommit) reaches(path string) bool {
	return c.Cut || slices.ContainsFunc(c.Files, func(f PastFile) bool { return f.Path == path || strings.HasPrefix(f.Path, path+"/") })
}

// mend returns the commands of Git that take away what no command of ours can, and put back what was in its place before that was pushed.
func (h *HeldPush) mend() []string {
	var lines, replaced []string
	for _, p := range h.Problems {
		if !p.Replaced || slices.Contains(replaced, p.Path) {
			continue
		}
		replaced, lines = append(replaced, p.Path), append(lines, gitRemove(p.Path))
		within := func(path string) bool { return path == p.Path || strings.HasPrefix(path, p.Path+"/") }
		first := slices.IndexFunc(h.Commits, func(c PastCommit) bool {
			return c.Cut || slices.ContainsFunc(c.Files, func(f PastFile) bool { return f.Before != "" && within(f.Path) })
		})
		switch _, pushed := h.cause(p.Path); {
		case first >= 0:
			lines = append(lines, gitRestore(h.Commits[first].Parent, p.Path))
		case !pushed && h.Good != "" && slices.ContainsFunc(h.Paths, within):
			lines = append(lines, gitRestore(h.Good, p.Path))
		}
	}
	if len(replaced) == 0 {
		return nil
	}
	return gitPushed(lines, "bring "+strings.Join(replaced, ", ")+" back")
}

// LeaveOut is the Field of an error about an edit of many rules whose Fixes are the names of those that it has to leave out.
const LeaveOut = "leave out"

// maxLeftOut is how many rules a person is told to leave out of an edit by their names.
const maxLeftOut = 20

// sayLeaveOut returns the error of sayHeld about an edit of many rules with those of them that are in held files; its Field is LeaveOut where there
// are others, which can be edited without them.
func (a *Applier) sayLeaveOut(book *Book, all EditAll, err error) error {
	said, ok := errors.AsType[*Error](err)
	held := a.heldPush()
	if !ok || held == nil {
		return err
	}
	meant, unmeant := all.holding(book)
	meant = append(meant, all.taken(book)...)
	var names []string
	n := 0
	for _, e := range meant {
		if held.holds(book.rulebookPath(e.Ref)) {
			n++
			names = append(names, e.Ref.Name)
		}
	}
	if names = slices.Compact(slices.Sorted(slices.Values(names))); unmeant != nil || n == 0 {
		return err
	}
	more := *said
	if n == len(meant) {
		more.Text = fmt.Sprintf("%s All rules that the edit means are in held files: %s.", said.Text, firstOf(names))
		return &more
	}
	more.Text = fmt.Sprintf("%s Of the rules that the edit means these are in held files: %s.", said.Text, firstOf(names))
	if len(names) <= maxLeftOut {
		more.Field, more.Fixes = LeaveOut, names
	}
	return &more
}
