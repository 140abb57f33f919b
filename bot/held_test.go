package bot

import (
	"strconv"
	"strings"
	"testing"
)

// heldChat has a push held that moves a rule to another file, makes another one of its name, and deletes one of several with a severity.
func heldChat(c *chat) {
	c.must(`add mv expr="up == 0" ruler=prometheus group=one`)
	c.must(`add gone severity=low expr="up == 9" ruler=prometheus group=two`)
	c.must(`add stay severity=low expr="up == 0" ruler=prometheus group=two`)
	c.must(`add free severity=low expr="up == 8" ruler=prometheus group=three`)
	c.applier.Moved(c.t.Context())
	c.pushed("Move and break", map[string]string{
		"prometheus/alerts/one.yaml": "", "prometheus/web/one.yaml": c.read("prometheus/alerts/one.yaml"),
		"prometheus/alerts/two.yaml": "groups:\n  - name: two\n    rules:\n      - alert: mv\n        expr: up == 7\n      - alert: stay\n        expr: up == 3\n        labels: {severity: low}\n",
		"prometheus/alerts/bad.yaml": "groups: 1\n",
	})
	c.applier.Moved(c.t.Context())
}

// TestHeldNamesAreToldApart gives commands a name that a rule which is live and one that was pushed have: each is named, and each line to copy is about that one.
func TestHeldNamesAreToldApart(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	heldChat(c)
	for _, say := range []string{`show mv`, `edit mv for=5m`, `rename mv other`, `move mv group=other`, `copy mv other`, `delete mv`, `pause mv`, `history mv`} {
		text := c.step(say).Text
		requireParts(t, text, `3 rules have the name "mv". Say which one.`, "alerts/one/mv is live, and held as it is.", "two/mv was pushed, and is not live: it is held.",
			"web/one/mv was pushed, and is not live: it is held.")
		for _, address := range []string{"alerts/one/mv", "two/mv", "web/one/mv"} {
			line := strings.Replace(say, "mv", address, 1)
			requireParts(t, text, "Try:", "```\n/alert "+line+"\n```")
			if again := c.step(line).Text; strings.Contains(again, "Say which one") || strings.Contains(again, "no rule") {
				t.Errorf("%s is answered with\n%s", line, again)
			}
		}
	}
}

// TestHeldRulesAreNotPassedOver edits rules by conditions, of which a held push deleted one: it is live, and is named as what the edit cannot have.
func TestHeldRulesAreNotPassedOver(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	heldChat(c)
	const why = "is held, because of what Bob Builder pushed"
	requireParts(t, c.step(`edit for=5m where name=gone`).Text, "prometheus/alerts/two.yaml "+why, "All rules that the edit means are in held files: gone.")
	requireParts(t, c.step(`edit for=5m where group=two`).Text, why, "All rules that the edit means are in held files: gone, mv, stay.")
	requireParts(t, c.step(`edit for=5m where severity=low`).Text, why, "Of the rules that the edit means these are in held files: gone, stay.",
		"Try:\n```\n/alert edit for=5m where severity=low name!=gone name!=stay\n```")
	requireParts(t, c.step(`edit for=5m where severity=low name!=gone name!=stay`).Text, "Planned, nothing was changed: 1 rule in prometheus would be edited: free")
}

// TestUndoSaysWhatItLeavesOfAPush takes back a change that took in force what somebody had pushed: the undo tells that this stays, and how it was live before.
func TestUndoSaysWhatItLeavesOfAPush(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add old expr="up == 0" ruler=prometheus group=one`)
	c.must(`add gone expr="up == 0" ruler=prometheus group=one`)
	c.must(`add before expr="up == 0" ruler=prometheus group=two`)
	_, good := c.must(`edit before for=5m`)
	before := c.last().Request.ID
	c.applier.Moved(t.Context())
	c.pushed("Half bad", map[string]string{
		"prometheus/alerts/one.yaml": "groups:\n  - name: one\n    rules:\n      - alert: old\n        expr: up == 4\n      - alert: new\n        expr: up == 6\n",
		"prometheus/alerts/bad.yaml": "groups: [\n",
	})
	push := c.head()
	c.applier.Moved(t.Context())
	if text, _ := c.must(`undo ` + before); strings.Contains(text, "pushed") { // that was before the push
		t.Errorf("of what was not pushed:\n%s", text)
	}
	text, _ := c.must(`edit new for=5m`)
	requireParts(t, text, "With it, 2 changes of what Bob Builder pushed")
	c.must(`edit old severity=page`)
	if text = c.step(`undo dry-run`).Text; strings.Contains(text, "pushed") {
		t.Errorf("of what it would not leave:\n%s", text)
	}
	if text, _ = c.must(`undo`); strings.Contains(text, "pushed") { // that change found it in force
		t.Errorf("of what it did not leave:\n%s", text)
	}
	lines := "as it was live before:\n```\n/alert restore old@" + short(good) + "\n```\n```\n/alert delete new\n```\n```\n/alert restore gone@" + short(good) + "\n```"
	requireParts(t, c.step(`undo dry-run`).Text, "Dry run, nothing was changed: **new** would be undone",
		"**old, new, gone** would stay as they were pushed, and in force so: the change that would be taken back has taken what Bob Builder pushed (`"+short(push)+"`) in force", lines)
	text, _ = c.must(`undo`)
	requireParts(t, text, "**old, new, gone** stay as they were pushed and are in force so: the change that was taken back had taken what Bob Builder pushed (`"+short(push)+"`) in force",
		lines)
	c.must("restore old@" + short(good))
	c.must("delete new")
	c.must("restore gone@" + short(good))
	if text := c.step(`list all`).Text; strings.Contains(text, "new") || strings.Count(text, "up == 0") != 3 {
		t.Errorf("put back line by line:\n%s", text)
	}
}

// TestUndoOffersNoLineThatWouldBeRefused has a change take a pushed file in force of which one group is not written line by line: what stays of that is named, and no
// line to put it back.
func TestUndoOffersNoLineThatWouldBeRefused(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add old expr="up == 0" ruler=prometheus group=one`)
	_, good := c.must(`add flow expr="up == 0" ruler=prometheus group=one`)
	c.applier.Moved(t.Context())
	file := func(expression string) string {
		return "groups:\n  - name: one\n    rules:\n      - alert: old\n        expr: up == " + expression + "\n  - name: two\n    rules: [{alert: new, expr: up == " + expression + "}, {alert: more, expr: up == 1}]\n"
	}
	c.pushed("Half bad", map[string]string{"prometheus/alerts/one.yaml": file("4"), "prometheus/alerts/bad.yaml": "groups: [\n"})
	c.applier.Moved(t.Context())
	c.must(`edit old severity=page`)
	text, _ := c.must(`undo`)
	requireParts(t, text, "**old, flow, new, more** stay as they were pushed", "No command puts **new, more** back, as that file is not written line by line: edit it by hand, with Git. These lines put all else back "+
		"as it was live before:\n```\n/alert restore old@"+short(good)+"\n```\n```\n/alert restore flow@"+short(good)+"\n```")
	if strings.Contains(text, "delete new") {
		t.Errorf("offered, and would be refused:\n%s", text)
	}
	requireParts(t, c.step(`delete new`).Text, "cannot be changed without touching other lines")
	c.must("restore old@" + short(good))
	c.must("restore flow@" + short(good))
}

// TestWhatAChangeTookOfAPushIsNotCalledNotApplied has one of three held files changed: history and status tell which commits are in force by that, and which are not.
func TestWhatAChangeTookOfAPushIsNotCalledNotApplied(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, good := c.must(`add one expr="up == 0" ruler=prometheus group=one`)
	c.must(`add two expr="up == 0" ruler=prometheus group=two`)
	c.must(`add three expr="up == 0" ruler=prometheus group=three`)
	c.applier.Moved(t.Context())
	for i, push := range []struct{ subject, files string }{{"Takes one", "one"}, {"Takes some", "one two"}, {"Takes none", "three"}} {
		files := map[string]string{}
		for name := range strings.FieldsSeq(push.files) {
			path := "prometheus/alerts/" + name + ".yaml"
			files[path] = strings.Replace(c.read(path), "up == ", "up == "+strconv.Itoa(i+1), 1)
		}
		c.pushed(push.subject, files)
	}
	c.pushed("Break", map[string]string{"prometheus/alerts/bad.yaml": "groups: [\n"})
	c.applier.Moved(t.Context())
	requireParts(t, c.step(`history`).Text, "(**not applied**: held): Takes none", "(**not applied**: held): Takes some", "(**not applied**: held): Takes one")
	c.must(`edit one severity=page`)
	requireParts(t, c.step(`history`).Text, "**changed** `one` (edit)\n", "(**not applied**: held): Takes none",
		"(**applied in part**, as later changes left that: the rest is held): Takes some", "(pushed with what is held; **in force** as later changes left it): Takes one")
	requireParts(t, c.step(`status`).Text, "stay in force as they were, but for those that were changed here since.", "3 held as before:\n", "three.yaml`", "two.yaml`",
		"- 1 in force as pushed and changed here since:\n    - `prometheus/alerts/one.yaml`")
	c.must(`restore one@` + short(good))
	requireParts(t, c.step(`history`).Text, "(**not applied**: held): Takes none", "(**not applied**: held): Takes some", "(**not applied**: held): Takes one")
	if text := c.step(`status`).Text; strings.Contains(text, "changed here since") {
		t.Errorf("nothing of the push is in force any more:\n%s", text)
	}
}

// TestUndoOfABulkEditTellsAllThatIsInItsWay takes back an edit of four rules, of which two are held and one was changed since: all three are told, then the rest is taken
// back, and then nothing is left.
func TestUndoOfABulkEditTellsAllThatIsInItsWay(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	for _, name := range []string{"a", "b", "d", "e"} {
		c.must(`add ` + name + ` expr="up == 0" ruler=prometheus`)
	}
	plan := c.step(`edit for=5m where ruler=prometheus`).Text
	_, line, _ := strings.Cut(plan, "`/alert apply ")
	line, _, _ = strings.Cut(line, "`")
	c.must("apply " + line)
	id := c.last().Request.ID
	c.must(`edit b for=7m`)
	c.applier.Moved(t.Context())
	c.pushed("Break", map[string]string{
		"prometheus/alerts/a.yaml": "groups: [\n", "prometheus/alerts/d.yaml": strings.Replace(c.read("prometheus/alerts/d.yaml"), "up == 0\n        for: 5m", "up == 4\n        for: 9m", 1),
	})
	c.applier.Moved(t.Context())
	requireParts(t, c.step(`undo `+id).Text, `Later changes touched the same: the file prometheus/alerts/a.yaml; "b" in prometheus/alerts/b.yaml (for); "d" in prometheus/alerts/d.yaml (for).`,
		"Besides, prometheus/alerts/a.yaml is held, because of what Bob Builder pushed", "Held too: prometheus/alerts/d.yaml. Before that is mended or taken back, nothing can be done there",
		"can be taken back without that: 1 rule.", "/alert undo "+id+" part\n")
	text, _ := c.must("undo " + id + " part")
	requireParts(t, text, "**e** undone by alice", "Left as it is")
	text = c.step(`undo ` + id + ` part`).Text
	requireParts(t, text, `There is nothing more to take back in part: of what that commit did only what later changes touched as well is there still: the file prometheus/alerts/a.yaml; "b" in`)
	if strings.Contains(text, "Later changes") || strings.Contains(text, "```") {
		t.Errorf("explained once more:\n%s", text)
	}
}

// TestUndoSaysWhichFilesOfAPushItLeaves takes back a push of which one file is no rule file: that stays, and is told, also where it is all of the push.
func TestUndoSaysWhichFilesOfAPushItLeaves(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add a expr="up == 0" ruler=prometheus`)
	c.applier.Moved(t.Context())
	c.pushed("Break", map[string]string{"prometheus/alerts/a.yaml": strings.Replace(c.read("prometheus/alerts/a.yaml"), "up == 0", "up == 4", 1), "prometheus/alerts/it's.yaml": "groups: {\n"})
	half := c.head()
	c.pushed("Break more", map[string]string{"prometheus/alerts/it's.yaml": "groups: [\n"})
	whole := c.head()
	c.applier.Moved(t.Context())
	const quoted = `'prometheus/alerts/it'\''s.yaml'`
	requireParts(t, c.step(`undo `+short(whole)).Text, "it's.yaml is held, because of what Bob Builder pushed", "Of that commit prometheus/alerts/it's.yaml stays as it is: there is nothing of a rule file in it, "+
		"and until that is mended something is held. Whoever may push takes that back with Git, in a clone of the rulebook:",
		"```\ngit pull\ngit --literal-pathspecs checkout -q "+short(half)+" -- "+quoted+"\ngit commit -m 'take back "+short(whole)+"'\ngit push\n```")
	text, _ := c.must(`undo ` + short(half))
	if requireParts(t, text, "**a** undone by alice"); strings.Contains(text, "Of that commit") { // a later one changed the file
		t.Errorf("of what a later commit left so:\n%s", text)
	}
	c.pushed("Back", map[string]string{"prometheus/alerts/it's.yaml": ""})
	c.applier.Moved(t.Context())
	c.pushed("Again", map[string]string{"prometheus/alerts/a.yaml": strings.Replace(c.read("prometheus/alerts/a.yaml"), "up == 0", "up == 5", 1), "prometheus/alerts/it's.yaml": "groups: {\n"})
	again := c.head()
	c.applier.Moved(t.Context())
	text, _ = c.must(`undo ` + short(again))
	requireParts(t, text, "**a** undone by alice", "Of that commit prometheus/alerts/it's.yaml stays as it is: there is nothing of a rule file in it, and until that is mended something is held.",
		"```\ngit pull\ngit --literal-pathspecs rm -rq -- "+quoted+"\ngit commit -m 'take back "+short(again)+"'\ngit push\n```")
}

// TestRestoreOntoAHeldFileThatCannotBeReadSaysWhatToDo puts a rule back into a file that somebody broke: who, where, and the line that takes that back.
func TestRestoreOntoAHeldFileThatCannotBeReadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, good := c.must(`add a expr="up == 0" ruler=prometheus`)
	c.applier.Moved(t.Context())
	c.pushed("Break", map[string]string{"prometheus/alerts/a.yaml": "groups: [\n"})
	push := c.head()
	c.applier.Moved(t.Context())
	for _, say := range []string{`restore a@` + short(good), `edit a for=5m`} {
		text := c.step(say).Text
		requireParts(t, text, "prometheus/alerts/a.yaml is held, because of what Bob Builder pushed ("+short(push)+"), which would not be taken: prometheus/alerts/a.yaml, line 1: ",
			"Before that is mended or taken back, this cannot be done", "Try:\n```\n/alert undo "+short(push)+"\n```")
		if strings.Contains(text, "safely") {
			t.Errorf("%s: %s", say, text)
		}
	}
	c.pushed("Break again", map[string]string{"prometheus/alerts/a.yaml": "groups: {\n"})
	again := c.head()
	c.applier.Moved(t.Context())
	text := c.step(`restore a@` + short(good)).Text
	if requireParts(t, text, "("+short(again)+")"); strings.Contains(text, "Try") {
		t.Errorf("what does not mend it is offered:\n%s", text)
	}
}
