package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestWhatARulerHasIsAskedBeforeTheCommit holds that a ruler is asked about each expression that is new, and about no other.
func TestWhatARulerHasIsAskedBeforeTheCommit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t)
	var asked []string
	b.examine = func(ruler string, entries []rules.Entry) []rules.Finding {
		names := []string{ruler}
		for _, e := range entries {
			names = append(names, e.Ref.Name)
		}
		if head, err := b.store.Head(t.Context()); err == nil {
			names = append(names, head.Revision())
		}
		asked = append(asked, strings.Join(names, " "))
		return []rules.Finding{{Check: "online-missing", Severity: rules.SeverityWarning, Text: "nothing is there"}}
	}
	before, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := b.Draft(t.Context(), nodeDown("node-down")); len(out.Findings) != 1 {
		t.Errorf("draft: %+v", out)
	}
	out := b.Apply(t.Context(), request("2"), nodeDown("node-down"))
	if out.State != rules.Live || len(out.Findings) != 1 || out.Findings[0].Check != "online-missing" {
		t.Errorf("%+v", out)
	}
	out = b.Apply(t.Context(), request("3"), rules.Delete{Address: "node-down"})
	if out.Result != rules.Success || len(out.Findings) != 0 {
		t.Errorf("delete: %+v", out)
	}
	ask := "prometheus node-down " + before.Revision()
	if diff := cmp.Diff([]string{ask, ask}, asked); diff != "" {
		t.Error(diff)
	}
}

// TestAPanicWhileARulerIsAsked holds that it comes to whoever gave the command, who can recover from it.
func TestAPanicWhileARulerIsAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t)
	b.examine = func(string, []rules.Entry) []rules.Finding { panic("boom") }
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "boom") {
			t.Errorf("recovered %v", p)
		}
	}()
	b.Draft(t.Context(), nodeDown("node-down"))
}
