package journal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestPlainLinesKeepTheIndentation(t *testing.T) {
	t.Parallel()
	want := []string{"@@ -1 +1,2 @@", " groups:", "-  - name: a", "+      for: 5m", "+    tab and reversed"}
	if diff := cmp.Diff(want, plainLines("@@ -1 +1,2 @@\n groups:\n-  - name: a\r\n+      for: 5m\n+\ttab and \u202ereversed\x1b\n")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// A title has the action once, also of a command that came to nothing, whose rules are not known.
func TestTitlesHaveTheActionOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, command string
		refs            []rules.Ref
		want            string
	}{
		{"edit", "edit root-full percent=x", nil, "edit root-full percent=x by alice: "},
		{"edit", "change root-full percent=x", nil, "edit change root-full percent=x by alice: "},
		{"edit", "edit root-full percent=80", []rules.Ref{{Name: "root-full"}}, "edit root-full by alice: "},
		{"", "hello", nil, "command hello by alice: "},
		{"list", "list", nil, "list by alice: "},
	} {
		told := rules.Telling{Burst: make([]rules.JournalEntry, 2)}
		told.Change.Entry.Record = rules.Record{Request: rules.Request{Command: c.command, Actor: rules.Person{Name: "alice"}}, Action: c.action, Outcome: rules.Outcome{Refs: c.refs}}
		if got := titleText(told); !strings.HasPrefix(got, "2 within a short time, the last: "+c.want) {
			t.Errorf("%s: %q", c.command, got)
		}
	}
}
