package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A copy remembers what the rule remembers beside it, but for what is said otherwise.
func TestACopyRemembersWhatTheRuleRemembers(t *testing.T) {
	t.Parallel()
	const expires, accepted, template = "# expires: 2026-12-01T00:00:00Z", `# accept: promql-fragile reason="meant"`, "# template: own v1 limit=3"
	tree := memoryTree{"prometheus/ops/a.yaml": "groups:\n- name: g\n  rules:\n  # why\n  " + accepted + "\n  - alert: A\n    " + expires + "\n    " + template + "\n    expr: up < 3\n"}
	book := bookOf(t, tree)
	later := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		a    Alteration
		want []string
	}{
		{"as it is", Alteration{}, []string{accepted, expires, template}},
		{"another severity", Alteration{Options: Options{Labels: map[string]string{"severity": "page"}}}, []string{accepted, expires, template + " severity=page"}},
		{"for good", Alteration{Remove: []string{"expires"}}, []string{accepted, template}},
		{"nothing accepted", Alteration{Remove: []string{"accept"}}, []string{expires, template}},
		{"for longer", Alteration{Options: Options{Expires: &later}}, []string{accepted, template, "# expires: 2027-01-01T00:00:00Z"}},
		{"accepted otherwise", Alteration{Options: Options{Accept: []Acceptance{{Check: "promql-fragile", Reason: "other"}}}},
			[]string{expires, template, `# accept: promql-fragile reason="other"`}},
		{"another accepted too", Alteration{Options: Options{Accept: []Acceptance{{Check: "links", Reason: "other"}}}},
			[]string{accepted, expires, template, `# accept: links reason="other"`}},
	} {
		change, err := Copy{Address: "A", Name: "B", Alteration: c.a}.Plan(book)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		entry, _ := book.With(change.Files).Get(change.Refs[0])
		if diff := cmp.Diff(c.want, entry.notes()); diff != "" {
			t.Errorf("%s: remembered (-want +got):\n%s", c.name, diff)
		}
	}
}
