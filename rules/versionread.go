package rules

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// pastRule is a rule as a file of the past has it. Two are equal when they say the same.
type pastRule struct {
	group, name string
	nth         int
	says        string // all but the name, a line for each thing that is set
}

// readPastRules returns the rules of a file as a Book has them, without checking them.
func readPastRules(content []byte) []pastRule {
	if len(content) > expr.MaxFile {
		return nil
	}
	d, err := readDocument(content)
	if err != nil || d.root == nil || selfReference(d.root, map[*yaml.Node]bool{}) != nil {
		return nil
	}
	var rules []pastRule
	count := map[[2]string]int{} // as in makeIndex
	for _, node := range sequenceAt(d.root, "groups") {
		group := decodeGroup(node).Name
		for _, item := range sequenceAt(node, "rules") {
			r := decodeRule(item)
			at := [2]string{group, r.Name()}
			count[at]++
			rules = append(rules, pastRule{group: group, name: r.Name(), nth: count[at], says: said(r)})
		}
	}
	return rules
}

// sequenceAt returns the items of the list that a mapping has under a key.
func sequenceAt(mapping *yaml.Node, key string) []*yaml.Node {
	node, _ := field(mapping, key)
	if node = resolve(node); node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
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
