package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	book := bookOf(t, memoryTree{
		"prometheus/ops/a.yaml":   "# licence\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n  # the second\n  - alert: B\n    expr: up > 1\n- name: h\n  rules:\n  - alert: C\n    expr: up\n",
		"prometheus/ops/one.yaml": "groups:\n- name: g\n  rules:\n  - alert: Only\n    expr: up\n",
		"prometheus/ops/bad.yaml": "groups:\n- name: g\n  rules:\n  - alert: Wrong\n    expr: up ==\n  - alert: Right\n    expr: up\n",
	})
	for _, test := range []struct {
		address string
		path    string
		removed []string // the lines; nil for the whole file
	}{
		{"B#2", "prometheus/ops/a.yaml", []string{"  # the second", "  - alert: B", "    expr: up > 1"}},
		{"C", "prometheus/ops/a.yaml", []string{"- name: h", "  rules:", "  - alert: C", "    expr: up"}},
		{"Only", "prometheus/ops/one.yaml", nil},
		{"Wrong", "prometheus/ops/bad.yaml", []string{"  - alert: Wrong", "    expr: up =="}}, // what mends a file is possible
	} {
		change := requirePlan(t, book, Delete{Address: test.address, Reason: "why"})
		name, _, _ := strings.Cut(test.address, "#")
		if change.Subject != "delete "+name || change.Reason != "why" || len(change.Refs) != 1 || change.Refs[0].Name != name {
			t.Errorf("%s: %+v", test.address, change)
		}
		content, planned := change.Files[test.path]
		if !planned || len(change.Files) != 1 {
			t.Fatalf("%s: planned %v", test.address, sortedKeys(change.Files))
		}
		var removed []string
		for line := range strings.Lines(book.Diff(change)) {
			if strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "--- ") {
				removed = append(removed, strings.TrimSuffix(line[1:], "\n"))
			}
		}
		if test.removed == nil {
			if content != nil {
				t.Errorf("%s: the file stays: %s", test.address, content)
			}
			continue
		}
		if diff := cmp.Diff(test.removed, removed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.address, diff)
		}
		if _, there := book.With(change.Files).Get(change.Refs[0]); there && test.address != "B#1" {
			t.Errorf("%s is still there", test.address)
		}
	}
	_, err := Delete{Address: "b"}.Plan(book)
	var e *Error
	if !errors.As(err, &e) || e.Kind != NotFound || len(e.Fixes) == 0 {
		t.Errorf("got %#v", err)
	}
	change := requirePlanOnly(t, book, Delete{Address: "Right"})
	if err := book.With(change.Files).Check("prometheus", book); KindOf(err) != Invalid {
		t.Errorf("deleting the good rule of a bad file: %v", err)
	}
}

// requirePlanOnly plans an intent without the check.
func requirePlanOnly(t *testing.T, book *Book, intent Intent) Change {
	t.Helper()
	change, err := intent.Plan(book)
	if err != nil {
		t.Fatal(err)
	}
	return change
}
