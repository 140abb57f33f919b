package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// findWord stands for the checks: it warns of expressions with the number 42, tells of those with 43, and calls 44 an error.
func findWord(_ *rules.Book, entries []rules.Entry) (found []rules.Finding) {
	for _, e := range entries {
		for word, severity := range map[string]rules.Severity{"42": rules.SeverityWarning, "43": rules.SeverityInfo, "44": rules.SeverityError} {
			at := strings.Index(e.Rule.Expr, word)
			accepted := slices.ContainsFunc(e.Accepted(), func(a rules.Acceptance) bool { return a.Check == "loud" })
			if at >= 0 && !accepted {
				found = append(found, rules.Finding{Check: "loud", Severity: severity, Ref: e.Ref, Start: at, End: at + 2,
					Text: word + " is *too* much", Why: "nobody counts so far", Fix: strings.Replace(e.Rule.Expr, word, "41", 1)})
			}
		}
	}
	return found
}

// newWords is findWord for a change.
func newWords(_, after *rules.Book, refs []rules.Ref) (found []rules.Finding) {
	for _, ref := range refs {
		if e, there := after.Get(ref); there {
			found = append(found, findWord(after, []rules.Entry{e})...)
		}
	}
	return found
}

func TestLint(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	for _, step := range []struct {
		say, want string // "" for an answer that is checked no further
		not       string
	}{
		{"lint", "**0 findings** in 0 rules.", ""},
		{`add plain expr="up == 1" ruler=prometheus`, "", "loud"},
		{`add info expr="up == 43" ruler=prometheus`, "", "loud"},
		{`add warned expr="up == 42" ruler=prometheus`, "\nWarning `loud`: 42 is \\*too\\* much. Instead: `up == 41`\nWhy: `/alert lint warned`", ""},
		{`add wrong expr="up == 44" ruler=prometheus`, "wrong: 44 is \\*too\\* much. Nobody counts so far.", ""},
		{`add wrong expr="up == 44" ruler=prometheus`, "add wrong expr=\"up == 41\" ruler=prometheus", ""},
		{`lint`, "**1 finding** in 3 rules\n`warned` Warning `loud`: 42", "43"},
		{`lint all`, "`info` Info `loud`: 43", ""},
		{`lint warned`, "**warned**: 1 finding\nWarning `loud`: 42 is \\*too\\* much. Instead: `up == 41` Nobody counts so far.", ""},
		{`lint nobody`, "There is no rule", ""},
		{`add meant expr="up == 44" ruler=prometheus accept=loud`, "Say why the finding is accepted", ""},
		{`add meant expr="up == 44" ruler=prometheus accept=luod reason="we count"`, "Did you mean loud?", ""},
		{`add meant expr="up == 44" ruler=prometheus until=2030-01-01`, "goes with accept=", ""},
		{`add meant expr="up == 44" ruler=prometheus accept=loud reason="we count" until=2030-01-01`, "# accept: loud until=2030-01-01 reason=\"we count\"", "too"},
		{`lint meant`, "**meant**: 0 findings\nAccepted: `loud` until 2030-01-01: we count", ""},
		{`list`, "- 1 found and accepted:\n    - `meant` accepted: `loud` until 2030-01-01: we count", ""},
		{`edit meant accept=`, "meant: 44 is", ""},
		{`edit warned summary="x"`, "Warning `loud`", ""},
	} {
		got := c.say(step.say).Text
		if !strings.Contains(got, step.want) || step.not != "" && strings.Contains(got, step.not) {
			t.Errorf("%s\n%s\nwant %s\nnot %s", step.say, got, step.want, step.not)
		}
	}
}

// A finding about a group has no rule's name: what is to be copied names the group's first rule that was changed, which has it.
func TestWhyOfAFindingAboutAGroupNamesARule(t *testing.T) {
	t.Parallel()
	in := func(group, name string) rules.Ref {
		return rules.Ref{Ruler: "prometheus", Path: "ops/g.yaml", Group: group, Name: name, Nth: 1}
	}
	slow := rules.Finding{Check: "group-interval", Severity: rules.SeverityWarning, Ref: rules.Ref{Ruler: "prometheus", Path: "ops/g.yaml", Group: "slow"}, Text: "it is slow"}
	for want, refs := range map[string][]rules.Ref{
		"Why: `/alert lint beta`": {in("other", "alpha"), in("slow", "beta"), in("slow", "gamma")},
		"Why: `/alert lint all`":  {in("other", "alpha")},
	} {
		got := findingsText("/alert", rules.Outcome{State: rules.Live, Refs: refs, Findings: []rules.Finding{slow}})
		if !strings.HasSuffix(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// A finding is accepted for as long as was said, and no shorter: until the first day, in UTC, that begins no sooner.
func TestAcceptedUntil(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone        int // hours east of Greenwich; it is 10:00 there
		until, want string
	}{
		{0, "5h", "2026-11-22"},
		{0, "14h", "2026-11-22"},
		{0, "15h", "2026-11-23"},
		{0, "今日", "2026-11-22"},
		{0, "2026-11-22", "2026-11-22"},
		{0, "2026-11-22 00:01", "2026-11-23"},
		{9, "5h", "2026-11-22"},
		{9, "2026-11-25", "2026-11-25"},
		{-5, "8h", "2026-11-22"},
		{-5, "10h", "2026-11-23"},
		{-5, "2026-11-25", "2026-11-25"},
		{0, "2026-11-21", ""},
	} {
		c := newChat(t, nil)
		c.handler.backend.Zone = time.FixedZone("there", test.zone*3600)
		c.now = time.Date(2026, 11, 21, 10-test.zone, 0, 0, 0, time.UTC)
		got := c.say("add meant expr=\"up == 44\" ruler=prometheus accept=loud reason=why until=\"" + test.until + "\"").Text
		if test.want == "" {
			requireParts(t, got, "a date stands for its first moment, which is past", "until=2026-11-22")
			continue
		}
		if want := "# accept: loud until=" + test.want + " reason"; !strings.Contains(got, want) {
			t.Errorf("%+d until=%s: no %q in %s", test.zone, test.until, want, got)
			continue
		}
		if entry, err := mustBook(t, c).Find("meant"); err != nil || !entry.Accepts("loud", c.now.Add(time.Hour)) {
			t.Errorf("%+d until=%s is over at once: %v", test.zone, test.until, err)
		}
	}
}

func mustBook(t *testing.T, c *chat) *rules.Book {
	t.Helper()
	book, err := c.applier.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return book
}
