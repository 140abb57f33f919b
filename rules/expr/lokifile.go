package expr

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// checkLokiFile returns what Loki's ruler silently drops of a rule file (keep_firing_for, a group's labels and
// query_offset), and an empty file, on which its local storage breaks.
func checkLokiFile(f *file) []Problem {
	if f.root == nil {
		return []Problem{{Text: "the file is empty, and Loki would stop reading any rules because of it: write `groups: []`, or remove the file"}}
	}
	var problems []Problem
	drop := func(mapping *yaml.Node, key, of, instead string) {
		k, _ := entry(mapping, key)
		problems = append(problems, problemAt(k, "%s: Loki ignores %s; remove it, and %s", of, key, instead))
	}
	groups := elements(value(f.root, "groups"))
	for i, g := range f.groups {
		of := fmt.Sprintf("group %q", g.Name)
		if len(g.Labels) > 0 {
			drop(groups[i], "labels", of, "write the labels into each of the group's rules")
		}
		if g.QueryOffset != nil && *g.QueryOffset != 0 {
			drop(groups[i], "query_offset", of, "write `offset` into the expressions where it matters")
		}
		rules := elements(value(groups[i], "rules"))
		for j, r := range g.Rules {
			if r.KeepFiringFor != 0 {
				drop(rules[j], "keep_firing_for", fmt.Sprintf("%s, rule %q", of, r.Alert+r.Record),
					"count over a longer time in the expression to keep the alert firing longer")
			}
		}
	}
	return problems
}
