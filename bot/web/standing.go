package web

import (
	"context"
	"errors"
	"path"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// standing is how a rule stands at its ruler, or, of a rule of the past, what became of it.
type standing struct {
	State string // "live", "not live", "held", "bad file", "on its way", "unknown"; of the past "the same", "changed", "gone"
	Why   string // for the person; "" where the state says it all
}

// judge says of rules of the newest book how they stand.
type judge struct {
	book    *rules.Book
	held    *rules.HeldPush
	good    *rules.Book       // the last good state, where something is held; nil otherwise
	bad     map[string]string // a file's path in the rulebook → what is wrong with it
	rulers  map[string]rules.RulerStatus
	notLive map[rules.Ref]string
}

// judge returns who says of a book's rules how they stand. The error is one of reading the last good state.
func (p *Pages) judge(ctx context.Context, book *rules.Book, status rules.Status) (judge, error) {
	if status.Held == nil {
		return newJudge(book, nil, status), nil
	}
	good, err := p.options.BookAt(ctx, status.Held.Good)
	return newJudge(book, good, status), err
}

func newJudge(book, good *rules.Book, status rules.Status) judge {
	j := judge{book, status.Held, good, map[string]string{}, map[string]rules.RulerStatus{}, map[rules.Ref]string{}}
	for _, problem := range slices.Backward(status.Problems) { // so that the first of a file is what is told
		j.bad[problem.Path] = problem.Text
	}
	for _, r := range status.Rulers {
		j.rulers[r.Info.Name] = r
		for _, n := range r.NotLive {
			j.notLive[n.Ref] = n.Why
		}
	}
	return j
}

// of returns how a rule stands.
func (j judge) of(ref rules.Ref) standing {
	ruler := j.rulers[ref.Ruler]
	why, listed := j.notLive[ref]
	problem, bad := j.bad[path.Join(ruler.Info.Dir, ref.Path)]
	held := j.held.Holds(j.book, ref)
	kept := false // what is live of a held file is what it said before
	if held {
		_, kept = j.good.Get(ref)
	}
	switch {
	case bad && !kept:
		return standing{"bad file", problem}
	case held && !kept:
		return standing{"held", ""}
	case away(ruler):
		return standing{"unknown", publicText(ruler.Err)}
	case listed:
		return standing{"not live", why}
	case ruler.Behind:
		return standing{"on its way", ""}
	case kept:
		return standing{"live", "held as before"}
	}
	return standing{"live", ""}
}

// away reports whether what is known of a ruler's rules is nothing, or old: it never answered, or not the last time. One that refuses a file, or
// has another in its place, answered, and the other rules are counted.
func away(ruler rules.RulerStatus) bool {
	if ruler.LastSeen.IsZero() {
		return true
	}
	kind := rules.KindOf(ruler.Err)
	return ruler.Err != nil && kind != rules.Refused && kind != rules.Conflict
}

// publicText returns of an error what a person may read; "" for none.
func publicText(err error) string {
	if e, ok := errors.AsType[*rules.Error](err); ok {
		return e.Text
	}
	return ""
}

// sinceThen returns what became of a rule of the past.
func sinceThen(then rules.Entry, newest *rules.Book) standing {
	switch now, there := newest.Get(then.Ref); {
	case !there:
		return standing{"gone", ""}
	case now.Text() != then.Text():
		return standing{"changed", ""}
	}
	return standing{"the same", ""}
}
