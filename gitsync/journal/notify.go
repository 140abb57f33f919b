package journal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// NotifyRule says of which changes of the journal some sinks are told, whatever else they are told. All that it says must hold. An entry that
// changes its state later is told again only when it did not hold before.
type NotifyRule struct {
	Name     string        `yaml:"name"`
	Filter   []string      `yaml:"filter"` // of the journal: KEY=VALUE or a word
	Severity []string      `yaml:"severity"`
	Outside  *WorkingHours `yaml:"outside"`
	Burst    *Burst        `yaml:"burst"`
	Sinks    []string      `yaml:"sinks"`
}

// WorkingHours are the times of a week in which somebody works.
type WorkingHours struct {
	Days     []string `yaml:"days"` // mon to sun
	From     string   `yaml:"from"` // 09:00
	To       string   `yaml:"to"`   // 18:00; 24:00 is the end of the day
	Timezone string   `yaml:"timezone"`
}

// Burst is many in a short time, of which one is told.
type Burst struct {
	Count  int           `yaml:"count"`
	Within time.Duration `yaml:"within"`
}

// Check calls at with what cannot be meant, and the key that says it. actions are what commands are called, as in rules.JournalAsker.
func (r NotifyRule) Check(actions map[string]string, at func(key, format string, args ...any)) {
	if r.Name == "" {
		at("name", "a rule needs a name: it is told with what it finds")
	}
	if len(r.Sinks) == 0 {
		at("sinks", "name the sinks that are told")
	}
	if len(r.Filter) == 0 && len(r.Severity) == 0 && r.Outside == nil && r.Burst == nil {
		at("filter", "this rule asks for everything: say what it is about, or let a sink tell everything")
	}
	if _, err := r.query(actions); err != nil {
		at("filter", "%v", err)
	}
	if r.Outside != nil {
		if _, err := r.Outside.parse(); err != nil {
			at("outside", "%v", err)
		}
	}
	if b := r.Burst; b != nil && (b.Count < 2 || b.Within <= 0) {
		at("burst", "a burst is a count of at least 2 within a time like 5m")
	}
}

// query reads the filter.
func (r NotifyRule) query(actions map[string]string) (rules.JournalQuery, error) {
	var terms []rules.JournalTerm
	for _, word := range r.Filter {
		key, value, found := strings.Cut(word, "=")
		if !found || strings.ContainsAny(key, " \t") {
			key, value = "", word
		}
		if slices.Contains([]string{"since", "until", "at", "request"}, rules.JournalKey(key)) {
			return rules.JournalQuery{}, fmt.Errorf("%s= selects what has been; a rule is about what comes", key)
		}
		terms = append(terms, rules.JournalTerm{Key: key, Value: value})
	}
	return rules.ParseJournalQuery(terms, rules.JournalAsker{Actions: actions})
}

// notifier is a notification rule that is ready to be asked.
type notifier struct {
	NotifyRule
	filter rules.JournalQuery
	hours  *hours // nil: at any time
}

func newNotifier(r NotifyRule, actions map[string]string) (n notifier, err error) {
	n.NotifyRule = r
	if n.filter, err = r.query(actions); err != nil {
		return n, err
	}
	if r.Outside != nil {
		n.hours, err = r.Outside.parse()
	}
	return n, err
}

// fires reports whether a change is one that the rule asks for, its burst apart.
func (n notifier) fires(c writtenChange) bool {
	return n.matches(c.Entry) && (c.before == nil || !n.matches(*c.before))
}

func (n notifier) matches(e rules.JournalEntry) bool {
	return n.filter.Matches(e) &&
		(len(n.Severity) == 0 || e.HasSeverity(n.Severity)) &&
		(n.hours == nil || !n.hours.hold(e.Record.Request.Time))
}

// hours are WorkingHours that are ready to be asked.
type hours struct {
	days     [7]bool
	from, to time.Duration // since the day's beginning
	zone     *time.Location
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (w WorkingHours) parse() (*hours, error) {
	h := hours{zone: time.Local}
	for _, day := range w.Days {
		i := slices.Index(weekdays, strings.ToLower(day))
		if i < 0 {
			return nil, fmt.Errorf("%q is no day; write mon, tue, wed, thu, fri, sat or sun", day)
		}
		h.days[i] = true
	}
	if len(w.Days) == 0 {
		h.days = [7]bool{false, true, true, true, true, true, false}
	}
	var err error
	if h.from, err = timeOfDay(w.From, 0); err != nil {
		return nil, err
	}
	if h.to, err = timeOfDay(w.To, 24*time.Hour); err != nil {
		return nil, err
	}
	if h.from >= h.to {
		return nil, fmt.Errorf("from %s must be before to %s", w.From, w.To)
	}
	if w.Timezone != "" {
		if h.zone, err = time.LoadLocation(w.Timezone); err != nil {
			return nil, fmt.Errorf("there is no time zone %q; write it like Europe/Berlin or UTC", w.Timezone)
		}
	}
	return &h, nil
}

// timeOfDay reads 09:00; "" is what nobody said.
func timeOfDay(text string, unsaid time.Duration) (time.Duration, error) {
	if text == "" {
		return unsaid, nil
	}
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day; write it like 09:00", text)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// hold reports whether somebody works at a time, by the clock on the wall.
func (h hours) hold(at time.Time) bool {
	at = at.In(h.zone)
	clock := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	return h.days[at.Weekday()] && h.from <= clock && clock < h.to
}

// burstState is what is known of a rule's burst: its last changes, the oldest first, and whether it was told of.
type burstState struct {
	Events []int64 `json:"events"`
	Times  []int64 `json:"times"` // milliseconds
	Told   bool    `json:"told"`
}

// maxBurst is how many entries a message about a burst names.
const maxBurst = 50

// add counts a change in, and reports whether a burst is to be told of: once, when there are enough within the time. It is over, and the next is
// another one, when there are too few of them again.
func (s *burstState) add(b Burst, event int64, at time.Time) (tell bool) {
	oldest := at.Add(-b.Within).UnixMilli()
	for len(s.Times) > 0 && (s.Times[0] < oldest || len(s.Times) >= max(b.Count, maxBurst)) {
		s.Times, s.Events = s.Times[1:], s.Events[1:]
	}
	s.Times, s.Events = append(s.Times, at.UnixMilli()), append(s.Events, event)
	if len(s.Times) < b.Count {
		s.Told = false
		return false
	}
	tell, s.Told = !s.Told, true
	return tell
}
