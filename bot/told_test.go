package bot

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

func TestTold(t *testing.T) {
	t.Parallel()
	base := rules.Record{
		Request: rules.Request{ID: "r1", Actor: rules.Person{Name: "aiko"}, Channel: rules.Place{Name: "ops"}, Command: "delete x"},
		Action:  "delete", Reply: "**x** deleted by aiko", InChannel: true, Done: time.Unix(1, 0),
		Outcome: rules.Outcome{Result: rules.Success, Action: "delete", Revision: "0123456789", Ruler: "loki", State: rules.Live, Refs: []rules.Ref{{Name: "x"}}, Diff: "-x"},
	}
	base.Reply += "\n[Entry in the journal](https://alerts.example.org/entry/r1)"
	why := base
	why.Action, why.Outcome.Action, why.Outcome.Why, why.Reply = rules.ExternalAction, rules.ExternalAction, "it was *noisy*", "what was said of the whole push"
	elsewhere := base
	elsewhere.Outcome.Action, elsewhere.Outcome.Refs = "undo", []rules.Ref{{Group: "g", Name: "x"}, {Group: "h", Name: "x"}}
	refused := base
	refused.Outcome = rules.Outcome{Result: rules.DeniedResult, Err: &rules.Error{Text: "You may *not*."}}
	for name, tc := range map[string]struct {
		t    rules.Telling
		want []string
	}{
		"a change":                  {rules.Telling{Change: rules.JournalChange{Kind: "finished", Entry: rules.JournalEntry{Record: base}}}, []string{"**x** deleted by aiko\n[Entry in the journal](https://alerts.example.org/entry/r1)\nin `ops`, request `r1`"}},
		"one that stands elsewhere": {rules.Telling{Change: rules.JournalChange{Kind: "outcome", Entry: rules.JournalEntry{Record: elsewhere}}}, []string{"**x** undone by aiko"}},
		"one that came live":        {rules.Telling{Change: rules.JournalChange{Kind: "outcome", Entry: rules.JournalEntry{Record: base}}}, []string{"committed as `0123456`, gone from loki", "-x"}},
		"a commit that was pushed":  {rules.Telling{Change: rules.JournalChange{Kind: "finished", Entry: rules.JournalEntry{Record: why}}}, []string{"**x** pushed by aiko (it was \\*noisy\\*), committed as `0123456`", "-x"}},
		"a refusal": {
			rules.Telling{Change: rules.JournalChange{Kind: "finished", Entry: rules.JournalEntry{Record: refused}}, Rules: []string{"refusals"}},
			[]string{"**refusals**\n", "**DENIED** `delete x` by aiko: You may \\*not\\*."},
		},
		"many": {
			rules.Telling{Change: rules.JournalChange{Kind: "finished", Entry: rules.JournalEntry{Record: refused}}, Burst: make([]rules.JournalEntry, 12)},
			[]string{"12 within a short time", "…and 2 more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Told(tc.t, "https://alerts.example.org")
			if n := strings.Count(got.Text, "](https://alerts.example.org/entry/r1)"); n != 1 {
				t.Errorf("it links %d times to the entry:\n%s", n, got.Text)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.Text, want) || !got.InChannel {
					t.Errorf("it does not say %q:\n%s", want, got.Text)
				}
			}
		})
	}
}

// codeSpans are texts in which Mattermost finds no mentions.
var codeSpans = regexp.MustCompile("`[^`]*`")

// TestToldIsHarmless holds that nothing from outside calls anybody or leaves its line.
func TestToldIsHarmless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"@channel", "<!channel>", "a\n@here\n# x", "`@all`", "[x](http://evil.example.org)", "**b** ~~c~~"} {
		record := rules.Record{
			Request: rules.Request{ID: "r", Actor: rules.Person{Name: text}, Channel: rules.Place{Name: text}, Command: text}, Done: time.Unix(1, 0),
			Outcome: rules.Outcome{Result: rules.DeniedResult, Err: &rules.Error{Text: text}},
		}
		e := rules.JournalEntry{Record: record}
		got := Told(rules.Telling{Change: rules.JournalChange{Entry: e}, Rules: []string{text}, Burst: []rules.JournalEntry{e, e}}, "").Text
		plain := codeSpans.ReplaceAllString(got, "")
		for _, live := range []string{"@channel", "@here", "@all", "<!", "x](http", "**b**", "\n# "} {
			if strings.Contains(plain, live) {
				t.Errorf("%q: %q is live in\n%s", text, live, got)
			}
		}
	}
}
