package bot

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// A change of comments alone, which a command made, is what undo takes back, and not the one before.
func TestUndoOfComments(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" ruler=prometheus`)
	c.pushed("Say why", map[string]string{diskFile: strings.Replace(c.read(diskFile), "      - alert", "      # asked by ops\n      - alert", 1)})
	commented := c.read(diskFile)
	_, restored := c.must(`restore disk@` + short(added))
	if got := c.read(diskFile); strings.Contains(got, "asked by ops") {
		t.Fatalf("restored:\n%s", got)
	}
	requireParts(t, c.say(`history disk`).Text, "`"+short(restored)+"`", "**changed** (restore)", "**added**")
	text, _ := c.must(`undo`)
	requireParts(t, text, "Taking back **restore disk**")
	if got := c.read(diskFile); got != commented {
		t.Errorf("after the undo, the file is\n%swant\n%s", got, commented)
	}
}

// What a group says for all its rules is part of what each of them is: a change of that alone has a history, and is what undo takes back.
func TestGroupSettingsHaveAHistory(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, added := c.must(`add disk expr="up == 0" ruler=prometheus interval=30s`)
	before := c.read(diskFile)
	_, edited := c.must(`edit disk interval=10s`)
	requireParts(t, c.say(`history disk`).Text, "`"+short(edited)+"`", "alice: **changed** (edit)", "`"+short(added)+"`", "**added**")
	requireParts(t, c.say(`blame disk`).Text, "- **group interval** `10s`: alice", short(edited), "- **name** `disk`, **expr**", short(added))
	requireParts(t, c.say(`diff disk`).Text, "-# group interval: 30s\n", "+# group interval: 10s\n", "**edit disk**")
	requireParts(t, c.say(`diff disk `+short(added)+`..`+short(edited)).Text, "-# group interval: 30s\n", "+# group interval: 10s\n")
	requireParts(t, c.say(`show disk`).Text, "For all rules of its group: interval `10s`.", "Last change: **edit disk**")
	requireParts(t, c.say(`show disk@`+short(added)).Text, "For all rules of its group: interval `30s`.")
	requireParts(t, c.say(`diff since=30m`).Text, "**changed**", "-# group interval: 30s", "+# group interval: 10s")
	if got := c.last().Outcome; got.Result != rules.Success {
		t.Fatal(got)
	}

	text, _ := c.must(`undo`)
	requireParts(t, text, "Taking back **edit disk**")
	if got := c.read(diskFile); got != before {
		t.Fatalf("after the undo, the file is\n%swant\n%s", got, before)
	}
	requireParts(t, c.say(`history disk`).Text, "**changed** (undo)", "**changed** (edit)", "**added**")

	// It is put back with its rule, where that is alone in its group.
	requireParts(t, c.say(`show disk@`+short(edited)).Text, "to put it back: `/alert restore disk@"+short(edited)+"`")
	c.must(`restore disk@` + short(edited))
	requireParts(t, c.read(diskFile), "interval: 10s")
	c.must(`undo`)

	// And what somebody pushes, which changes the labels of every alert of the group.
	c.must(`add other expr="up == 1" ruler=prometheus group=disk`)
	c.pushed("Name the team", map[string]string{diskFile: strings.Replace(c.read(diskFile), "    interval: 30s\n", "    interval: 30s\n    limit: 5\n    query_offset: 1m\n    labels: {team: x}\n", 1)})
	pushed := c.head()
	for _, name := range []string{"disk", "other"} {
		requireParts(t, c.say(`history `+name).Text, "`"+short(pushed)+"`", "Bob Builder: **changed** (external): Name the team")
		requireParts(t, c.say(`blame `+name).Text, "**group query\\_offset** `1m`, **group limit** `5`, **group label team** `x`: Bob Builder")
		requireParts(t, c.say(`show `+name).Text, "For all rules of its group: interval `30s`, query\\_offset `1m`, limit `5`, label team `x`.", "Name the team")
		requireParts(t, c.say(`diff `+name).Text, "+# group query_offset: 1m\n+# group limit: 5\n+# group label team: x\n")
	}
	requireParts(t, c.say(`history n=1`).Text, "**changed** `disk`, `other` (external)")
	requireParts(t, c.say(`restore disk@`+short(added)).Text, `"disk" itself is just as it was then`, "for all rules of its group")
	c.must(`undo ` + short(pushed))
	if got := c.read(diskFile); strings.Contains(got, "team") || !strings.Contains(got, "other") {
		t.Errorf("after the undo of the push, the file is\n%s", got)
	}
}
