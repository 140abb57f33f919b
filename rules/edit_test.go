package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// added is the rule that the tests add.
var added = Rule{Alert: "New", Expr: "up == 0"}

// editFiles are rule files in the many ways in which people write them, with what the addition of a rule to the first group and
// the deletion of the rule B (of the first rule where there is no B) make of them. An empty result means that the edit is refused.
var editFiles = []struct {
	name                 string
	file, added, deleted string
	deletedWhole         bool // the deletion removes the file
}{
	{
		name: "lists not indented, a key behind the rules",
		file: `groups:
- name: g
  rules:
  - alert: A
    expr: up
  - alert: B
    expr: up
  interval: 1m
- name: h
  rules:
  - record: c:d
    expr: up
`,
		added: `groups:
- name: g
  rules:
  - alert: A
    expr: up
  - alert: B
    expr: up
  - alert: New
    expr: up == 0
  interval: 1m
- name: h
  rules:
  - record: c:d
    expr: up
`,
		deleted: `groups:
- name: g
  rules:
  - alert: A
    expr: up
  interval: 1m
- name: h
  rules:
  - record: c:d
    expr: up
`,
	},
	{
		name: "comments above, below, behind and between",
		file: `# licence
groups: # all
  # the group
  - name: g # here
    rules: # its rules
      # Section: memory

      # about A
      - alert: A # trailing
        expr: up
        # for: 5m

      # about B
      # and more about B
      - alert: B
        # inside B
        expr: up # of B
        # below B

      # Section: disk

    # deeper than the list of groups
# the end
`,
		added: `# licence
groups: # all
  # the group
  - name: g # here
    rules: # its rules
      # Section: memory

      # about A
      - alert: A # trailing
        expr: up
        # for: 5m

      # about B
      # and more about B
      - alert: B
        # inside B
        expr: up # of B
        # below B

      - alert: New
        expr: up == 0

      # Section: disk

    # deeper than the list of groups
# the end
`,
		deleted: `# licence
groups: # all
  # the group
  - name: g # here
    rules: # its rules
      # Section: memory

      # about A
      - alert: A # trailing
        expr: up
        # for: 5m

      # Section: disk

    # deeper than the list of groups
# the end
`,
	},
	{
		name:    "Windows line ends",
		file:    "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n  # B\r\n  - alert: B\r\n    expr: up\r\n",
		added:   "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n  # B\r\n  - alert: B\r\n    expr: up\r\n  - alert: New\r\n    expr: up == 0\r\n",
		deleted: "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n",
	},
	{
		name:    "a carriage return alone",
		file:    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n\n  - alert: B\n    expr: up \r# of B\n",
		deleted: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n# of B\n",
	},
	{
		name:    "no newline at the end",
		file:    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up",
		added:   "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n  - alert: New\n    expr: up == 0\n",
		deleted: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n",
	},
	{
		name:    "a block without a newline at the end",
		file:    "groups:\n- name: g\n  rules:\n  - alert: B\n    expr: up\n  - alert: A\n    expr: |\n      up",
		added:   "groups:\n- name: g\n  rules:\n  - alert: B\n    expr: up\n  - alert: A\n    expr: |\n      up\n  - alert: New\n    expr: up == 0\n",
		deleted: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up",
	},
	{
		name: "blocks that hold what looks like comments",
		file: `groups:
  - name: g
    rules:
      - alert: A
        expr: up
        annotations:
          summary: |+
            # heading
            text

            # still text

      - alert: B
        expr: >-
          up
          # PromQL's comment
      # about C
      - alert: C
        expr: up
        annotations:
          summary: |2
              # text
            # text
          # a comment
`,
		added: `groups:
  - name: g
    rules:
      - alert: A
        expr: up
        annotations:
          summary: |+
            # heading
            text

            # still text

      - alert: B
        expr: >-
          up
          # PromQL's comment
      # about C
      - alert: C
        expr: up
        annotations:
          summary: |2
              # text
            # text
          # a comment
      - alert: New
        expr: up == 0
`,
		deleted: `groups:
  - name: g
    rules:
      - alert: A
        expr: up
        annotations:
          summary: |+
            # heading
            text

            # still text

      # about C
      - alert: C
        expr: up
        annotations:
          summary: |2
              # text
            # text
          # a comment
`,
	},
	{
		name: "quoted texts that hold what looks like the end",
		file: `groups:
  - name: g
    rules:
      - alert: B
        expr: up
        annotations: {summary: "}

# not a comment \"

  - alert: X"} # a comment
      - alert: A
        expr: up
        annotations:
          summary: 'it''s

# text

      '
`,
		added: `groups:
  - name: g
    rules:
      - alert: B
        expr: up
        annotations: {summary: "}

# not a comment \"

  - alert: X"} # a comment
      - alert: A
        expr: up
        annotations:
          summary: 'it''s

# text

      '
      - alert: New
        expr: up == 0
`,
		deleted: `groups:
  - name: g
    rules:
      - alert: A
        expr: up
        annotations:
          summary: 'it''s

# text

      '
`,
	},
	{
		name: "dashes on their own lines",
		file: `groups:
  -
    name: g
    rules:
      -
        alert: A
        expr: up
      # about B
      -
        # inside
        alert: B
        expr: up
`,
		added: `groups:
  -
    name: g
    rules:
      -
        alert: A
        expr: up
      # about B
      -
        # inside
        alert: B
        expr: up
      - alert: New
        expr: up == 0
`,
		deleted: `groups:
  -
    name: g
    rules:
      -
        alert: A
        expr: up
`,
	},
	{
		name: "a rule in flow style within a list with dashes",
		file: `groups:
- name: g
  rules:
  - {alert: A, expr: up}
  - {alert: B, expr: "up",
     labels: {a: b}} # B
`,
		added: `groups:
- name: g
  rules:
  - {alert: A, expr: up}
  - {alert: B, expr: "up",
     labels: {a: b}} # B
  - alert: New
    expr: up == 0
`,
		deleted: `groups:
- name: g
  rules:
  - {alert: A, expr: up}
`,
	},
	{
		name: "rules in flow style",
		file: `groups:
- name: g
  rules: [{alert: A, expr: up}, {alert: B, expr: up}]
`,
	},
	{
		name:         "JSON",
		file:         `{"groups": [{"name": "g", "rules": [{"alert": "B", "expr": "up"}]}]}`,
		deletedWhole: true,
	},
	{
		name: "an empty list in flow style",
		file: `groups:
- name: g
  rules: []
- name: h
  rules:
  - alert: B
    expr: up
`,
		deleted: `groups:
- name: g
  rules: []
`,
	},
	{
		name: "an empty list",
		file: `groups:
- name: g
  rules:
- name: h
  rules:
  - alert: B
    expr: up
`,
		added: `groups:
- name: g
  rules:
    - alert: New
      expr: up == 0
- name: h
  rules:
  - alert: B
    expr: up
`,
		deleted: `groups:
- name: g
  rules:
`,
	},
	{
		name: "anchors that only other rules refer to",
		file: `groups:
- name: g
  rules:
  - alert: A
    expr: up
    labels: &page
      severity: page
  - alert: B
    expr: up
    labels: *page
`,
		added: `groups:
- name: g
  rules:
  - alert: A
    expr: up
    labels: &page
      severity: page
  - alert: B
    expr: up
    labels: *page
  - alert: New
    expr: up == 0
`,
		deleted: `groups:
- name: g
  rules:
  - alert: A
    expr: up
    labels: &page
      severity: page
`,
	},
	{
		name: "an anchor in the deleted rule",
		file: `groups:
- name: g
  rules:
  - alert: B
    expr: up
    labels: &page
      severity: page
  - alert: A
    expr: up
    labels:
      <<: *page
`,
		added: `groups:
- name: g
  rules:
  - alert: B
    expr: up
    labels: &page
      severity: page
  - alert: A
    expr: up
    labels:
      <<: *page
  - alert: New
    expr: up == 0
`,
	},
	{
		name: "a document with markers",
		file: `%YAML 1.1
---
groups:
- name: g
  rules:
  - alert: A
    expr: up
  - alert: B
    expr: up
...
`,
		added: `%YAML 1.1
---
groups:
- name: g
  rules:
  - alert: A
    expr: up
  - alert: B
    expr: up
  - alert: New
    expr: up == 0
...
`,
		deleted: `%YAML 1.1
---
groups:
- name: g
  rules:
  - alert: A
    expr: up
...
`,
	},
	{
		name:    "line separators of Unicode in a comment and a text",
		file:    "groups: # a\u2028- name: g\u0085  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n    annotations:\n      x: 'a\u2028\n        b'\n",
		added:   "groups: # a\u2028- name: g\u0085  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n    annotations:\n      x: 'a\u2028\n        b'\n  - alert: New\n    expr: up == 0\n",
		deleted: "groups: # a\u2028- name: g\u0085  rules:\n  - alert: A\n    expr: up\n",
	},
	{
		name: "the group's only rule, blank lines between groups",
		file: `groups:

- name: g

  rules:

  - alert: B
    expr: up

# about h
- name: h
  rules:
  - alert: A
    expr: up

  - alert: C
    expr: up
`,
		added: `groups:

- name: g

  rules:

  - alert: B
    expr: up

  - alert: New
    expr: up == 0

# about h
- name: h
  rules:
  - alert: A
    expr: up

  - alert: C
    expr: up
`,
		deleted: `groups:

# about h
- name: h
  rules:
  - alert: A
    expr: up

  - alert: C
    expr: up
`,
	},
	{
		name: "wide characters before quotes",
		file: `groups:
- name: 群
  rules:
  - alert: A
    expr: up
  - "alert": "B"
    expr: up
    annotations: {"説明": "あ
# い"}
  # C
  - alert: C
    expr: up
`,
		added: `groups:
- name: 群
  rules:
  - alert: A
    expr: up
  - "alert": "B"
    expr: up
    annotations: {"説明": "あ
# い"}
  # C
  - alert: C
    expr: up
  - alert: New
    expr: up == 0
`,
		deleted: `groups:
- name: 群
  rules:
  - alert: A
    expr: up
  # C
  - alert: C
    expr: up
`,
	},
}

// find returns the place of the rule with a name; of the first rule when there is none.
func (f *file) find(name string) (groupIndex, ruleIndex int) {
	for i, g := range f.groups {
		for j, r := range g.Rules {
			if r.Name() == name {
				return i, j
			}
		}
	}
	return 0, 0
}

func TestEditKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	for _, test := range editFiles {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := readFile("", expr.PromQL, []byte(test.file))
			// Prometheus 3.15 takes label names in any script; it is the edit that is tested here.
			got, err := f.withRules(0, []placedRule{{Rule: added}})
			compareEdit(t, "addition", got, err, test.added, false)
			got, err = f.withoutRule(f.find("B"))
			compareEdit(t, "deletion", got, err, test.deleted, test.deletedWhole)
		})
	}
}

// compareEdit fails the test unless an edit made the wanted file, or was refused where none is wanted.
func compareEdit(t *testing.T, what string, got []byte, err error, want string, removed bool) {
	t.Helper()
	var e *Error
	switch {
	case removed:
		if err != nil || got != nil {
			t.Errorf("%s: got %q, %v; want the file to go", what, got, err)
		}
	case want == "":
		if !errors.As(err, &e) || e.Kind != Conflict {
			t.Errorf("%s: got %q, %v; want a conflict", what, got, err)
		}
	case err != nil:
		t.Errorf("%s: %v", what, err)
	default:
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// requireInsertion fails the test unless after is before with lines inserted in one place.
func requireInsertion(t *testing.T, before, after []byte) {
	t.Helper()
	start, end := 0, 0
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	for end < min(len(before), len(after))-start && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	if start+end < len(before) {
		t.Errorf("more than an insertion:\n%s", cmp.Diff(string(before), string(after)))
	}
}

// requireNoLines fails the test when a diff has a line that starts with sign.
func requireNoLines(t *testing.T, diff, sign string) {
	t.Helper()
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, sign) && !strings.HasPrefix(line, sign+sign+sign+" ") {
			t.Errorf("the diff has a line with %s:\n%s", sign, diff)
			return
		}
	}
}

// sources returns the texts of all rules of a file.
func (f *file) sources() []string {
	var all []string
	for _, g := range f.groups {
		for _, r := range g.Rules {
			all = append(all, r.source)
		}
	}
	return all
}

func FuzzEditAddDelete(f *testing.F) {
	for _, test := range editFiles {
		f.Add([]byte(test.file), uint8(1))
	}
	f.Fuzz(func(t *testing.T, content []byte, pick uint8) {
		before := readFile("", expr.PromQL, content)
		if len(before.problems) > 0 || len(before.groups) == 0 {
			t.Skip("no rule file")
		}
		groupIndex := int(pick) % len(before.groups)
		if after, err := before.withRules(groupIndex, []placedRule{{Rule: added}}); err == nil {
			requireInsertion(t, content, after)
			f := readFile("", expr.PromQL, after)
			if len(f.problems) > 0 {
				t.Fatalf("not accepted: %+v\n%s", f.problems, after)
			}
			requireAddedAndKept(t, before, f, groupIndex, after)
		} else if KindOf(err) != Conflict && KindOf(err) != Unavailable {
			t.Fatalf("kind %q: %v", KindOf(err), err)
		}
		g := before.groups[groupIndex]
		if len(g.Rules) == 0 {
			return
		}
		ruleIndex := int(pick) / len(before.groups) % len(g.Rules)
		after, err := before.withoutRule(groupIndex, ruleIndex)
		if err != nil || after == nil {
			return
		}
		requireInsertion(t, after, content)
		f := readFile("", expr.PromQL, after)
		if len(f.problems) > 0 {
			t.Fatalf("not accepted: %+v\n%s", f.problems, after)
		}
	})
}

// requireAddedAndKept fails the test unless the rules of before are in after with the same texts, and taking the new one out again
// restores the file.
func requireAddedAndKept(t *testing.T, before, after *file, groupIndex int, content []byte) {
	t.Helper()
	last := len(after.groups[groupIndex].Rules) - 1
	kept := cloneGroups(after.groups)
	kept[groupIndex].Rules = kept[groupIndex].Rules[:last]
	if diff := cmp.Diff(before.sources(), (&file{groups: kept}).sources()); diff != "" {
		t.Errorf("other rules changed (-before +after):\n%s\n%s", diff, content)
	}
	if last == 0 || len(before.content) == 0 || before.content[len(before.content)-1] != '\n' {
		return // taking it out would take its group, or the newline was missing
	}
	restored, err := after.withoutRule(groupIndex, last)
	if err != nil {
		t.Errorf("the added rule cannot be deleted: %v\n%s", err, content)
	} else if diff := cmp.Diff(string(before.content), string(restored)); diff != "" {
		t.Errorf("adding and deleting is not nothing (-before +after):\n%s", diff)
	}
}
