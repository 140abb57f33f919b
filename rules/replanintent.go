package rules

import (
	"fmt"
	"time"
)

// ownStep is what a commit of ours did to one rule: it stood at from, and stands at to, nowhere (the zero Ref) when it was deleted. By now it
// stands at at.
type ownStep struct {
	before, after *Book
	onto          *Book
	from, to, at  Ref
}

// intent returns the intent of a commit of ours that deleted, renamed, moved, paused or resumed one rule: about that rule where it stands on top of what
// somebody else pushed first, whatever else they changed in it. nil is a commit that did anything else. An error says that it cannot be had
// there, or that all of it is so already (errDone).
func (c OwnCommit) intent(before, after, onto *Book) (Intent, error) {
	plans := map[string]func(ownStep) (Intent, error){
		Delete{}.Action(): ownStep.delete, Rename{}.Action(): ownStep.rename, Move{}.Action(): ownStep.move, Pause{}.Action(): ownStep.pause,
		Resume{}.Action(): ownStep.resume,
	}
	plan, known := plans[c.Trailer("Action")]
	left := follow(before, after, c.Trailer("Ruler")).left()
	if !known || len(left) != 1 {
		return nil, nil
	}
	step := ownStep{before: before, after: after, onto: onto}
	for step.from, step.to = range left {
	}
	deletes := c.Trailer("Action") == Delete{}.Action()
	if deletes != (step.to == Ref{}) {
		return nil, nil
	}
	at, stands, err := follow(before, onto, c.Trailer("Ruler")).where(step.from)
	switch {
	case err != nil:
		return nil, err
	case !stands && deletes:
		return nil, errDone
	case !stands:
		return nil, &Error{Kind: NotFound, Offset: -1, Text: fmt.Sprintf("There is no rule %q any more: somebody else deleted it.", step.from.Name)}
	}
	step.at = at
	return plan(step)
}

// address returns the address of the rule on top of what somebody else pushed.
func (s ownStep) address() string { return s.onto.Address(s.at) }

func (s ownStep) delete() (Intent, error) {
	_, err := Delete{Address: s.before.Address(s.from)}.Plan(s.before)
	return Delete{Address: s.address(), Force: err != nil}, nil
}

func (s ownStep) rename() (Intent, error) {
	switch s.at.Name {
	case s.to.Name:
		return nil, errDone
	case s.from.Name:
		_, err := Rename{Address: s.before.Address(s.from), Name: s.to.Name}.Plan(s.before)
		return Rename{Address: s.address(), Name: s.to.Name, Force: err != nil}, nil
	}
	return nil, conflict("name", "Somebody else renamed %q to %q.", s.from.Name, s.at.Name)
}

// move moves the rule as far as the commit did: to another group, to another namespace, or both.
func (s ownStep) move() (Intent, error) {
	m := Move{Address: s.address()}
	if s.to.Group != s.from.Group {
		m.Group = s.to.Group
	}
	if s.to.Namespace() != s.from.Namespace() {
		m.Namespace = s.to.Namespace()
	}
	if (m.Group == "" || m.Group == s.at.Group) && (m.Namespace == "" || m.Namespace == s.at.Namespace()) {
		return nil, errDone
	}
	return m, nil
}

// pause pauses the rule until the same time, unless somebody else paused it too: until then, or otherwise.
func (s ownStep) pause() (Intent, error) {
	p, _ := s.after.pausedAt(s.to)
	if other, paused := s.onto.pausedAt(s.at); paused {
		if other.Until.Equal(p.Until) {
			return nil, errDone
		}
		return nil, conflict("until", "Somebody else paused %q too: %s, and not %s.", s.at.Name, untilText(other.Until), untilText(p.Until))
	}
	_, err := Pause{Address: s.before.Address(s.from)}.Plan(s.before)
	return Pause{Address: s.address(), Until: p.Until, By: Person{Name: p.By}, Request: p.Request, Force: err != nil, Reason: p.Reason}, nil
}

// resume puts the rule back alone only where the commit had to do that too, and somebody forced it.
func (s ownStep) resume() (Intent, error) {
	p, paused := s.onto.pausedAt(s.at)
	if !paused {
		return nil, errDone
	}
	was, _ := s.before.pausedAt(s.from)
	_, err := Resume{Address: was.Address()}.Plan(s.before)
	return Resume{Address: p.Address(), Force: err != nil}, nil
}

// undo returns the intent of a commit of ours that takes another one back, as that is by now: what somebody else changed meanwhile is in both. Of one that
// could not be kept itself nothing is to be taken back (errDone).
func (c OwnCommit) undo(onto *Book) (Intent, error) {
	before, err := onto.At(c.Undoes.Before)
	if err != nil {
		return nil, err
	}
	after, err := before.At(c.Undoes.After)
	if err == nil && len(changedRulers(before, after)) == 0 {
		return nil, errDone
	}
	return Undo{Commit: c.PastCommit, Before: before, After: after, Ruler: c.Trailer("Ruler"), Force: true}, err
}

// untilText says until when a rule is paused; zero is no time.
func untilText(until time.Time) string {
	if until.IsZero() {
		return "until somebody resumes it"
	}
	return "until " + until.UTC().Format("2006-01-02 15:04:05 MST")
}
