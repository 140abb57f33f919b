package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFieldChanges(t *testing.T) {
	t.Parallel()
	old := Rule{Alert: "x", Expr: "up == 0", For: time.Minute, Labels: map[string]string{"severity": "warning"}}
	edited := Rule{Alert: "x", Expr: "up == 0", KeepFiringFor: time.Hour, Labels: map[string]string{"severity": "critical"}}
	for name, tc := range map[string]struct {
		was, is Rule
		want    []FieldChange
	}{
		"edited": {old, edited, []FieldChange{{"x", "for", "1m", ""}, {"x", "label severity", "warning", "critical"}, {"x", "keep_firing_for", "", "1h"}}},
		"added":  {Rule{}, old, []FieldChange{{"x", "name", "", "x"}, {"x", "expr", "", "up == 0"}, {"x", "for", "", "1m"}, {"x", "label severity", "", "warning"}}},
		"gone":   {old, Rule{}, []FieldChange{{"x", "name", "x", ""}, {"x", "expr", "up == 0", ""}, {"x", "for", "1m", ""}, {"x", "label severity", "warning", ""}}},
		"same":   {old, old, nil},
	} {
		if diff := cmp.Diff(tc.want, tc.was.changesTo(tc.is, "x")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
