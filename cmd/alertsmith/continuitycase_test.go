package main

import (
	"regexp"
	"strings"
	"testing"
)

// continuityCase is a change to a rule with active alerts. NAME is the rule's name in what is said of it.
type continuityCase struct {
	name, add string // "" adds three firing alerts
	first     string // done before
	change    string
	foretold  string
	now       string // the name afterwards; "" is the same
	kept      int
	reset     int
	state     string // of those that are kept; "" is what it was
}

// three are the options of a rule with three firing alerts, in either language.
const three = `expr='label_replace(vector(1), "i", "1", "", "") or label_replace(vector(1), "i", "2", "", "") or label_replace(vector(1), "i", "3", "", "")' severity=page label.team=web`

// slow is in what a person reads of a ruler that took its time.
const slow = "did not answer within"

// happen makes the change, first as a dry run: what becomes of the alerts in the ruler with this Prometheus API is what was foretold. Where the ruler did not
// answer in time, nothing is foretold; then it is made to another rule.
func (c continuityCase) happen(t *testing.T, s *system, ruler string) {
	t.Helper()
	name := c.name
	await(t, "the ruler is asked in time", func() bool {
		asked := c.happens(t, s, ruler, name)
		name += "-again"
		return asked
	})
}

// happens is happen with a rule of its own, and reports whether the ruler answered in time.
func (c continuityCase) happens(t *testing.T, s *system, ruler, name string) bool {
	t.Helper()
	of := func(text string) string { return strings.ReplaceAll(text, "NAME", name) }
	switch {
	case c.add == "":
		s.must("add " + name + " " + three)
	case strings.HasPrefix(c.add, "\n"):
		s.must("add" + of(c.add))
	default:
		s.must("add " + name + " " + c.add)
	}
	if c.first != "" {
		s.must(of(c.first))
	}
	var before map[string]string
	state := "firing"
	if strings.HasPrefix(c.name, "pending") {
		state = "pending"
	}
	await(t, name+" is active", func() bool {
		before = activeSince(t, ruler, name, state)
		return len(before) > 0
	})
	if c.state != "" {
		state = c.state
	}
	change := of(c.change)
	first, rest, _ := strings.Cut(change, "\n")
	for _, command := range []string{first + " dry-run\n" + rest, change} {
		a := s.must(command)
		if strings.Contains(a.text, slow) {
			return false
		}
		if !strings.Contains(a.text, c.foretold) || c.foretold == "" && foretold.MatchString(a.text) {
			t.Errorf("%s: want %q in\n%s", command, c.foretold, a.text)
		}
	}
	now := name
	if c.now != "" {
		now = of(c.now)
	}
	kept, reset := 0, 0
	want := c.kept + c.reset
	var after map[string]string
	await(t, "what is active now is evaluated", func() bool {
		after = activeSince(t, ruler, now, "")
		return len(after) == want
	})
	for labels, since := range after {
		if before[labels] == since {
			kept++
		} else {
			reset++
		}
	}
	if still := activeSince(t, ruler, now, state); (c.kept > 0 || c.state != "") && len(still) != want {
		t.Errorf("of %v only %v are %s", after, still, state)
	}
	if kept != c.kept || reset != c.reset {
		t.Errorf("%d alerts were kept and %d reset, want %d and %d: before %v, after %v", kept, reset, c.kept, c.reset, before, after)
	}
	return true
}

var foretold = regexp.MustCompile(`It (keeps|resets|ends) `)

// activeSince returns since when the alerts of a rule are active that are in a state, "" for any, by the one label that tells them apart.
func activeSince(t *testing.T, prometheus, name, state string) map[string]string {
	t.Helper()
	since := map[string]string{}
	for _, alert := range activeAlerts(t, prometheus, name) {
		if state == "" || alert.State == state {
			since[alert.Labels["i"]+alert.Labels["n"]] = alert.ActiveAt
		}
	}
	return since
}
