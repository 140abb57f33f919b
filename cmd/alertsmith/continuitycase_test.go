package main

import (
	"regexp"
	"strings"
	"testing"
)

// continuityCase is a change to a rule with active alerts.
type continuityCase struct {
	name, add string // "" adds three firing alerts
	first     string // of NAME, done before
	change    string // of NAME
	foretold  string
	now       string // the name afterwards; "" is the same
	kept      int
	reset     int
	state     string // of those that are kept; "" is what it was
}

// three are the options of a rule with three firing alerts, in either language.
const three = `expr='label_replace(vector(1), "i", "1", "", "") or label_replace(vector(1), "i", "2", "", "") or label_replace(vector(1), "i", "3", "", "")' severity=page label.team=web`

// happen makes the change, first as a dry run: what becomes of the alerts in the ruler with this Prometheus API is what was foretold.
func (c continuityCase) happen(t *testing.T, s *system, ruler string) {
	t.Helper()
	switch {
	case c.add == "":
		s.must("add " + c.name + " " + three)
	case strings.HasPrefix(c.add, "\n"):
		s.must("add" + c.add)
	default:
		s.must("add " + c.name + " " + c.add)
	}
	if c.first != "" {
		s.must(strings.ReplaceAll(c.first, "NAME", c.name))
	}
	var before map[string]string
	state := "firing"
	if strings.HasPrefix(c.name, "pending") {
		state = "pending"
	}
	await(t, c.name+" is active", func() bool {
		before = activeSince(t, ruler, c.name, state)
		return len(before) > 0
	})
	if c.state != "" {
		state = c.state
	}
	change := strings.ReplaceAll(c.change, "NAME", c.name)
	first, rest, _ := strings.Cut(change, "\n")
	for _, command := range []string{first + " dry-run\n" + rest, change} {
		if a := s.must(command); !strings.Contains(a.text, c.foretold) || c.foretold == "" && foretold.MatchString(a.text) {
			t.Errorf("%s: want %q in\n%s", command, c.foretold, a.text)
		}
	}
	now := c.now
	if now == "" {
		now = c.name
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
