package rules

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Overdue is what the service should have done by itself and has not done.
type Overdue struct {
	Command string    // as a person would type it: "resume NAME", "delete NAME"
	Ref     Ref       // the rule
	At      time.Time // when it was due
	Why     string    // for a person
}

// timetable is what the service knows of what is due, and why it is not done.
type timetable struct {
	mu      sync.Mutex
	waiting map[string]due    // by due.names: what there is to do in the newest rulebook
	why     map[string]string // by due.names: why it is not done, as far as it was tried
	again   map[string]due    // by due.names: what was given and is to be looked at again
}

// keep takes up what there is to do in the newest rulebook. What was known of the same is still known.
func (t *timetable) keep(waiting []due) {
	t.mu.Lock()
	defer t.mu.Unlock()
	why := map[string]string{}
	t.waiting = map[string]due{}
	for _, d := range waiting {
		t.waiting[d.names] = d
		if known := t.why[d.names]; known != "" {
			why[d.names] = known
		}
	}
	t.why = why
}

// given notes whether something that was given is to be looked at again.
func (t *timetable) given(d due, again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if delete(t.again, d.names); again {
		if t.again == nil {
			t.again = map[string]due{}
		}
		t.again[d.names] = d
	}
}

// late notes why something that is due is not done; "" when it is.
func (t *timetable) late(d due, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, still := t.waiting[d.names]; still && why != "" {
		t.why[d.names] = why
	} else {
		delete(t.why, d.names)
	}
}

// gone takes out what was given and is to be looked at again, and is nothing that there is to do in the newest rulebook.
func (t *timetable) gone() (all []due) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for names, d := range t.again {
		if _, still := t.waiting[names]; !still {
			all = append(all, d)
			delete(t.again, names)
		}
	}
	return all
}

// overdue returns what is not done by now, the oldest first.
func (t *timetable) overdue(now time.Time) (all []Overdue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for names, why := range t.why {
		if d := t.waiting[names]; !d.at.After(now) {
			all = append(all, Overdue{Command: d.command, Ref: d.ref, At: d.at, Why: why})
		}
	}
	slices.SortFunc(all, func(a, b Overdue) int { return cmp.Or(a.At.Compare(b.At), compareRefs(a.Ref, b.Ref)) })
	return all
}
