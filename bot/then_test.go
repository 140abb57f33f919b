package bot

import (
	"strings"
	"testing"
	"time"
)

// TestListAt asks for all rules as they were, and for what changed between two times.
func TestListAt(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	start := c.now
	c.say(`add first expr="up == 0" ruler=prometheus`)
	c.now = start.Add(time.Hour)
	c.say(`add second expr="up == 1" ruler=prometheus`)
	c.now = start.Add(2 * time.Hour)
	c.say(`delete first`)
	c.now = start.Add(3 * time.Hour)
	for command, want := range map[string]struct{ has, not []string }{
		"list":                           {[]string{"1 rule", "second"}, []string{"first", "As of"}},
		"list at=2h30m":                  {[]string{"1 rule", "first", "As of 2026-11-21 10:30:00 UTC (commit"}, []string{"second"}},
		`list at="2026-11-21 11:30"`:     {[]string{"2 rules", "first", "second"}, nil},
		`list all at="2026-11-21 11:30"`: {[]string{"up == 0", "up == 1"}, nil},
		"list at=4h":                     {[]string{"no rules", "before the first commit"}, nil},
		"list at=30m":                    {[]string{"second"}, []string{"first"}},
		"list first at=90m":              {[]string{"up == 0"}, []string{"up == 1"}},
		"list at=2027-01-01":             {[]string{"in the future"}, nil},
		"diff since=4h":                  {[]string{"1 added, 0 changed, 0 deleted", "**added** `second`", "+- alert: second"}, []string{"`first`"}},
		"diff since=2h30m":               {[]string{"1 added, 0 changed, 1 deleted", "**deleted** `first`"}, nil},
		"diff since=2h30m until=90m":     {[]string{"1 added, 0 changed, 0 deleted", "second"}, []string{"deleted** "}},
		"diff second since=30h":          {[]string{"before the first commit", "+- alert: second"}, nil},
		"diff since=30m":                 {[]string{"no rule changed"}, nil},
		"diff since=30m until=2h":        {[]string{"lies before since="}, nil},
		"diff until=2h":                  {[]string{"since= is missing"}, nil},
		"history since=30m until=2h":     {[]string{"until= lies before since="}, nil},
		"history since=2h30m until=2h":   {[]string{"second"}, []string{"lies before"}},
	} {
		reply := c.say(command).Text
		for _, part := range want.has {
			if !strings.Contains(reply, part) {
				t.Errorf("%s does not say %q:\n%s", command, part, reply)
			}
		}
		for _, part := range want.not {
			if strings.Contains(reply, part) {
				t.Errorf("%s says %q:\n%s", command, part, reply)
			}
		}
	}
}
