package rules

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// A field that is added to a file, group or rule is kept in a snapshot, or left out on purpose here: else a restart would forget it.
func TestSnapshotKeepsEveryField(t *testing.T) {
	t.Parallel()
	leftOut := map[reflect.Type][]string{
		reflect.TypeFor[file]():       {"problems", "lentAt", "memory"},                        // only good files are kept, and each start has a memory of its own
		reflect.TypeFor[placedRule](): {"notes", "pasted", "above", "below", "held", "pushed"}, // of rules that are to be written, and of those that are lent
	}
	offset := time.Minute
	rule := Rule{Alert: "A", Record: "r", Expr: "up", For: 1, KeepFiringFor: 2, Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"c": "d"}}
	placed := placedRule{Rule: rule, line: 5, source: "- alert: A"}
	g := group{Name: "g", Interval: time.Minute, QueryOffset: &offset, Limit: 3, Labels: map[string]string{"e": "f"}, Rules: []placedRule{placed}}
	whole := file{id: "1234", dialect: "promql", content: []byte("groups: []"), groups: []group{g}, asksForAlerts: true}
	for _, v := range []any{whole, g, placed, rule} {
		value := reflect.ValueOf(v)
		for i := range value.NumField() {
			name := value.Type().Field(i).Name
			if value.Field(i).IsZero() && !slices.Contains(leftOut[value.Type()], name) {
				t.Errorf("%s has a field %s that this test does not know: keep it in the snapshot, and set it here", value.Type(), name)
			}
		}
	}
	back := whole.keep().file(nil)
	if diff := cmp.Diff(&whole, back, cmp.AllowUnexported(file{}, group{}, placedRule{}, readFiles{}, yaml.Node{})); diff != "" {
		t.Errorf("kept and taken back (-was +is):\n%s", diff)
	}
}
