package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// takeOuterComments gives the comments that stand around the rules of pasted YAML, such as those above a group, to the rule below them; the last
// ones to the rule above them.
func (d *document) takeOuterComments(groups []group) {
	var all []*placedRule
	for i := range groups {
		for j := range groups[i].Rules {
			all = append(all, &groups[i].Rules[j])
		}
	}
	pending := []string{d.above}
	next := 0
	var visit func(node *yaml.Node)
	visit = func(node *yaml.Node) {
		if next < len(all) && resolve(node) == all[next].pasted {
			all[next].above = joined(append(pending, all[next].above)...)
			pending, next = nil, next+1
			return
		}
		pending = append(pending, node.HeadComment, node.LineComment)
		for _, child := range node.Content {
			visit(child)
		}
		pending = append(pending, node.FootComment)
	}
	visit(d.root)
	if len(all) > 0 {
		all[len(all)-1].below = joined(append(pending, d.below)...)
	}
}

// joined puts comments one below the other.
func joined(comments ...string) string {
	var lines []string
	for _, c := range comments {
		for line := range strings.SplitSeq(c, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// withComments puts the comments of the rule as it was pasted into what is written of it: each to its key. Those of keys that are not written
// stand above the rule.
func (r placedRule) withComments(node *yaml.Node) {
	homeless, first := moveComments(r.pasted, node), node.Content[0]
	node.HeadComment = joined(r.above, r.pasted.HeadComment, r.pasted.LineComment, first.HeadComment, homeless, r.pasted.FootComment, r.below)
	first.HeadComment = ""
	if pasted := r.pasted.Content; len(pasted) > 2 && pasted[2].Value != node.Content[2].Value {
		// What stands directly below the name is a note, and stays there.
		if moved := slices.IndexFunc(node.Content, func(n *yaml.Node) bool { return n.Value == pasted[2].Value }); moved > 0 {
			node.Content[2].HeadComment, node.Content[moved].HeadComment = joined(node.Content[moved].HeadComment, node.Content[2].HeadComment), ""
		}
	}
}

// moveComments copies the comments of a mapping's keys and values to those of another, and returns what has no place there.
func moveComments(from, to *yaml.Node) (homeless string) {
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i], resolve(from.Content[i+1])
		above := joined(key.HeadComment, value.HeadComment, key.FootComment, value.FootComment)
		beside := joined(key.LineComment, value.LineComment)
		at := -1
		for j := 0; j+1 < len(to.Content); j += 2 {
			if to.Content[j].Value == key.Value {
				at = j
			}
		}
		if at < 0 {
			homeless = joined(homeless, above, beside)
			continue
		}
		written := to.Content[at+1]
		if written.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode {
			above = joined(above, moveComments(value, written))
		}
		if written.Kind == yaml.ScalarNode && written.Style != yaml.LiteralStyle && !strings.Contains(beside, "\n") {
			written.LineComment = beside
		} else {
			above = joined(above, beside)
		}
		to.Content[at].HeadComment = joined(to.Content[at].HeadComment, above)
	}
	return homeless
}

// withoutNotes returns comments without the notes that are to be written anew.
func withoutNotes(comment string, anew []string) string {
	var lines []string
	for line := range strings.SplitSeq(comment, "\n") {
		if !slices.ContainsFunc(anew, func(note string) bool { return sameNote("# "+note, line) }) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// sameNote reports whether two comments are notes of one kind, so that one takes the place of the other. A rule has as many acceptances as checks.
func sameNote(a, b string) bool {
	for _, kind := range noteKinds {
		if strings.HasPrefix(a, kind) && strings.HasPrefix(b, kind) {
			first, _ := readAcceptance(a)
			second, _ := readAcceptance(b)
			return first.Check == second.Check
		}
	}
	return false
}

// hasPastedComments reports whether a rule was pasted with comments.
func (r placedRule) hasPastedComments() bool {
	return r.above != "" || r.below != "" || r.pasted != nil && hasComments(r.pasted)
}
