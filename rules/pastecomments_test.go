package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The comments of pasted YAML stay, with the notes among them.
func TestPastedCommentsStay(t *testing.T) {
	t.Parallel()
	empty := bookOf(t, memoryTree{})
	for _, test := range []struct{ name, yaml, want string }{
		{
			"of a rule alone",
			"# licence\n\n# why\n# expires: 2030-01-01\nalert: A\n# inside\nexpr: up == 0 # end\nlabels:\n  # about it\n  severity: page # x\n# foot\n",
			"# licence\n# why\n# expires: 2030-01-01\n- alert: A\n  # inside\n  expr: up == 0 # end\n  # foot\n  labels:\n    # about it\n    severity: page # x\n",
		},
		{
			"a note below the name, before another key",
			"- alert: A\n  # accept: promql-fragile reason=\"it is meant\"\n  for: 5m # long\n  expr: up == 0\n",
			"- alert: A\n  # accept: promql-fragile reason=\"it is meant\"\n  expr: up == 0\n  for: 5m # long\n",
		},
		{
			"above it, beside its dash and below it",
			"# a\n\n# b\n- # c\n  alert: A\n  expr: up == 0\n# o\n",
			"# a\n# b\n# c\n# o\n- alert: A\n  expr: up == 0\n",
		},
		{
			"of a field that says nothing, of a merge and of a block",
			"alert: A\nexpr: | # why so\n  up == 0\n  or on() vector(1) # PromQL's own\nfor: 0s # at once\n",
			"# # at once\n- alert: A\n  # why so\n  expr: |\n    up == 0\n    or on() vector(1) # PromQL's own\n",
		},
	} {
		change := requirePlan(t, empty, Add{YAML: test.yaml, Options: Options{Ruler: "prometheus"}})
		got := empty.With(change.Files).Entries("")[0].Source
		if diff := cmp.Diff(strings.Replace(test.want, "# # at", "# at", 1), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}

	// Those around the rules of a group go to the rule below them.
	change := requirePlan(t, empty, Add{YAML: "# top\ngroups:\n  # the group\n  - name: g\n    rules:\n      # about A\n      - alert: A\n        expr: up == 0\n\n      # about B\n      # expires: 2030-01-01\n      - alert: B\n        expr: up == 1\n", Options: Options{Ruler: "prometheus"}})
	entries := empty.With(change.Files).Entries("")
	if !strings.HasPrefix(entries[0].Source, "# top\n# the group\n# about A\n- alert: A") || !strings.HasPrefix(entries[1].Source, "# about B\n# expires: 2030-01-01\n- alert: B") {
		t.Errorf("of a group:\n%s%s", entries[0].Source, entries[1].Source)
	}
	if _, said := entries[1].Expires(); !said {
		t.Error("the note is not obeyed")
	}

	// An option takes the place of the note of its kind.
	at := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	change = requirePlan(t, empty, Add{YAML: "# why\n# expires: 2030-01-01\nalert: A\nexpr: up == 0\n", Options: Options{Ruler: "prometheus", Expires: &at}})
	if got := empty.With(change.Files).Entries("")[0].Source; !strings.HasPrefix(got, "# why\n- alert: A\n  # expires: 2031-01-01T00:00:00Z\n") {
		t.Errorf("with expires=:\n%s", got)
	}
}

// An edit by YAML keeps the comments that stand there where the YAML has none, and else takes those of the YAML, but for notes that it does not speak of.
func TestEditByYAMLKeepsComments(t *testing.T) {
	t.Parallel()
	const file = "groups:\n- name: g\n  rules:\n  # why\n  - alert: A\n    # expires: 2030-01-01\n    # accept: promql-fragile reason=\"meant\"\n    expr: up == 0 # here\n  - alert: B\n    expr: up == 1 # there\n"
	book := bookOf(t, memoryTree{"prometheus/a.yaml": file})
	edit := func(yaml string) string {
		t.Helper()
		change := requirePlan(t, book, Edit{Address: "A", YAML: yaml})
		return string(change.Files["prometheus/a.yaml"])
	}
	want := strings.Replace(file, "up == 0", "up == 2", 1)
	if diff := cmp.Diff(want, edit("alert: A\nexpr: up == 2\n")); diff != "" {
		t.Errorf("without comments (-want +got):\n%s", diff)
	}
	want = "groups:\n- name: g\n  rules:\n  # because\n  - alert: A\n    # expires: 2030-01-01\n    # accept: promql-fragile reason=\"otherwise\"\n    expr: up == 2 # now\n  - alert: B\n    expr: up == 1 # there\n"
	if diff := cmp.Diff(want, edit("# because\nalert: A\n# accept: promql-fragile reason=\"otherwise\"\nexpr: up == 2 # now\n")); diff != "" {
		t.Errorf("with comments (-want +got):\n%s", diff)
	}
	if got := edit("# expires: 2031-01-01\nalert: A\nexpr: up == 0\n"); strings.Contains(got, "2030") || !strings.Contains(got, "2031") {
		t.Errorf("another expiry:\n%s", got)
	}
}
