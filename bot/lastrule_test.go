package bot

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// secondDocument is what somebody appends to a rule file whose rules no ruler reads.
const secondDocument = "---\ngroups:\n  - name: other\n    rules:\n      - alert: other\n        expr: up == 1\n"

// TestTheLastRuleTakesNoHeldFileAlong takes the only rule out of files to which somebody pushed what no ruler reads: what was pushed would go too, and a pause
// would never end.
func TestTheLastRuleTakesNoHeldFileAlong(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add a expr="up == 0" ruler=prometheus`)
	added := c.last().Request.ID
	c.must(`add b expr="up == 0" ruler=prometheus`)
	c.applier.Moved(t.Context())
	c.pushed("Break", map[string]string{
		"prometheus/alerts/a.yaml": c.read("prometheus/alerts/a.yaml") + secondDocument, "prometheus/alerts/b.yaml": "x: 1\n" + c.read("prometheus/alerts/b.yaml"),
	})
	push := c.head()
	c.applier.Moved(t.Context())
	for _, say := range []string{`delete a`, `pause a for=5m`, `pause a`, `move a group=other`, `delete b`, `pause b`, `move b group=other`} {
		text := c.step(say).Text
		requireParts(t, text, " is held, because of what Bob Builder pushed ("+short(push)+"), which would not be taken: prometheus/alerts/", ", line ",
			"Before that is mended or taken back, this cannot be done", "/alert undo "+short(push))
		if last := c.last(); last.Outcome.Result == rules.Success {
			t.Errorf("%s: %+v", say, last.Outcome)
		}
	}
	requireParts(t, c.step(`undo `+added).Text, "prometheus/alerts/a.yaml is held, because of what Bob Builder pushed", "this cannot be done")
	for _, path := range []string{"prometheus/alerts/a.yaml", "prometheus/alerts/b.yaml"} {
		if c.read(path) == "" {
			t.Errorf("%s is gone", path)
		}
	}
	c.must(`undo ` + short(push))
	c.must(`delete b`)
}

// TestTheLastRuleOfABadFile takes the only rule out of files that were bad when the rulebook was adopted. A rule that is all that is wrong goes.
func TestTheLastRuleOfABadFile(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	const rule = "groups:\n  - name: %\n    rules:\n      - alert: %\n        expr: up == 0\n"
	of := func(name string) string { return strings.ReplaceAll(rule, "%", name) }
	c.pushed("All", map[string]string{
		"prometheus/alerts/two.yaml": of("two") + secondDocument, "prometheus/alerts/key.yaml": "x: 1\n" + of("key"),
		"prometheus/alerts/bad.yaml": strings.Replace(of("bad"), "up == 0", "up == (", 1), "prometheus/alerts/template.yaml": of("template") + "        annotations: {s: \"{{ $labels.x \"}\n",
		"prometheus/alerts/flow.yaml": "{groups: [{name: flow, rules: [{alert: flow, expr: up == 0, exprr: x}]}]}\n",
		"prometheus/alerts/type.yaml": of("type") + "        for: [x]\n", "prometheus/alerts/group.yaml": strings.Replace(of("group"), "    rules", "    intervall: 5m\n    rules", 1),
	})
	c.applier.Moved(t.Context())
	for _, name := range []string{"two", "key", "group"} {
		for _, say := range []string{`delete `, `pause `, `move group=other `} {
			text := c.step(say + name).Text
			requireParts(t, text, "prometheus would not take prometheus/alerts/"+name+".yaml, line ", `"`+name+`" is the last rule that is read of that file`, "Mend that file first, with Git.")
		}
	}
	requireParts(t, c.step(`delete two`).Text, "two.yaml, line 6: a second YAML document begins here")
	for _, name := range []string{"bad", "template", "flow", "type"} {
		requireParts(t, c.step(`pause `+name).Text, "prometheus would not take prometheus/alerts/"+name+".yaml, line ", "could not be resumed after a pause")
		c.must(`delete ` + name)
	}
}

// TestRulesOfFilesThatWereNeverPublishedAreMarked lists and shows rules of a file that was bad when the rulebook was adopted: they are not live.
func TestRulesOfFilesThatWereNeverPublishedAreMarked(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.pushed("All", map[string]string{
		"prometheus/alerts/bad.yaml": "x: 1\ngroups:\n  - name: bad\n    rules:\n      - alert: bad\n        expr: up == 0\n",
	})
	c.applier.Moved(t.Context())
	c.must(`add good expr="up == 0" ruler=prometheus`)
	requireParts(t, c.step(`list`).Text, "`bad` (not applied), `good`")
	for _, say := range []string{`show bad`, `list bad`, `list all`} {
		requireParts(t, c.step(say).Text, "**Not applied**: something is wrong with its file.")
	}
	if text := c.step(`show good`).Text; strings.Contains(text, "pplied") {
		t.Error(text)
	}
}
