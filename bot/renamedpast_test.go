package bot

import (
	"strings"
	"testing"
)

// TestShowAtARename shows a rule at the commit that gave it its name, and at the one that took it, by either name: as the rule was after it, and what it was called before.
func TestShowAtARename(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add disk expr="up == 0" severity=page ruler=prometheus`)
	_, renamed := c.must(`rename disk space`)
	_, moved := c.must(`move space group=disks`)
	c.must(`edit space severity=critical`)
	for say, parts := range map[string][]string{
		`show disk@` + short(renamed):                 {"**space**\n```yaml", "alert: space", "As of commit `" + short(renamed) + "`", ", which renamed it from `disk` to `space`", "/alert restore space@" + short(renamed) + "`"},
		`show space@` + short(renamed):                {"**space**\n```yaml", "As of commit `" + short(renamed) + "`", ", which renamed it from `disk` to `space`", "/alert restore space@"},
		`show disk/space@` + short(moved):             {"**space**\n```yaml", ", which moved it from `alerts/disk.yaml, group disk` to `alerts/disks.yaml, group disks`", "/alert restore space@" + short(moved) + "`"},
		`diff space ` + short(renamed):                {"-    severity: page\n+    severity: critical"},
		`restore disk@` + short(renamed) + ` dry-run`: {"As of commit `" + short(renamed) + "`", "**space** would be restored"},
	} {
		text := c.say(say).Text
		if requireParts(t, text, parts...); strings.Contains(text, "deleted") {
			t.Errorf("%s says that it was deleted:\n%s", say, text)
		}
	}
}
