package rules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An edit touches the lines that it must and no others, in whatever way the file is written.
func TestEdit(t *testing.T) {
	t.Parallel()
	const plain = `# licence
groups:
- name: g
  rules:
  # about A
  - alert: A # the first
    expr: up == 0   # down
    # how long
    for: 5m
    labels: # ours
      severity: "page" # loud
      team: 'web'
    annotations:
      summary: >-
        It is
        down
      description: {{ x }}

  - alert: B
    expr: |
      up
        == 1
- name: h
  rules:
  - record: a:b
    expr: sum(up)
`
	file := strings.Replace(plain, "{{ x }}", "'{{ $value }}'", 1)
	for _, test := range []struct {
		name  string
		file  string // file, where it is empty
		edit  Edit
		lines string // of the difference, without context
		err   string
	}{
		{name: "an expression", edit: Edit{Address: "A", Alteration: Alteration{Expr: "up == 2"}}, lines: "-    expr: up == 0   # down\n+    expr: up == 2   # down\n"},
		{name: "an expression that needs quotes", edit: Edit{Address: "A", Alteration: Alteration{Expr: "up == 2 # why: {}"}},
			lines: "-    expr: up == 0   # down\n+    expr: 'up == 2 # why: {}'   # down\n"},
		{name: "an expression of several lines", edit: Edit{Address: "A", Alteration: Alteration{Expr: "up\n== 2"}},
			lines: "-    expr: up == 0   # down\n+    expr: |-   # down\n+      up\n+      == 2\n"},
		{name: "an expression in a block", edit: Edit{Address: "B", Alteration: Alteration{Expr: "up == 2"}}, lines: "-      up\n-        == 1\n+      up == 2\n"},
		{name: "a label in quotes", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Labels: map[string]string{"severity": "ticket", "team": "db"}}}},
			lines: "-      severity: \"page\" # loud\n-      team: 'web'\n+      severity: \"ticket\" # loud\n+      team: 'db'\n"},
		{name: "a new label", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Labels: map[string]string{"area": "7"}}}}, lines: "+      area: \"7\"\n"},
		{name: "the first label", edit: Edit{Address: "B", Alteration: Alteration{Options: Options{Labels: map[string]string{"area": "eu", "severity": "page"}}}},
			lines: "+    labels:\n+      severity: page\n+      area: eu\n"},
		{name: "one label less", edit: Edit{Address: "A", Alteration: Alteration{Remove: []string{"label.severity"}}}, lines: "-      severity: \"page\" # loud\n"},
		{name: "no labels", edit: Edit{Address: "A", Alteration: Alteration{Remove: []string{"label.severity", "label.team"}}},
			lines: "-    labels: # ours\n-      severity: \"page\" # loud\n-      team: 'web'\n"},
		{name: "a folded annotation", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Annotations: map[string]string{"summary": "It is up"}}}},
			lines: "-      summary: >-\n-        It is\n-        down\n+      summary: It is up\n"},
		{name: "for, whose comment stays", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{For: new(time.Minute)}}}, lines: "-    for: 5m\n+    for: 1m\n"},
		{name: "no for", edit: Edit{Address: "A", Alteration: Alteration{Remove: []string{"for"}}}, lines: "-    for: 5m\n"},
		{name: "a new for in its place", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{KeepFiringFor: new(time.Minute)}}}, lines: "+    keep_firing_for: 1m\n"},
		{name: "a group's first interval", edit: Edit{Address: "B", Alteration: Alteration{Options: Options{Interval: new(time.Minute)}}}, lines: "+  interval: 1m\n"},
		{name: "a recorded expression", edit: Edit{Address: "a:b", Alteration: Alteration{Expr: "avg(up)"}}, lines: "-    expr: sum(up)\n+    expr: avg(up)\n"},
		{name: "an end", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Expires: new(time.Date(2027, 1, 1, 9, 0, 0, 0, time.FixedZone("", 9*3600)))}}},
			lines: "+    # expires: 2027-01-01T00:00:00Z\n"},
		{name: "pasted", edit: Edit{Address: "B", YAML: "alert: B\nexpr: up == 3\nlabels: {a: b}\n"},
			lines: "-      up\n-        == 1\n+      up == 3\n+    labels:\n+      a: b\n"},
		{name: "pasted without what there was", edit: Edit{Address: "A", YAML: "- alert: A\n  expr: up == 0\n  annotations:\n    summary: It is down\n"},
			lines: "-    for: 5m\n-    labels: # ours\n-      severity: \"page\" # loud\n-      team: 'web'\n-      description: '{{ $value }}'\n"},
		{name: "nothing", edit: Edit{Address: "A", Alteration: Alteration{Expr: "up == 0", Options: Options{For: new(5 * time.Minute)}, Remove: []string{"label.x"}}}, err: "nothing to do"},
		{name: "no such rule", edit: Edit{Address: "C"}, err: "no rule"},
		{name: "a wrong expression", edit: Edit{Address: "A", Alteration: Alteration{Expr: "up =="}}, err: "no PromQL"},
		{name: "a wrong template", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Annotations: map[string]string{"summary": "{{ range }}"}}}}, err: "The ruler would not take this"},
		{name: "for of a recording rule", edit: Edit{Address: "a:b", Alteration: Alteration{Options: Options{For: new(time.Minute)}}}, err: "is a recording rule"},
		{name: "summary of a recording rule", edit: Edit{Address: "a:b", Alteration: Alteration{Options: Options{Annotations: map[string]string{"summary": "x"}}}}, err: "is a recording rule"},
		{name: "threshold of what counts no lines", edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Threshold: new(3.0)}}}, err: "counts log lines"},
		{name: "pasted under another name", edit: Edit{Address: "A", YAML: "alert: C\nexpr: up"}, err: "rename"},
		{name: "pasted as another kind", edit: Edit{Address: "A", YAML: "record: A\nexpr: up"}, err: "cannot be made"},
		{name: "two pasted", edit: Edit{Address: "A", YAML: "- alert: A\n  expr: up\n- alert: B\n  expr: up\n"}, err: "one rule"},
		{
			name: "a rule in braces", file: "groups:\n- name: g\n  rules:\n  # why\n  - {alert: A, expr: up, labels: {a: b}}\n  - alert: B\n    expr: up\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Options: Options{For: new(time.Minute)}}},
			lines: "-  - {alert: A, expr: up, labels: {a: b}}\n+  - alert: A\n+    expr: up\n+    for: 1m\n+    labels:\n+      a: b\n",
		},
		{
			name: "labels in braces", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {a: b}\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Options: Options{Labels: map[string]string{"c": "d"}}}},
			lines: "-    labels: {a: b}\n+    labels:\n+      a: b\n+      c: d\n",
		},
		{
			name: "a comment among braces", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {a: b, # why\n      c: d}\n",
			edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Labels: map[string]string{"c": "e"}}}}, err: "comments in labels",
		},
		{
			name: "all in braces", file: `{"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up"}]}]}`,
			edit: Edit{Address: "A", Alteration: Alteration{Expr: "up == 0"}}, err: "by hand",
		},
		{
			name: "an anchor that others use", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: &l\n      a: b\n  - alert: B\n    expr: up\n    labels: *l\n",
			edit: Edit{Address: "A", Alteration: Alteration{Options: Options{Labels: map[string]string{"a": "c"}}}}, err: "safely",
		},
		{
			name: "an alias of what others use", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: &l\n      a: b\n  - alert: B\n    expr: up\n    labels: *l\n",
			edit:  Edit{Address: "B", Alteration: Alteration{Options: Options{Labels: map[string]string{"a": "c"}}}},
			lines: "-    labels: *l\n+    labels:\n+      a: c\n",
		},
		{
			name: "what is merged in", file: "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up\n    for: 5m\n  - <<: *a\n    alert: B\n",
			edit:  Edit{Address: "B", Alteration: Alteration{Options: Options{For: new(time.Minute)}}},
			lines: "+    for: 1m\n",
		},
		{
			name: "what is merged in goes", file: "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up\n    for: 5m\n  - <<: *a\n    alert: B\n",
			edit: Edit{Address: "B", Alteration: Alteration{Remove: []string{"for"}}}, err: "elsewhere",
		},
		{
			name: "the key behind the dash goes", file: "groups:\n- name: g\n  rules:\n  - for: 5m # long\n    # it is\n    alert: A\n    expr: up\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Remove: []string{"for"}}},
			lines: "-  - for: 5m # long\n-    # it is\n+  - # it is\n",
		},
		{
			name: "carriage returns", file: "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Expr: "up == 0", Options: Options{For: new(time.Minute)}}},
			lines: "-    expr: up\r\n+    expr: up == 0\r\n+    for: 1m\r\n",
		},
		{
			name: "no line break at the end", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up",
			edit:  Edit{Address: "A", Alteration: Alteration{Expr: "up == 0"}},
			lines: "-    expr: up\n\\ No newline at end of file\n+    expr: up == 0\n\\ No newline at end of file\n",
		},
		{
			name: "an expression that goes on below", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr:\n      up\n      == 0 # why\n    for: 1m\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Expr: "up == 1"}},
			lines: "-      up\n-      == 0 # why\n+      up == 1 # why\n",
		},
		{
			name: "keys in quotes and an unknown order", file: "groups:\n- rules:\n  - 'expr': 'up'\n    \"alert\": \"A\"\n  name: g\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Expr: "up == 1", Options: Options{For: new(time.Minute)}}},
			lines: "-  - 'expr': 'up'\n+  - 'expr': 'up == 1'\n+    for: 1m\n",
		},
		{
			name: "a value that is not there", file: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    for:\n    labels:\n",
			edit:  Edit{Address: "A", Alteration: Alteration{Options: Options{For: new(time.Minute), Labels: map[string]string{"a": "b"}}}},
			lines: "-    for:\n+    for: 1m\n+      a: b\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			content := test.file
			if content == "" {
				content = file
			}
			book := bookOf(t, memoryTree{"prometheus/ops/a.yaml": content})
			change, err := test.edit.Plan(book)
			if test.err != "" {
				var e *Error
				if !errors.As(err, &e) || !strings.Contains(e.Text, test.err) {
					t.Fatalf("got %v, want %q\n%s", err, test.err, change.Files["prometheus/ops/a.yaml"])
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.lines, changedLines(book.Diff(change))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := book.With(change.Files).Check("prometheus", book); err != nil {
				t.Error(err)
			}
		})
	}
}

// changedLines returns the lines of a difference that are not the same on both sides.
func changedLines(diff string) string {
	var lines strings.Builder
	for line := range strings.Lines(diff) {
		if strings.IndexByte("+-\\", line[0]) >= 0 && !strings.HasPrefix(line, "+++ ") && !strings.HasPrefix(line, "--- ") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}
