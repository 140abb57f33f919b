package rules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// pastRule is a rule as a file of the past has it. Two are equal when they say the same, and their groups say the same for them.
type pastRule struct {
	group, name string
	nth         int
	says        string // all but the name, a line for each thing that is set
	settings    string // what its group says for all its rules, in the same way
}

// readPastRules returns the rules of a file as a Book has them, without checking them. With written, how a rule is written is part of what it says.
func readPastRules(content []byte, written bool) []pastRule {
	if len(content) > expr.MaxFile {
		return nil
	}
	d, err := readDocument(content)
	if err != nil || d.root == nil || selfReference(d.root, map[*yaml.Node]bool{}) != nil {
		return nil
	}
	var rules []pastRule
	count := map[[2]string]int{} // as in makeIndex
	groups, noted := d.groups(), hasNotes(content)
	for i, node := range groups.items {
		group := decodeGroup(node)
		var settings strings.Builder
		for _, f := range group.fields() {
			fmt.Fprintf(&settings, "%q %q\n", f.Name, f.Value)
		}
		items := d.rules(node, groups.spans[i].end)
		for j, item := range items.items {
			r := decodeRule(item)
			at := [2]string{group.Name, r.Name()}
			count[at]++
			says := said(r)
			switch {
			case written:
				says += d.source(items, j)
			case noted:
				says += strings.Join(Entry{Source: d.source(items, j)}.notes(), "\n")
			}
			rules = append(rules, pastRule{group: group.Name, name: r.Name(), nth: count[at], says: says, settings: settings.String()})
		}
	}
	return rules
}

// noteKinds are how the comments begin that Alertsmith keeps beside rules.
var noteKinds = []string{"# expires: ", "# accept: ", "# template: "}

// hasNotes reports whether a file may have notes beside its rules.
func hasNotes(content []byte) bool {
	return slices.ContainsFunc(noteKinds, func(begin string) bool { return bytes.Contains(content, []byte(begin)) })
}

// notes returns what Alertsmith keeps beside the rule.
func (e Entry) notes() []string {
	return slices.DeleteFunc(e.comments(), func(comment string) bool {
		return !slices.ContainsFunc(noteKinds, func(begin string) bool { return strings.HasPrefix(comment, begin) })
	})
}

// said returns all that a rule says but its name.
func said(r Rule) string {
	var b strings.Builder
	if r.Record != "" {
		b.WriteString("record\n")
	}
	b.WriteString(r.Expr + "\n")
	if r.For != 0 {
		fmt.Fprintf(&b, "for %s\n", r.For)
	}
	if r.KeepFiringFor != 0 {
		fmt.Fprintf(&b, "keep_firing_for %s\n", r.KeepFiringFor)
	}
	for _, name := range sortedKeys(r.Labels) {
		fmt.Fprintf(&b, "label %q %q\n", name, r.Labels[name])
	}
	for _, name := range sortedKeys(r.Annotations) {
		fmt.Fprintf(&b, "annotation %q %q\n", name, r.Annotations[name])
	}
	return b.String()
}
