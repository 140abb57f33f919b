package bot

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// planOf returns the plan that an answer offers.
func planOf(text string) string {
	return regexp.MustCompile(`[0-9a-z]{26}-[0-9a-f]{12}`).FindString(text)
}

// Whatever way a change is typed, the intent is the same.
func TestEditForms(t *testing.T) {
	t.Parallel()
	severe := rules.Alteration{Options: rules.Options{Labels: map[string]string{"severity": "page"}}}
	ends := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	by := rules.Person{ID: alice, Name: "alice"}
	const id = "request0000000000000000001"
	for text, want := range map[string]rules.Intent{
		"edit a severity=page":                     rules.Edit{Address: "a", Alteration: severe},
		"EDIT　a　ｓｅｖｅｒｉｔｙ＝page":                     rules.Edit{Address: "a", Alteration: severe},
		"編集 a severity：page":                       rules.Edit{Address: "a", Alteration: severe},
		"edit severity=page a":                     rules.Edit{Address: "a", Alteration: severe},
		"edit ops/g/a#2 label.severity=page":       rules.Edit{Address: "ops/g/a#2", Alteration: severe},
		"edit a expr=“up{a=“b”} == 0”":             rules.Edit{Address: "a", Alteration: rules.Alteration{Expr: `up{a="b"} == 0`}},
		"edit a for= severity= summary= runbook=":  rules.Edit{Address: "a", Alteration: rules.Alteration{Remove: []string{"for", "label.severity", "annotation.summary", "annotation.runbook_url"}}},
		"edit a expires=2d":                        rules.Edit{Address: "a", Alteration: rules.Alteration{Options: rules.Options{Expires: &ends}}},
		"edit a expires=":                          rules.Edit{Address: "a", Alteration: rules.Alteration{Remove: []string{"expires"}}},
		"edit a reason=why\nalert: a\nexpr: up":    rules.Edit{Address: "a", YAML: "alert: a\nexpr: up", Alteration: rules.Alteration{Options: rules.Options{Reason: "why"}}},
		"edit a\n```yaml\nalert: a\nexpr: up\n```": rules.Edit{Address: "a", YAML: "alert: a\nexpr: up"},
		"rename a b":                               rules.Rename{Address: "a", Name: "b"},
		"改名 a b force reason=why":                  rules.Rename{Address: "a", Name: "b", Force: true, Reason: "why"},
		`rename a "b c"`:                           rules.Rename{Address: "a", Name: "b c"},
		"move a group=g namespace=n":               rules.Move{Address: "a", Group: "g", Namespace: "n"},
		"mv a namespace=n/m":                       rules.Move{Address: "a", Namespace: "n/m"},
		"copy a b for= group=g severity=page":      rules.Copy{Address: "a", Name: "b", Alteration: rules.Alteration{Options: rules.Options{Group: "g", Labels: map[string]string{"severity": "page"}}, Remove: []string{"for"}}},
		"pause a":                                  rules.Pause{Address: "a", By: by, Request: id},
		"pause a for=2d reason=x":                  rules.Pause{Address: "a", By: by, Request: id, Until: ends, Reason: "x"},
		"pause a for=2日後":                          rules.Pause{Address: "a", By: by, Request: id, Until: ends},
		"一時停止 a until='2026-11-23 10:00'":          rules.Pause{Address: "a", By: by, Request: id, Until: ends},
		"pause a --force reason=x":                 rules.Pause{Address: "a", By: by, Request: id, Force: true, Reason: "x"},
		"resume a":                                 rules.Resume{Address: "a"},
		"delete a force reason=x":                  rules.Delete{Address: "a", Force: true, Reason: "x"},
		"delete force":                             rules.Delete{Address: "force"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := intent(t, newChat(t, nil), text)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A dry run goes the whole way up to the commit, however it is typed, and changes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.say("add a job=x y 5m namespace=ops severity=page")
	head := c.head()
	for text, want := range map[string]string{
		"add b job=x z 5m --dry-run":                "**b** would be added in loki",
		"add b job=x z 5m –dry-run":                 "would be added",
		"add b job=x z 5m －－ｄｒｙ－ｒｕｎ":                "would be added",
		"add dry-run\n- alert: b\n  expr: up":       "would be added in prometheus",
		"add b job=x z 5m dryrun=yes":               "would be added",
		"add b job=x z 5m --dry-run=true":           "would be added",
		"delete a 試行":                               "**a** would be deleted in loki",
		"edit a --dry_run severity=warning":         "+          severity: warning",
		"rename a c dry-run":                        "**a** would be renamed to **c**",
		"move a dry-run group=g":                    "**a** would be moved to **ops/g**",
		"copy a c dry-run":                          "**c** would be copied",
		"pause a for=1h dry-run":                    "**a** would be paused",
		"edit severity=info where name=a --dry-run": "Planned, nothing was changed",
	} {
		got := c.say(text)
		if !strings.Contains(got.Text, want) || got.ResponseType != "ephemeral" || c.last().Outcome.Result != rules.Success || c.last().Outcome.Revision != "" {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for text, want := range map[string]string{
		"add b job=x z 5mm dry-run":   "no duration",
		"delete nothing dry-run":      "no rule",
		"edit a severity=page dryrun": "nothing to do",
		"delete a force":              "says why",
	} {
		if got := c.say(text); !strings.Contains(got.Text, want) || c.last().Outcome.Result != rules.ValidationError {
			t.Errorf("%s: %+v", text, got)
		}
	}
	if c.head() != head {
		t.Error("something was committed")
	}
	if got := c.say("edit a severity=warning dryrun=no"); c.head() == head {
		t.Errorf("no dry run was asked for: %s", got.Text)
	}
}

// What is planned for many rules is applied as it was planned, or not at all.
func TestPlan(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	for _, name := range []string{"a1", "a2", "b"} {
		c.say("add " + name + " job=x y 5m namespace=ops severity=page label.team=web")
	}
	text := c.say("edit severity=warning where name=a* label.team=web reason=quieter").Text
	if !strings.Contains(text, "2 rules in loki would be edited: a1, a2.") {
		t.Fatal(text)
	}
	plan := planOf(text)
	c.say("edit b severity=info") // another rule does not matter
	if got := c.say("apply " + plan); !strings.Contains(got.Text, "As alice planned it") || got.ResponseType != "in_channel" || !strings.Contains(got.Text, "**a1, a2** edited by alice") {
		t.Errorf("got %+v", got)
	}
	if got := c.say("apply " + plan); c.last().Outcome.Result != rules.ValidationError || !strings.Contains(got.Text, "nothing to do") {
		t.Errorf("again: %+v", got)
	}
	plan = planOf(c.say("edit severity=info where name=a*").Text)
	c.say("edit a2 summary=x")
	if got := c.say("apply " + plan); !strings.Contains(got.Text, "moved since") {
		t.Errorf("after one of them changed: %+v", got)
	}
	plan = planOf(c.say("edit severity=info where name=a*").Text)
	c.say("add a3 job=x y 5m namespace=ops severity=page")
	if got := c.say("apply " + plan); !strings.Contains(got.Text, "moved since") {
		t.Errorf("after another came: %+v", got)
	}
	plan = planOf(c.say("edit severity=info where name=a*").Text)
	c.now = c.now.Add(2 * time.Hour)
	if got := c.say("apply " + plan); !strings.Contains(got.Text, "no such plan") {
		t.Errorf("two hours later: %+v", got)
	}
	for text, want := range map[string]string{
		"edit severity=info where":                      "Say for which rules",
		"edit where name=a":                             "what is to be changed",
		"edit a severity=info where name=a":             "Before where",
		"edit severity=info where job=x":                "where label.job=x",
		"edit severity=info where for=1m":               "Rules are chosen by",
		"edit severity=info where name=nothing":         "no rule for which",
		"edit severity=info where name=b":               "the one rule for which that holds is so already",
		"edit group=g where name=a":                     "The command move",
		"apply 1234":                                    "This is no plan",
		"apply request0000000000000000001-0123456789ab": "no such plan",
	} {
		if got := c.say(text); !strings.Contains(got.Text, want) || c.last().Outcome.Result != rules.ValidationError {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// A paused rule is told of, and comes back.
func TestPause(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.say("add a job=x y 5m namespace=ops severity=page")
	c.say("add b job=x z 5m namespace=ops expires=30d")
	if got := c.say("pause a for=2h reason=loud").Text; !strings.Contains(got, "**a** paused by alice (loud)") || !strings.Contains(got, "comes back by itself at 2026-11-21 12:00:00 UTC") {
		t.Error(got)
	}
	list := c.say("list").Text
	for _, want := range []string{"paused, so that no ruler has them", "`a` until 2026-11-21 12:00:00 UTC, by alice: loud", "deleted by themselves", "`b` on 2026-12-21 10:00:00 UTC"} {
		if !strings.Contains(list, want) {
			t.Errorf("list: %s, want %s", list, want)
		}
	}
	for _, text := range []string{"list a", "show a"} {
		if got := c.say(text).Text; !strings.Contains(got, "is paused until") || !strings.Contains(got, "severity: page") {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := c.say("pause a").Text; !strings.Contains(got, "paused already") {
		t.Error(got)
	}
	if got := c.say("add a job=x other 5m namespace=ops").Text; !strings.Contains(got, "of that group is paused") {
		t.Error(got)
	}
	if got := c.say("resume a").Text; !strings.Contains(got, "**a** resumed by alice") || !strings.Contains(got, "live in loki") {
		t.Error(got)
	}
	if got := c.say("resume a").Text; !strings.Contains(got, "No rule") {
		t.Error(got)
	}
}

// Recording rules can be left out of an edit of many.
func TestEditWhereKind(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add a expr="up == 0" ruler=prometheus namespace=ops`)
	c.must("add ruler=prometheus namespace=ops\nrecord: job:up:sum\nexpr: sum by (job) (up)\n")
	requireParts(t, c.say(`edit for=5m where namespace=ops`).Text, "is a recording rule")
	requireParts(t, c.say(`edit for=5m where namespace=ops kind=alert`).Text, "+        for: 5m")
	requireParts(t, c.say(`edit label.team=web where kind=recording`).Text, "team: web")
	requireParts(t, c.say(`edit for=5m where kind=alrt`).Text, "kind= is alert or recording")
}

// An edit of many rules, of which one is in a held file, names that one and gives the command that leaves it out.
func TestAnEditOfManyRulesLeavesOutWhatIsHeld(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	for _, name := range []string{"a1", "a2"} {
		c.say("add " + name + " job=x y 5m namespace=ops severity=page")
	}
	c.store.Commit(rules.Commit{Author: rules.Person{Name: "carol"}, Subject: "break it", Files: map[string][]byte{"loki/ops/a1.yaml": []byte("groups: [")}})
	c.applier.Moved(t.Context())
	text := c.say("edit severity=info where namespace=ops").Text
	for _, want := range []string{"loki/ops/a1.yaml is held", "in held files: a1.", "/alert edit severity=info where namespace=ops name!=a1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the answer lacks %q: %s", want, text)
		}
	}
	if text := c.say("edit severity=info where namespace=ops name!=a1").Text; !strings.Contains(text, "1 rule in loki would be edited: a2.") {
		t.Errorf("without it: %s", text)
	}
	if text := c.say("edit severity=info where name=a1").Text; !strings.Contains(text, "in held files: a1.") || strings.Contains(text, "!=") {
		t.Errorf("it alone: %s", text)
	}
}

// A condition with != holds for all other rules, however its value is written.
func TestConditionsThatAreNotToHold(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	for _, name := range []string{"a1", "a2", "b"} {
		c.say("add " + name + " job=x y 5m namespace=ops severity=page")
	}
	for where, want := range map[string]string{
		"namespace=ops name!=a1": "2 rules in loki would be edited: a2, b.", `namespace=ops name!="a*"`: "1 rule in loki would be edited: b.",
		`namespace=ops "name!=a*"`: "edited: b.", "namespace=ops name！＝a1": "edited: a2, b.", "namespace=ops label.team!=web": "edited: a1, a2, b.",
		"namespace!=ops": "There is no rule", "team!=a": "After where come conditions",
	} {
		if text := c.say("edit severity=info where " + where).Text; !strings.Contains(text, want) {
			t.Errorf("where %s: %s", where, text)
		}
	}
}

// Who moves or copies a rule into a group that is evaluated otherwise reads how, also in a dry run.
func TestWhatAnotherGroupSaysIsTold(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.say("add a job=x y 5m namespace=ops interval=1m")
	c.say("add b job=x z 5m namespace=ops interval=5m group=slow")
	c.say("add c job=x w 5m namespace=ops group=own")
	for command, want := range map[string]string{
		"move a group=slow":        "In its group there it is evaluated every 5m instead of every 1m.",
		"copy a a2 group=slow":     "it is evaluated every 5m instead of every 1m.",
		"move a group=own":         "it is evaluated as often as the ruler does by itself instead of every 1m.",
		"copy b b3 group=new":      "it is evaluated as often as the ruler does by itself instead of every 5m.",
		"copy b b2":                "",
		"move c group=elsewhere":   "",
		"rename b b1":              "",
		"edit a severity=critical": "",
		"copy c c2 group=other":    "",
	} {
		text := c.say(command + " --dry-run").Text
		if c.last().Outcome.Result != rules.Success || !strings.Contains(text, want) || want == "" && strings.Contains(text, "In its group there") {
			t.Errorf("%s: %s, want %q", command, text, want)
		}
	}
	if text := c.say("move a group=slow").Text; !strings.Contains(text, " In its group there it is evaluated every 5m instead of every 1m.") {
		t.Errorf("once it is done: %s", text)
	}
}
