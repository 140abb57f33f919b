package expr

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// checkLokiFile returns what Loki's ruler silently drops of a rule file (keep_firing_for, a group's labels and query_offset), and
// an empty file, on which its local storage breaks.
func checkLokiFile(f *file) []Problem {
	if f.root == nil {
		return []Problem{{Text: "the file is empty, and Loki's ruler would stop reading rules because of it: write `groups: []`, or remove the file"}}
	}
	var problems []Problem
	groups := value(f.root, "groups")
	for i, g := range f.groups {
		group := element(groups, i)
		if len(g.Labels) > 0 {
			problems = append(problems, dropped(group, "labels", g.Name, "write them into each of its rules"))
		}
		if g.QueryOffset != nil && *g.QueryOffset != 0 {
			problems = append(problems, dropped(group, "query_offset", g.Name, "write an offset into the expressions instead"))
		}
		for j, r := range g.Rules {
			if r.KeepFiringFor != 0 {
				problems = append(problems, dropped(element(value(group, "rules"), j), "keep_firing_for", g.Name, "a longer window in the expression has nearly the same effect"))
			}
		}
	}
	return problems
}

func dropped(mapping *yaml.Node, key, group, instead string) Problem {
	p := Problem{Text: fmt.Sprintf("group %q: Loki's ruler ignores %s, so it must not be there; %s", group, key, instead)}
	if k, _ := entry(mapping, key); k != nil {
		p.Line, p.Column = k.Line, k.Column
	}
	return p
}

// entry returns the key and the value of a mapping's entry, through aliases and merges; nil when it has none.
func entry(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	mapping = resolve(mapping)
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	var merged *yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		switch mapping.Content[i].Value {
		case key:
			return mapping.Content[i], mapping.Content[i+1]
		case "<<":
			merged = resolve(mapping.Content[i+1])
		}
	}
	if merged == nil {
		return nil, nil
	}
	if merged.Kind == yaml.SequenceNode {
		for _, m := range merged.Content {
			if k, v := entry(m, key); k != nil {
				return k, v
			}
		}
		return nil, nil
	}
	return entry(merged, key)
}

func value(mapping *yaml.Node, key string) *yaml.Node {
	_, v := entry(mapping, key)
	return v
}

func element(sequence *yaml.Node, i int) *yaml.Node {
	sequence = resolve(sequence)
	if sequence == nil || i >= len(sequence.Content) {
		return nil
	}
	return sequence.Content[i]
}

func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
