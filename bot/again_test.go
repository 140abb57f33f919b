package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TestAgainHint: the line that does a displaced change again is told only where it asks for the same, however the command was spelled.
func TestAgainHint(t *testing.T) {
	const hint = "To do it again on top of that"
	for command, told := range map[string]string{
		"delete disk":                   "`/alert delete disk`",
		"undo 7fyz5x9ng3b1 reason=loud": "`/alert undo 7fyz5x9ng3b1 reason=loud`",
		"edit disk summary='a `b` c'":   "``",
		"undo":                          "",
		"undo part reason=\"too loud\"": "",
		"取り消し":                          "",
		"Revert":                        "",
		"apply 7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f":        "",
		"Apply 7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f":        "",
		"適用 7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f":           "",
		"実行\u30007fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f":      "",
		"/alert apply 7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f": "",
	} {
		w := rules.Waiting{
			Request: rules.Request{ID: "7f3a", Actor: rules.Person{Name: "alice"}, Entry: rules.EntryChat, Command: command},
			Outcome: rules.Outcome{Action: "edit", Revision: "1a2b3c4d", Undone: "5e6f7a8b", State: rules.Displaced, Reason: "Bob was first", Refs: []rules.Ref{{Name: "disk"}}},
		}
		text := Settled(w, time.Unix(1e9, 0)).Text
		if strings.Contains(text, hint) != (told != "") || !strings.Contains(text, told) {
			t.Errorf("%q:\n%s\nwant %q", command, text, told)
		}
	}
}
