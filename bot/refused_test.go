package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestTheWayToGiveARefusedChangeUp takes back a commit that the Git server refuses, of whose rules one was changed three times since: the lines that come first
// are given in their order, without what is taken back already, and lead to the end.
func TestTheWayToGiveARefusedChangeUp(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	status, refused := c.backend.Status, &rules.PushRefusal{}
	c.backend.Status = func(ctx context.Context) rules.Status {
		s := status(ctx)
		s.Remote.Refusal = refused
		return s
	}
	c.handler = New(c.options, c.backend, c.journal)
	id := func(say string) string { c.must(say); return c.last().Request.ID }
	added := id("add a expr='up == 0' ruler=prometheus")
	refused.Commit = c.commitOf(c.head())
	first := id("edit a for=5m")
	id("add other expr='up == 0' ruler=prometheus")
	taken := id("edit a for=6m")
	id("undo " + taken)
	c.pushed("Louder", map[string]string{"prometheus/alerts/a.yaml": strings.Replace(c.read("prometheus/alerts/a.yaml"), "up == 0", "up == 1", 1)})
	pushed := short(c.head())
	last := id("edit a for=7m")
	text := c.step("undo " + added).Text
	requireParts(t, text, `Later changes touched the same: "a"`, "give these commands, one after the other in this order.",
		"Try:\n```\n/alert undo "+last+"\n```\n```\n/alert undo "+pushed+"\n```\n```\n/alert undo "+first+"\n```\n```\n/alert undo "+added+"\n```")
	if strings.Contains(text, taken) {
		t.Errorf("what is taken back already is in it:\n%s", text)
	}
	for _, line := range []string{last, pushed, first, added} {
		c.must("undo " + line)
	}
	if text := c.step("list").Text; strings.Contains(text, "a\n") || !strings.Contains(text, "other") {
		t.Errorf("in the end:\n%s", text)
	}
	refused.Commit = rules.PastCommit{}
	another := id("add b expr='up == 0' ruler=prometheus")
	id("edit b for=5m")
	if text := c.step("undo " + another).Text; strings.Contains(text, "Try") || strings.Contains(text, "refuses") {
		t.Errorf("of what no server refuses:\n%s", text)
	}
}
