package bot

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// A rule that is paused has its history like any other, and so has what happens to it meanwhile.
func TestPausedRuleHasAHistory(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" ruler=prometheus severity=mail reason="asked by ops"`)
	_, edited := c.must(`edit disk severity=page`)
	_, paused := c.must(`pause disk reason=loud`)
	requireParts(t, c.say(`history disk`).Text, "`"+short(paused)+"` 2026-11-21 13:00:00 UTC alice: **paused**: loud", "**changed** (edit)", "**added**: asked by ops")
	requireParts(t, c.say(`show disk`).Text, "is paused", "severity: page", "Last change: **pause disk**")
	requireParts(t, c.say(`show disk@`+short(paused)).Text, "severity: page", ", paused")
	requireParts(t, c.say(`show disk@`+short(edited)).Text, "severity: page")
	requireParts(t, c.say(`blame disk`).Text, "**disk**", "**label severity** `page`: alice", short(edited), short(added))
	requireParts(t, c.say(`diff disk `+short(added)+`..`+short(paused)).Text, "-    severity: mail", "+    severity: page")
	requireParts(t, c.say(`diff disk`).Text, "no difference", "**pause disk**")

	// A version from before is put back in it, and it stays paused.
	text, _ := c.must(`restore disk@` + short(added))
	requireParts(t, text, "**disk** restored by alice")
	requireParts(t, c.say(`show disk`).Text, "is paused", "severity: mail")
	requireParts(t, c.say(`history disk`).Text, "**changed** (restore)", "**paused**", "**changed** (edit)", "**added**")
	requireParts(t, c.say(`restore disk@`+short(added)).Text, "says just what it said then. It is paused.", "/alert resume disk")
	c.must(`undo`)
	requireParts(t, c.say(`show disk`).Text, "is paused", "severity: page")

	// Its deletion is what undo takes back, and restore too.
	_, deleted := c.must(`delete disk`)
	requireParts(t, c.say(`history disk`).Text, "`"+short(deleted)+"`", "alice: **deleted**", "**paused**")
	requireParts(t, c.say(`show disk`).Text, "is gone: it was deleted", "restore disk@"+short(c.commitOf(deleted).Parent))
	text, _ = c.must(`undo`)
	requireParts(t, text, "Taking back **delete disk**")
	requireParts(t, c.say(`show disk`).Text, "is paused", "severity: page")
	c.must(`delete disk`)
	requireParts(t, c.say(`show disk@`+short(deleted)).Text, "Before it was deleted", ", paused")
	c.must(`restore disk`)
	requireParts(t, c.say(`show disk`).Text, "is paused", "severity: page")

	_, resumed := c.must(`resume disk`)
	requireParts(t, c.say(`history disk`).Text, "`"+short(resumed)+"`", "alice: **resumed**", "**added** (restore)")
	requireParts(t, c.say(`blame disk`).Text, "**label severity** `page`: alice")
	requireParts(t, c.say(`show disk@`+short(paused)).Text, "severity: page", ", paused")

	// At a time when it was paused it said what it says when that is put back now.
	c.must(`edit disk severity=none`)
	c.must(`restore disk@` + short(paused))
	if got := c.say(`show disk`).Text; !strings.Contains(got, "severity: page") || strings.Contains(got, "paused\n") {
		t.Errorf("restored as it was while it was paused:\n%s", got)
	}
}

// What is done to a rule while it is paused is never called live: no ruler has it, and none is asked.
func TestWhatIsPausedIsNeverCalledLive(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add disk expr="up == 0" ruler=prometheus`)
	const asideOnly = "paused rules alone: prometheus runs what it ran"
	for _, step := range []struct {
		say   string
		state rules.State
		want  string
	}{
		{`pause disk`, rules.PausedState, "**disk** paused by alice, committed as `HEAD`, gone from prometheus after"},
		{`delete disk`, rules.PausedState, "deleted by alice, committed as `HEAD`, while it was paused: prometheus runs what it ran"},
		{`restore disk`, rules.PausedState, "restored by alice, committed as `HEAD`, paused: prometheus runs what it ran"},
		{`undo`, rules.PausedState, "undone by alice, committed as `HEAD`, in " + asideOnly},
		{`undo`, rules.PausedState, asideOnly},
		{`resume disk`, rules.Live, "live in prometheus after"},
		{`undo`, rules.PausedState, "gone from prometheus after"},
		{`undo`, rules.Live, "in force in prometheus after"},
		{`delete disk`, rules.Live, "gone from prometheus after"},
	} {
		text, _ := c.must(step.say)
		requireParts(t, text, strings.ReplaceAll(step.want, "HEAD", short(c.head())))
		if got := c.last().Outcome.State; got != step.state {
			t.Errorf("%s ended as %q, want %q", step.say, got, step.state)
		}
	}
}

// Where one of several rules of a name is paused, each keeps its own history.
func TestPausedAmongItsNamesakes(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.pushed("Several", map[string]string{"prometheus/ops/a.yaml": "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n  - alert: A\n    expr: up == 1\n  - alert: A\n    expr: up == 2\n"})
	c.must(`edit A#2 severity=page`)
	c.must(`pause A#2`)
	requireParts(t, c.say(`history ops/g/A#2`).Text, "**added**")
	requireParts(t, c.say(`blame A#1`).Text, "`up == 0`")
	text := c.say(`history prometheus:ops/a.yaml/g/A#2`).Text
	c.must(`resume A`)
	back := c.say(`history A#2`).Text
	requireParts(t, back, "**resumed**", "**paused**", "**changed** (edit)", "**added**")
	if strings.Contains(text, "(edit)") {
		t.Errorf("the rule that took its number has its history:\n%s", text)
	}
}

// The file of a paused rule that somebody broke is told of in the status.
func TestBrokenPausedFileIsTold(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add disk expr="up == 0" ruler=prometheus`)
	c.must(`pause disk`)
	head, err := c.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := head.List("paused")
	if err != nil || len(listed) != 1 {
		t.Fatal(listed, err)
	}
	path := slices.Collect(maps.Keys(listed))[0]
	whole := c.read(path)
	for broken, want := range map[string]string{
		"rule: [": "no file of a paused rule",
		strings.Replace(whole, "rule: disk", "rule: other", 1):          `has no rule "other"`,
		strings.Replace(whole, "ruler: prometheus", "ruler: nobody", 1): `paused for the ruler "nobody"`,
	} {
		c.pushed("Break it", map[string]string{path: broken})
		requireParts(t, c.say(`status`).Text, "not published", path, want)
	}
	c.pushed("Mend it", map[string]string{path: whole})
	if got := c.say(`status`).Text; strings.Contains(got, "not published") {
		t.Errorf("mended, and told of:\n%s", got)
	}
	c.must(`resume disk`)
}
