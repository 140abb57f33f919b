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
		was, is         Rule
		want            []FieldChange
		group, itsGroup []Field
	}{
		"edited": {was: old, is: edited, want: []FieldChange{{"x", "for", "1m", ""}, {"x", "label severity", "warning", "critical"}, {"x", "keep_firing_for", "", "1h"}}},
		"added":  {is: old, want: []FieldChange{{"x", "name", "", "x"}, {"x", "expr", "", "up == 0"}, {"x", "for", "", "1m"}, {"x", "label severity", "", "warning"}}},
		"gone":   {was: old, want: []FieldChange{{"x", "name", "x", ""}, {"x", "expr", "up == 0", ""}, {"x", "for", "1m", ""}, {"x", "label severity", "warning", ""}}},
		"same":   {was: old, is: old},
		"its group": {
			was: old, is: old, want: []FieldChange{{"x", "group interval", "1m", "2m"}, {"x", "group limit", "5", ""}, {"x", "group label team", "", "web"}},
			group: []Field{{"group interval", "1m"}, {"group limit", "5"}}, itsGroup: []Field{{"group interval", "2m"}, {"group label team", "web"}},
		},
	} {
		if diff := cmp.Diff(tc.want, (Entry{Rule: tc.was, Settings: tc.group}).ChangesTo(Entry{Rule: tc.is, Settings: tc.itsGroup}, "x")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
