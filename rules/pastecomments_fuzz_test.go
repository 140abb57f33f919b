package rules

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// commentsIn returns the lines of all comments of a YAML text, sorted.
func commentsIn(t *testing.T, text string) (all []string) {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		for line := range strings.SplitSeq(joined(n.HeadComment, n.LineComment, n.FootComment), "\n") {
			if line != "" {
				all = append(all, line)
			}
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	visit(&root)
	slices.Sort(all)
	return all
}

// FuzzPastedComments holds that a rule that was pasted says the same with its comments as without, that every comment that stood in it stands in
// the file that is written, once, and that what was written is written the same when it is pasted again.
func FuzzPastedComments(f *testing.F) {
	for _, seed := range []string{
		"# a\n\n# b\n- # c\n  alert: A\n  expr: up == 0\n# o\n", "alert: A\n# inside\nexpr: up == 0 # end\nlabels:\n  # about it\n  severity: page # x\n# foot\n",
		"- alert: A\n  # accept: promql-fragile reason=\"it is meant\"\n  for: 5m # long\n  expr: up == 0\n", "alert: A\nexpr: | # why\n  up == 0\n  # no comment\nfor: 0s # at once\n",
		"# top\ngroups: # g\n  # the group\n  - name: g # n\n    rules: # r\n      # about A\n      - alert: A\n        expr: up == 0\n\n      # below\n",
		"{alert: A, expr: up} # all\n", "alert: A\nexpr: up\nlabels: {a: b} # c\nannotations:\n  summary: >- # s\n    # text\n    more\n", "#\n# #\nalert: A #x\nexpr: up#y\n",
	} {
		f.Add(seed)
	}
	book := NewBook(bothRulers)
	f.Fuzz(func(t *testing.T, text string) {
		change, err := Add{YAML: text, Options: Options{Ruler: "prometheus"}}.Plan(book)
		if err != nil || len(change.Refs) != 1 || strings.ContainsAny(text, "&*<") {
			return // of an anchor each use has the comments
		}
		after := book.With(change.Files)
		entry, there := after.Get(change.Refs[0])
		if !there {
			t.Fatalf("%+v is not in the book:\n%q", change.Refs[0], text)
		}
		var written string
		for _, content := range change.Files {
			written = string(content)
		}
		was, is := commentsIn(t, text), commentsIn(t, written)
		if !slices.Equal(was, is) {
			t.Errorf("the comments %q became %q:\n%s\nbecame\n%s", was, is, text, written)
		}
		again, err := Add{YAML: entry.Source, Options: Options{Ruler: "prometheus", Group: entry.Ref.Group}}.Plan(book)
		if err != nil {
			t.Fatalf("%v: pasted again\n%s", err, entry.Source)
		}
		if second, _ := book.With(again.Files).Get(again.Refs[0]); second.Source != entry.Source || !sameRule(second.Rule, entry.Rule) {
			t.Errorf("pasted again\n%s\nbecame\n%s", entry.Source, second.Source)
		}
	})
}
