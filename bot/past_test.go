package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

const diskFile = "prometheus/alerts/disk.yaml"

// diskChat has a rule with a past: added at 11:00, changed by a push at 12:00, deleted at 13:00, restored at 14:00.
func diskChat(t *testing.T) (c *chat, added, pushed, deleted, restored string) {
	t.Helper()
	c = newChat(t, nil)
	_, added = c.must(`add disk expr="up == 0" for=5m severity=page summary="disk full" ruler=prometheus reason="asked by ops"`)
	c.now = c.now.Add(time.Hour)
	c.pushed("Raise the\tpriority @all", map[string]string{diskFile: strings.Replace(c.read(diskFile), "page", "critical", 1)})
	pushed = c.head()
	_, deleted = c.must(`delete disk reason="too loud"`)
	text, restored := c.must(`restore disk`)
	requireParts(t, text, "As of commit `"+short(deleted)+"`, 2026-11-21 13:00:00 UTC:", "**disk** restored by alice", "live in prometheus", "To undo it: `/alert undo "+c.last().Request.ID+"`")
	return c, added, pushed, deleted, restored
}

func TestHistory(t *testing.T) {
	t.Parallel()
	c, added, pushed, deleted, restored := diskChat(t)
	c.must(`add other sshd Ban 5m`)
	requireParts(t, c.say(`history action=edit`).Text, "Bob Builder: **changed** `disk` (external)")
	for _, test := range []struct {
		say   string
		parts []string
		not   []string
	}{
		{`history`, []string{
			"**History**, the newest first\n", " 2026-11-21 15:00:00 UTC alice: **added** `other`\n",
			"- `" + short(restored) + "` 2026-11-21 14:00:00 UTC alice: **added** `disk` (restore)\n",
			"- `" + short(deleted) + "` 2026-11-21 13:00:00 UTC alice: **deleted** `disk`: too loud\n",
			"- `" + short(pushed) + "` 2026-11-21 12:00:00 UTC Bob Builder: **changed** `disk` (external): Raise the priority @\u200ball\n",
			"- `" + short(added) + "` 2026-11-21 11:00:00 UTC alice: **added** `disk`: asked by ops",
		}, nil},
		{`history disk`, []string{"**History of `disk`**", "14:00:00", "13:00:00", "12:00:00", "11:00:00 UTC alice: **added**: asked by ops"}, []string{"other"}},
		{`log DISK`, []string{"no rule"}, nil},
		{`履歴 disk action=rm`, []string{"13:00:00"}, []string{"11:00:00", "14:00:00"}},
		{`history disk by=＠ALICE until="2026-11-21 13:30"`, []string{"13:00:00", "11:00:00"}, []string{"12:00:00", "14:00:00"}},
		{`history until="2026-11-21 13:00"`, []string{"13:00:00"}, []string{"14:00:00"}}, // as show NAME at= of that second is without the rule
		{`history until=2h`, []string{"13:00:00"}, []string{"14:00:00"}},
		{`history until="2026-11-21 12:59:59"`, []string{"12:00:00"}, []string{"13:00:00"}},
		{`history disk by=me since=3h`, []string{"14:00:00", "13:00:00"}, []string{"11:00:00"}},
		{`history by="@Bob Builder"`, []string{"12:00:00"}, []string{"alice"}},
		{`history since="2 hours ago"`, []string{"other"}, []string{"11:00:00"}},
		{`history since=yesterday until=2026-11-20`, []string{"There are no such changes."}, nil},
		{`history n=2`, []string{"other", "14:00:00", "…and more: `/alert history n=2 page=2`"}, []string{"13:00:00"}},
		{`history disk n=2 page=2`, []string{"page 2", "12:00:00", "11:00:00"}, []string{"13:00:00", "more"}},
		{`history disk n=2 page=7`, []string{"There are no more changes of `disk`."}, nil},
		{`history page=9223372036854775807`, []string{"takes a number from 1"}, nil},
		{`history n=51`, []string{"takes a number from 1 to 50", "/alert history n=20"}, nil},
		{`history action=remoove`, []string{"takes one of add, apply, copy, delete, edit, expire, external, import, move, pause, rename, restore, resume, undo"}, nil},
		{`history since=sometime`, []string{"takes how long ago, such as 7d"}, nil},
		{`history since=2027-01-01`, []string{"lies in the future: it is 2026-11-21 "}, nil},
		{`history by=@`, []string{"takes the name of a person", "by=@alice"}, nil},
		{`history nothing`, []string{"There is no rule"}, nil},
		{`history disk other`, []string{"One name is enough"}, nil},
	} {
		got := c.say(test.say).Text
		requireParts(t, got, test.parts...)
		for _, not := range test.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", test.say, not, got)
			}
		}
	}
}

// TestHistoryOfAFalseDate lists a commit that came in within the time that was asked for, and has a date outside of it.
func TestHistoryOfAFalseDate(t *testing.T) {
	t.Parallel()
	date := time.Date(1999, 1, 2, 3, 4, 5, 0, time.UTC)
	c := newChat(t, func(c *chat) {
		c.backend.Changes = func(context.Context, rules.HistoryQuery) ([]rules.PastChange, error) {
			return []rules.PastChange{{Commit: rules.PastCommit{Found: rules.Found{Revision: strings.Repeat("a", 40)}, Author: rules.Person{Name: "Bob"}, When: date}, Action: "external"}}, nil
		}
	})
	requireParts(t, c.say(`history since=7d`).Text, "1999-01-02 03:04:05 UTC (so its date says: it came in later) Bob")
	requireParts(t, c.say(`history until=1998-01-01`).Text, "1999-01-02 03:04:05 UTC (so its date says: it came in before that) Bob")
	requireParts(t, c.say(`history`).Text, "1999-01-02 03:04:05 UTC Bob")
}

// A commit with a date that is to come, which nobody saw come, is there now all the same.
func TestWhatIsThereNowHasCome(t *testing.T) {
	t.Parallel()
	c, _, _, _, _ := diskChat(t)
	now := c.now
	c.now = time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC)
	c.pushed("By a wrong clock", map[string]string{diskFile: strings.Replace(c.read(diskFile), "up == 0", "up == 2099", 1)})
	c.now = now
	for _, say := range []string{`history until=now`, `history until=today`, `history disk until=now`} {
		requireParts(t, c.say(say).Text, "2099-01-02 03:04:05 UTC Bob Builder", "By a wrong clock")
	}
	requireParts(t, c.say(`show disk at=now`).Text, "up == 2099")
	if text := c.say(`history until=1h`).Text; strings.Contains(text, "2099") {
		t.Errorf("an hour ago:\n%s", text)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	c, added, pushed, deleted, restored := diskChat(t)
	c.must(`restore disk@` + short(added))
	for say, parts := range map[string][]string{
		`show disk`:                              {"**disk**\n```yaml", "severity: page", "Last change: **restore disk** of 2026-11-21 15:00:00 UTC by alice, commit `"},
		`show`:                                   {"**1 rule**"},
		`show disk@` + pushed[:4]:                {"severity: critical", "As of commit `" + short(pushed) + "`, 2026-11-21 12:00:00 UTC; to put it back: `/alert restore disk@" + short(pushed) + "`"},
		`show "disk＠` + short(deleted) + `"`:     {"severity: critical", "Before it was deleted: commit `" + short(deleted)},
		`show disk at="2026-11-21 11:30"`:        {"severity: page", "As of commit `" + short(added) + "`"},
		`show disk at=2026-11-21T12:00:00Z`:      {"severity: critical"},
		`show disk at="2026/11/21 21:00:00 JST"`: {"takes how long ago"}, // a zone that Go knows no offset of means nothing
		`show disk at=2026-11-21T21:00:00+09:00`: {"severity: critical"},
		`show disk at=1h`:                        {"As of commit `" + short(restored) + "`"},
		`show disk at="2026-11-21 13:30"`:        {"Before it was deleted"},
		`show disk at=2026-11-20`:                {"is before the first commit", "of 2026-11-21 11:00:00 UTC", "/alert show disk@" + short(added)},
		`show disk@zzzz`:                         {`"zzzz" is no commit: write at least 4 digits`},
		`show disk@HEAD`:                         {"severity: page", "As of commit `" + short(c.head()) + "`"},
		`show disk＠head`:                         {"severity: page", "As of commit `" + short(c.head()) + "`"},
		`diff disk ` + short(added) + `..Head`:   {"disk"},
		`show disk@00000000`:                     {`has no commit "00000000"`},
		`show disc@` + short(added):              {"there was no rule \"disc\"", "/alert show disk@" + short(added)},
		`show disk@request0000000000000009999`:   {"has no change of the request"},
	} {
		requireParts(t, c.say(say).Text, parts...)
	}
	c.must(`delete disk`)
	gone := c.commitOf(c.head())
	requireParts(t, c.say(`show disk`).Text, `"disk" is gone: it was deleted on 2026-11-21 16:00:00 UTC by alice.`, "/alert restore disk@"+short(gone.Parent))
	requireParts(t, c.say(`show disk@`+short(gone.Revision)).Text, "Before it was deleted", "to put it back: `/alert restore disk@"+short(gone.Parent)+"`")
	c.must(`restore disk@` + short(gone.Parent))
}

// What is held is marked wherever what the rulebook says could be taken for what the ruler runs.
func TestHeldIsMarked(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add disk expr="up == 0" ruler=prometheus`)
	c.must(`add other expr="up == 1" ruler=prometheus`)
	c.applier.Moved(t.Context()) // what is there is good
	c.pushed("Break it", map[string]string{diskFile: strings.Replace(c.read(diskFile), "up == 0", "up == 2", 1), "prometheus/alerts/bad.yaml": "groups: 1\n"})
	pushed := short(c.head())
	c.applier.Moved(t.Context())
	for _, say := range []string{`show disk`, `list disk`} {
		text := c.say(say).Text
		requireParts(t, text, "up == 0", "**Held**: this is in force, as it was. What was pushed is not applied:\n", "up == 2", "`/alert status` says why")
		if strings.Index(text, "up == 0") > strings.Index(text, "up == 2") {
			t.Errorf("%s begins with what is not in force:\n%s", say, text)
		}
	}
	requireParts(t, c.say(`list`).Text, "`disk` (held), `other`")
	c.pushed("Other settings", map[string]string{diskFile: strings.Replace(strings.Replace(c.read(diskFile), "up == 2", "up == 0", 1), "rules:", "interval: 7m\n    rules:", 1)})
	c.applier.Moved(t.Context())
	if text := c.say(`show disk`).Text; strings.Count(text, "up == 0") != 1 || !strings.Contains(text, "there its group says other things for all its rules, `group interval: 7m`.") {
		t.Errorf("held for its group's settings alone:\n%s", text)
	}
	requireParts(t, c.say(`history`).Text, pushed+"` 2026-11-21 12:00:00 UTC Bob Builder: **changed** `disk` (external) (**not applied**: held): Break it")
	if text := c.say(`show other`).Text; strings.Contains(text, "applied") {
		t.Errorf("what is not held is marked:\n%s", text)
	}
}

// A name may hold an @ and look like a commit: the longest that exists wins.
func TestNameWithAt(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, first := c.must(`add a expr="up == 1" ruler=prometheus`)
	_, second := c.must(`add "a@` + short(first) + `" expr="up == 2" ruler=prometheus`)
	requireParts(t, c.say(`show a@`+short(first)).Text, "up == 2")
	requireParts(t, c.say(`show a@`+short(first)+`@`+short(second)).Text, "up == 2", "As of commit `"+short(second))
	requireParts(t, c.say(`show a@`+short(second)).Text, "up == 1", "As of commit `"+short(second))
	c.must(`delete "a@` + short(first) + `"`)
	requireParts(t, c.say(`show a@`+short(first)).Text, "up == 1", "As of commit `"+short(first))
	requireParts(t, c.say(`restore a@`+short(first)+"@"+short(second)).Text, "**a@\u200b"+short(first)+"** restored by alice")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	c, added, pushed, deleted, restored := diskChat(t)
	for say, parts := range map[string][]string{
		`diff disk`: {"--- before\n+++ " + short(restored) + " of 2026-11-21 14:00:00 UTC\n", "+- alert: disk", "**restore disk** of"},
		`diff disk ` + short(added) + ".." + short(pushed):   {"--- " + short(added), "+++ " + short(pushed), "-    severity: page\n+    severity: critical\n"},
		`diff disk ` + short(pushed) + " " + short(added):    {"-    severity: critical\n+    severity: page\n"},
		`diff disk ` + short(added) + "…":                    {"--- " + short(added), "+++ now", "+    severity: critical\n"},
		`diff disk ` + short(added) + "..." + short(deleted): {"-- alert: disk\n"},
		`差分 disk ` + short(pushed) + "..now":                 {"no difference between " + short(pushed) + " of 2026-11-21 12:00:00 UTC and now"},
		`diff disk ..` + short(added):                        {"The first commit is missing"},
		`diff disk 00000000..` + short(added):                {"has no commit"},
		`diff disc ` + short(added) + ".." + short(pushed):   {`There was no rule "disc" at either commit.`},
		`diff disc`: {"no rule", "/alert diff disk"},
		`diff`:      {"name of the rule is missing"},
		`diff disk ` + short(added) + " " + short(pushed) + " yy": {"One name is enough"},
	} {
		requireParts(t, c.say(say).Text, parts...)
	}
}

func TestBlame(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" for=5m severity=page summary="disk full" ruler=prometheus reason="asked by ops"`)
	request := c.last().Request.ID
	c.now = c.now.Add(time.Hour)
	c.pushed("Raise the priority", map[string]string{diskFile: strings.Replace(c.read(diskFile), "page", "critical", 1)})
	pushed := c.head()
	c.now = c.now.Add(time.Hour)
	c.pushed("Rename", map[string]string{diskFile: strings.Replace(c.read(diskFile), "alert: disk\n", "alert: full\n", 1)})
	renamed := c.head()
	requireParts(t, c.say(`blame full`).Text, "**full**\n",
		"- **name** `full`: Bob Builder, 2026-11-21 13:00:00 UTC, commit `"+short(renamed)+"`: Rename",
		"- **label severity** `critical`: Bob Builder, 2026-11-21 12:00:00 UTC, commit `"+short(pushed)+"`: Raise the priority",
		"- **expr** `up == 0`, **for** `5m`, **annotation summary** `disk full`: alice, 2026-11-21 11:00:00 UTC, commit `"+short(added)+"`, request `"+request+"`: asked by ops")
	requireParts(t, c.say(`history full`).Text, "**moved** from `disk in alerts/disk.yaml, group disk`", "**changed**", "**added**")
	requireParts(t, c.say(`show full@`+short(added)).Text, "alert: disk")
	requireParts(t, c.say(`restore full@`+short(added)).Text, "As of commit", "-      - alert: full", "+      - alert: disk")
	requireParts(t, c.say(`blame elsewhere`).Text, "no rule")
}

func TestUndo(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	requireParts(t, c.say(`undo`).Text, "You have changed nothing in this channel")
	_, first := c.must(`add a expr="up == 0" ruler=prometheus`)
	firstID := c.last().Request.ID
	c.must(`add b expr="up == 0" ruler=prometheus`)
	c.fields.Set("channel_id", strings.Repeat("x", 26))
	c.must(`add elsewhere expr="up == 0" ruler=prometheus`)
	c.fields.Del("channel_id")
	c.fields.Set("user_id", strings.Repeat("y", 26))
	requireParts(t, c.say(`undo`).Text, "You have changed nothing")
	c.fields.Del("user_id")

	text, _ := c.must(`undo reason="a mistake"`)
	requireParts(t, text, "Taking back **add b** of 2026-11-21 12:00:00 UTC by alice, commit `", "**b** undone by alice (a mistake), committed as", "in force in prometheus", "To undo it: `/alert undo ")
	undoID := c.last().Request.ID
	if c.read("prometheus/alerts/b.yaml") != "" {
		t.Error("b is still there")
	}
	text, _ = c.must(`undo`)
	requireParts(t, text, "**add a**")
	requireParts(t, c.say(`undo`).Text, "You have changed nothing")
	requireParts(t, c.say(`undo `+firstID).Text, "was undone already, on 2026-11-21 15:00:00 UTC by alice", "/alert undo "+c.last().Request.ID[:3])
	requireParts(t, c.say(`undo `+short(first)).Text, "was undone already")
	text, _ = c.must(`取り消し ` + undoID) // b is there again
	requireParts(t, text, "Taking back **undo add b**")
	if c.read("prometheus/alerts/b.yaml") == "" {
		t.Error("b is not there again")
	}
	text, _ = c.must(`undo`)
	requireParts(t, text, "**add b**")

	requireParts(t, c.say(`undo zzz`).Text, `"zzz" is no commit`)
	requireParts(t, c.say(`undo 00000000`).Text, "has no commit")
	requireParts(t, c.say(`undo `+firstID+` `+undoID).Text, "One id is enough")
}

// A rule is found by its address of today at a commit whose date is years off.
func TestFollowedPastAFalseDate(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add a expr="up == 1" ruler=prometheus`)
	today := c.now
	c.now = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	c.pushed("from 2099", map[string]string{"prometheus/alerts/a.yaml": "groups:\n- name: a\n  rules:\n  - alert: a\n    expr: up == 2099\n"})
	pushed := short(c.head())
	c.now = today
	c.must(`rename a b`)
	requireParts(t, c.say(`show b@`+pushed).Text, "alert: a", "up == 2099")
}

// commitOf returns the commit whose hash begins so.
func (c *chat) commitOf(hash string) rules.PastCommit {
	c.t.Helper()
	commit, err := c.backend.Commit(c.t.Context(), hash)
	if err != nil {
		c.t.Fatal(err)
	}
	return commit
}

// What somebody pushed to two rulers is taken back one by one.
func TestUndoOfSeveralRulers(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	const alert = "groups: [{name: both, rules: [{alert: both, expr: %s}]}]\n"
	c.pushed("Both", map[string]string{"prometheus/alerts/both.yaml": fmt.Sprintf(alert, "up"), "loki/alerts/both.yaml": fmt.Sprintf(alert, `'sum(count_over_time({job="x"}[5m])) > 0'`)})
	both := short(c.head())
	requireParts(t, c.say(`undo `+both).Text, "several rulers (prometheus, loki)", "/alert undo "+both+" ruler=prometheus\n", "/alert undo "+both+" ruler=loki\n")
	requireParts(t, c.say(`undo `+both+` ruler=mimir`).Text, `There is no ruler "mimir"`)
	c.must(`undo ` + both + ` ruler=prometheus`)
	if c.read("prometheus/alerts/both.yaml") != "" || c.read("loki/alerts/both.yaml") == "" {
		t.Error("not the rules of prometheus alone were taken back")
	}
	requireParts(t, c.say(`undo `+both+` ruler=prometheus`).Text, "was undone already")
	text, _ := c.must(`undo git` + c.commitOf(both).Revision[:23])
	requireParts(t, text, "Taking back what is left, the rules of loki, of **")
	if c.read("loki/alerts/both.yaml") != "" {
		t.Error("the rules of loki are still there")
	}
	second := c.commitOf(c.head()).Trailer("Request-Id")
	requireParts(t, c.say(`undo `+both).Text, "was undone already", "/alert undo "+second+"\n", "/alert undo ")
	c.must(`undo ` + second)
	if c.read("loki/alerts/both.yaml") == "" {
		t.Error("the rules of loki are not there again")
	}
	requireParts(t, c.say(`show `+both).Text, "is no rule, but a commit: Both", "/alert show both@"+both+"\n", "/alert undo "+both)
	requireParts(t, c.say(`history `+both).Text, "is no rule, but a commit: Both", "/alert history both\n")
	requireParts(t, c.say(`restore `+second).Text, "is no rule, but a commit: undo Both", "/alert restore both@")
}

// A group's rules stand in their order again, whichever of its deleted ones comes back first.
func TestUndoOfTwoDeletesKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for _, deleted := range [][2]string{{"h1", "h2"}, {"h2", "h1"}, {"h2", "h3"}, {"h3", "h2"}} {
		c := newChat(t, nil)
		for _, name := range []string{"h1", "h2", "h3"} {
			c.must(`add ` + name + ` expr="up == ` + name[1:] + `" ruler=prometheus group=hh`)
		}
		before := c.read("prometheus/alerts/hh.yaml")
		var ids []string
		for _, name := range deleted {
			c.must(`delete ` + name)
			ids = append(ids, c.last().Request.ID)
		}
		for _, id := range ids {
			c.must(`undo ` + id)
		}
		if diff := cmp.Diff(before, c.read("prometheus/alerts/hh.yaml")); diff != "" {
			t.Errorf("%v deleted and taken back in that order (-want +got):\n%s", deleted, diff)
		}
	}
}

func TestUndoConflict(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" severity=page ruler=prometheus`)
	c.now = c.now.Add(time.Hour)
	c.pushed("Raise", map[string]string{diskFile: strings.Replace(c.read(diskFile), "page", "critical", 1)})
	pushed := c.head()
	got := c.step(`undo`)
	if c.last().Outcome.Result != rules.ValidationError || got.ResponseType != "ephemeral" {
		t.Errorf("%+v", got)
	}
	requireParts(t, got.Text, "The commit "+short(added)+" of 2026-11-21 11:00:00 UTC by alice (add disk): Later changes touched the same: \"disk\" in prometheus/alerts/disk.yaml (label severity).",
		"```diff", "--- before that commit\n+++ after that commit\n", "+    severity: page\n", "+++ now", "-    severity: page\n+    severity: critical\n")
	text, _ := c.must(`undo ` + short(pushed))
	requireParts(t, text, "Taking back **Raise** of 2026-11-21 12:00:00 UTC by Bob Builder", "**disk** undone by alice")
	text, _ = c.must(`undo`)
	requireParts(t, text, "Taking back **add disk**")
	if content := c.read(diskFile); content != "" {
		t.Errorf("left: %s", content)
	}
}

// TestUndoInPart takes back a change of three rules of which one was changed since: not by itself, and the rest when asked for that; then the rest, either way.
func TestUndoInPart(t *testing.T) {
	t.Parallel()
	const file = "prometheus/alerts/abc.yaml"
	abc := func(severities string) string {
		s := strings.Fields(severities)
		const one = "      - alert: %s\n        expr: up == 0\n        labels:\n          severity: %s\n"
		return fmt.Sprintf("groups:\n  - name: abc\n    rules:\n"+one+one+one, "a", s[0], "b", s[1], "c", s[2])
	}
	c := newChat(t, nil)
	c.pushed("three", map[string]string{file: abc("page page page")})
	before := c.head()
	c.pushed("calm down", map[string]string{file: abc("info info info")})
	calm := c.head()
	c.must(`edit b severity=warning`)
	got := c.step(`undo ` + short(calm) + ` reason="too calm"`)
	requireParts(t, got.Text, `Later changes touched the same: "b" in `+file, "So that commit cannot be taken back by itself. Nothing was changed.",
		"can be taken back without that: 2 rules.", "+++ now", "Try:\n```\n/alert undo "+short(calm)+` part reason="too calm"`)
	if c.read(file) != abc("info warning info") {
		t.Errorf("something was taken back all the same:\n%s", c.read(file))
	}
	dry := c.say(`undo ` + short(calm) + ` part dry-run`).Text
	requireParts(t, dry, "**a, c** would be undone", "Left as it is, as later changes touched it as well: `b`.")
	text, _ := c.must(`undo ` + short(calm) + ` part reason="too calm"`)
	part := c.last().Request.ID
	requireParts(t, text, "**a, c** undone by alice (too calm)", "Left as it is, as later changes touched it as well: `b`.", "```\n/alert restore b@"+short(before)+"\n```")
	if diff := cmp.Diff(abc("page warning page"), c.read(file)); diff != "" {
		t.Errorf("undone in part (-want +got):\n%s", diff)
	}
	got = c.step(`undo ` + short(calm))
	if requireParts(t, got.Text, `Later changes touched the same: "b"`); strings.Contains(got.Text, "Try") {
		t.Errorf("a part is offered that was taken back:\n%s", got.Text)
	}
	c.must(`restore b@` + short(before))
	if diff := cmp.Diff(abc("page page page"), c.read(file)); diff != "" {
		t.Errorf("with what was put back (-want +got):\n%s", diff)
	}
	c.must(`undo ` + c.last().Request.ID)
	c.must(`edit b severity=info`)
	c.must(`undo ` + short(calm)) // nobody's change is in the way any more
	if diff := cmp.Diff(abc("page page page"), c.read(file)); diff != "" {
		t.Errorf("with the rest undone (-want +got):\n%s", diff)
	}
	c.must(`undo ` + part)
	if diff := cmp.Diff(abc("info page info"), c.read(file)); diff != "" {
		t.Errorf("with the part undone again (-want +got):\n%s", diff)
	}
	requireParts(t, c.say(`undo one part two`).Text, "One id is enough")
}

func TestRestoreChoices(t *testing.T) {
	t.Parallel()
	c, added, pushed, _, _ := diskChat(t)
	requireParts(t, c.say(`restore disk`).Text, "Say which version", "/alert restore disk@"+short(pushed), "/alert restore disk@"+short(added))
	requireParts(t, c.say(`restore disk@`+short(pushed)).Text, "There is nothing to do")
	text, _ := c.must(`restore disk at="2026-11-21 11:30" reason="quiet"`)
	requireParts(t, text, "As of commit `"+short(added)+"`", "**disk** restored by alice (quiet)", "+          severity: page")
	requireParts(t, c.say(`restore nothing`).Text, "no rule")
	requireParts(t, c.say(`restore disk@`+short(added)+` at=1h`).Text, "no rule")
}

// A rule is put back where it stands now, also by an address that it had once, and in no other rule's place.
func TestRestoreWhereItStandsNow(t *testing.T) {
	t.Parallel()
	const path = "prometheus/a.yaml"
	file := func(group, name, expr string) string {
		return "groups:\n- name: " + group + "\n  rules:\n  - alert: " + name + "\n    expr: " + expr + "\n    annotations: {summary: the disk of this machine is full}\n"
	}
	tests := []struct {
		name  string
		steps []map[string]string // what is pushed, one after another
		say   string              // @ stands for the first commit
		want  map[string]string   // the files in the end
	}{
		{"the group was renamed", []map[string]string{{path: file("old", "A", "up == 0")}, {path: file("new", "A", "up == 0")}, {path: file("new", "A", "up == 1")}},
			"restore old/A@", map[string]string{path: file("new", "A", "up == 0")}},
		{"the rule was renamed", []map[string]string{{path: file("g", "A", "up == 0")}, {path: file("g", "B", "up == 0")}},
			"restore A@", map[string]string{path: file("g", "A", "up == 0")}},
		{"moved twice, by the address of today", []map[string]string{{path: file("g", "A", "up == 0")}, {path: file("h", "A", "up == 0")}, {path: file("h", "C", "up == 0")}},
			"restore C@", map[string]string{path: file("h", "A", "up == 0")}},
		{"gone, and another has its name", []map[string]string{{path: file("g", "A", "up == 0"), "prometheus/b.yaml": file("z", "Z", "up")},
			{path: "", "prometheus/b.yaml": file("z", "Z", "up") + "  - alert: A\n    expr: rate(errors_total[5m]) > 7\n    labels: {team: web}\n"}},
			"restore A@", map[string]string{path: file("g", "A", "up == 0"),
				"prometheus/b.yaml": file("z", "Z", "up") + "  - alert: A\n    expr: rate(errors_total[5m]) > 7\n    labels: {team: web}\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			first := ""
			for _, files := range tt.steps {
				c.now = c.now.Add(time.Hour)
				c.pushed("edit", files)
				if first == "" {
					first = c.head()
				}
			}
			c.must(tt.say + short(first))
			for path, want := range tt.want {
				if diff := cmp.Diff(want, c.read(path)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", path, diff)
				}
			}
		})
	}
}

// What a rule says now needs no history.
func TestShowWithoutHistory(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) {
		c.backend.History = func(context.Context, rules.HistoryQuery) ([]rules.Version, error) {
			return nil, &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: "The history is still being read."}
		}
	})
	c.pushed("Add", map[string]string{diskFile: "groups: [{name: g, rules: [{alert: disk, expr: up == 0}]}]"})
	text, _ := c.must(`show disk`)
	if !strings.Contains(text, "alert: disk") || strings.Contains(text, "Last change") || strings.Contains(text, "still being read") {
		t.Error(text)
	}
	requireParts(t, c.say(`show disk@0000`).Text, "has no commit")
}

// What the ruler refused was taken back by the service: there is nothing left to undo, and no line to copy.
func TestUndoOfWhatWasRefused(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.loki.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(published map[string]rules.RuleFile) error {
			if len(published) > 0 {
				return &rules.Error{Kind: rules.Refused, Offset: -1, Text: "no such label"}
			}
			return nil
		}
	})
	c.step(`add disk expr='sum(rate({job="a"}[5m])) > 1' ruler=loki`)
	refused := c.last()
	if refused.Outcome.State != rules.Reverted {
		t.Fatalf("not refused: %+v", refused.Outcome)
	}
	text := c.step(`undo ` + refused.Request.ID).Text
	requireParts(t, text, "The ruler refused that change on 20", "nothing to undo")
	if strings.Contains(text, "/alert undo") {
		t.Errorf("it is sent round in a circle:\n%s", text)
	}
}

// Texts that people and pushers made up cannot call anybody, leave their code block or make a line of their own.
func TestPastIsEscaped(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	hostile := "@all `x` ```\n# [a](http://x)"
	file := "groups:\n- name: \"g`@here\"\n  rules:\n  - alert: \"x ``` @all\"\n    expr: up\n    labels: {a: \"``` @channel\\n# y\"}\n"
	c.pushed(hostile, map[string]string{"prometheus/a.yaml": file})
	c.now = c.now.Add(time.Minute)
	c.pushed(hostile, map[string]string{"prometheus/a.yaml": strings.Replace(file, "up", "up > 1", 1)})
	head := c.head()
	for _, say := range []string{`history`, "history 'x ``` @all'", "show 'x ``` @all'", "diff 'x ``` @all'", "blame 'x ``` @all'", "undo " + short(head), "restore 'x ``` @all@" + short(head) + "'"} {
		got := c.say(say)
		open := ""
		for line := range strings.SplitSeq(got.Text, "\n") {
			if open = fenceAfter(open, line); open != "" {
				continue
			}
			if strings.HasPrefix(line, "#") || mentions(line) {
				t.Errorf("%s: %q in\n%s", say, line, got.Text)
			}
		}
		if open != "" {
			t.Errorf("%s: a code block is left open:\n%s", say, got.Text)
		}
	}
}

// mentions reports whether a line calls somebody: an @ before a letter that no code span is around.
func mentions(line string) bool {
	for len(line) > 0 {
		if ticks := tickRun(line); ticks > 0 {
			rest := line[ticks:]
			end := strings.Index(rest, strings.Repeat("`", ticks))
			if end < 0 {
				line = rest
				continue
			}
			line = rest[end+ticks:]
			continue
		}
		if line[0] == '@' && len(line) > 1 && (line[1] >= 'a' && line[1] <= 'z') {
			return true
		}
		line = line[1:]
	}
	return false
}

func TestMoment(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Skip("SKIPPED: there are no time zones here: ", err)
	}
	now := time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-11-01": "2026-11-01 00:00", "2026-11-01 02:00": "2026-11-01 02:00", "2026-11-01T02:00": "2026-11-01 02:00", "2026-11-01t02:00:30": "2026-11-01 02:00",
		"2026-11-01T02:00:00Z": "2026-11-01 11:00", "2026-11-01T02:00+01:00": "2026-11-01 10:00", "2026/11/1": "2026-11-01 00:00", "２０２６－１１－０１": "2026-11-01 00:00",
		"7d": "2026-11-15 10:30", "1h30m": "2026-11-22 09:00", "2 weeks": "2026-11-08 10:30", "3 days ago": "2026-11-19 10:30", "3時間前": "2026-11-22 07:30",
		"today": "2026-11-22 00:00", "昨日": "2026-11-21 00:00", "now": "2026-11-22 10:30", "2026年11月1日": "2026-11-01 00:00", "一昨日": "2026-11-20 00:00",
		"昨日 02:00": "2026-11-21 02:00", "yesterday 2:05": "2026-11-21 02:05", "Yesterday at 02:00:30": "2026-11-21 02:00", "今日の９時半": "2026-11-22 09:30",
		"昨日の2時5分": "2026-11-21 02:05", "きのう22時": "2026-11-21 22:00", "today　10:00": "2026-11-22 10:00", "5ふん前": "2026-11-22 10:25", "半時間前": "2026-11-22 10:00",
	} {
		c := &call{now: now, backend: Backend{Zone: tokyo}, args: arguments{"at": argument{value: text}}}
		got, err := c.moment("at")
		if err != nil || got.In(tokyo).Format("2006-01-02 15:04") != want {
			t.Errorf("%q is %v, %v, want %s", text, got.In(tokyo), err, want)
		}
	}
	for _, text := range []string{"", "5", "soon", "2026-13-01", "2027-01-01", "-7d", "x@y", "昨日 25:00", "昨日 02", "明日 02:00", "明日", "半分"} {
		c := &call{now: now, args: arguments{"at": argument{value: text}}}
		if got, err := c.moment("at"); rules.KindOf(err) != rules.Invalid {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if got := (&call{backend: Backend{Zone: tokyo}}).when(now); got != "2026-11-22 10:30:00 JST" {
		t.Errorf("told as %s", got)
	}
}

// A commit of a thousand rules is one line, and does not hide what came before it.
func TestHistoryOfManyRules(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add first expr="up == 0" ruler=prometheus`)
	var b strings.Builder
	b.WriteString("groups:\n- name: many\n  rules:\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "  - alert: many%04d\n    expr: up\n", i)
	}
	c.now = c.now.Add(time.Hour)
	c.pushed("Import", map[string]string{"prometheus/many.yaml": b.String()})
	requireParts(t, c.say("history").Text, "Bob Builder: **added** `many0000`, ", " and 995 more (external): Import\n", "alice: **added** `first`")
}

// A change of a note beside a rule alone is a change like any other: it is in the history, and what undo takes back.
func TestNotesHaveAHistory(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add disk expr="up == 0" ruler=prometheus`)
	c.must(`edit disk severity=page`)
	c.must(`edit disk expires=30d reason="a trial"`)
	requireParts(t, c.say(`history disk`).Text, "**changed** (edit): a trial", "**changed** (edit)", "**added**")
	requireParts(t, c.say(`show disk`).Text, "# expires: ")
	text, _ := c.must(`undo`)
	requireParts(t, text, "-        # expires: ")
	if text := c.say(`show disk`).Text; strings.Contains(text, "expires") || !strings.Contains(text, "severity: page") {
		t.Errorf("it took back something else:\n%s", text)
	}
}

// What ended is brought back without its end, which would delete it again; and nobody adds a rule that is over already.
func TestEndsThatAreOver(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	const path, over = "prometheus/ops/g.yaml", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n  # about B\n  - alert: B\n    # expires: 2020-01-01\n    expr: up == 1\n"
	c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "pushed", Files: map[string][]byte{path: []byte(over)}})
	c.must("edit B for=1m")
	requireParts(t, c.say("show B").Text, "# expires: 2020-01-01")
	c.must("delete B")
	text, _ := c.must("restore B")
	requireParts(t, text, "+  # about B\n", "+  - alert: B\n+    expr: up == 1\n")
	c.must("undo")
	c.must("undo")
	requireParts(t, c.say("show B").Text, "# about B\n", "- alert: B\n  expr: up == 1\n")

	head := c.head()
	for _, command := range []string{
		"add\n- alert: C\n  # expires: 2020-01-01\n  expr: up == 2",
		"edit A\n- alert: A\n  # expires: 2020-01-01T00:00:00Z\n  expr: up == 0",
	} {
		requireParts(t, c.say(command).Text, "2020-01-01T00:00:00Z", "is about the past: it would be deleted at once")
	}
	if c.head() != head {
		t.Error("a rule was added that is over")
	}
}

// A rule that went from a file which no command edits is shown, and not restored: that would be refused.
func TestGoneFromAFileThatIsNotWrittenLineByLine(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" ruler=prometheus`)
	c.pushed("Another", map[string]string{"prometheus/alerts/disk.yaml": "groups: [{name: disk, rules: [{alert: other, expr: up == 7}]}]\n"})
	text := c.step(`show disk`).Text
	requireParts(t, text, `"disk" is gone`, "/alert show disk@"+short(added))
	if strings.Contains(text, "restore") {
		t.Errorf("offered, and would be refused:\n%s", text)
	}
	requireParts(t, c.step(`restore disk@`+short(added)).Text, "cannot be changed without touching other lines")
	requireParts(t, c.step(`show disk@`+short(added)).Text, "up == 0")
}
