package expr

import "go.yaml.in/yaml/v3"

// maxKeys is the largest mapping in a rule file: the YAML reader compares each key with each other.
const maxKeys = 1000

// checkShape returns a problem for every text that is too long to be parsed as an expression or a template, and for every
// mapping that is too large or has a key twice.
func checkShape(node *yaml.Node) []Problem {
	var problems []Problem
	if len(node.Value) > MaxAdopted {
		problems = append(problems, problemAt(node, "this text is %d bytes long; at most %d are allowed", len(node.Value), MaxAdopted))
	}
	if node.Kind == yaml.MappingNode {
		problems = append(problems, checkKeys(node)...)
	}
	for _, child := range node.Content {
		problems = append(problems, checkShape(child)...)
	}
	return problems
}

func checkKeys(mapping *yaml.Node) []Problem {
	if keys := len(mapping.Content) / 2; keys > maxKeys {
		return []Problem{problemAt(mapping, "this mapping has %d keys; at most %d are allowed", keys, maxKeys)}
	}
	var problems []Problem
	lines := map[string]int{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if key.Kind != yaml.ScalarNode {
			problems = append(problems, problemAt(key, "a key must be a plain text"))
		} else if line, ok := lines[key.Value]; ok {
			problems = append(problems, problemAt(key, "the key %q is here twice; the first is in line %d", key.Value, line))
		} else {
			lines[key.Value] = key.Line
		}
	}
	return problems
}

// entry returns the key and the value of a mapping's entry, through aliases and merges; nil when it has none.
func entry(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	return entryBeside(mapping, key, map[*yaml.Node]bool{})
}

// entryBeside leaves out the mappings that were searched already: a merge may lead back to its own mapping, and to one mapping in
// more ways than could be walked.
func entryBeside(mapping *yaml.Node, key string, searched map[*yaml.Node]bool) (k, v *yaml.Node) {
	mapping = resolve(mapping)
	if mapping == nil || mapping.Kind != yaml.MappingNode || searched[mapping] {
		return nil, nil
	}
	searched[mapping] = true
	var merged []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		switch name, value := mapping.Content[i], mapping.Content[i+1]; {
		case name.Value == key:
			return name, value
		case merges(name) && value.Kind == yaml.SequenceNode:
			merged = value.Content
		case merges(name):
			merged = []*yaml.Node{value}
		}
	}
	for _, m := range merged {
		if k, v := entryBeside(m, key, searched); k != nil {
			return k, v
		}
	}
	return nil, nil
}

// merges reports whether the YAML reader merges what stands at a key: << does, "<<" in quotes is a key as any other.
func merges(key *yaml.Node) bool { return key.Value == "<<" && key.ShortTag() == "!!merge" }

// value returns the value of a mapping's entry; nil when it has none.
func value(mapping *yaml.Node, key string) *yaml.Node {
	_, v := entry(mapping, key)
	return resolve(v)
}

// elements returns the elements of a sequence. The YAML reader leaves out empty ones when it fills a list, and so does this.
func elements(sequence *yaml.Node) []*yaml.Node {
	if sequence == nil || sequence.Kind != yaml.SequenceNode {
		return nil
	}
	var all []*yaml.Node
	for _, e := range sequence.Content {
		if e = resolve(e); e.Tag != "!!null" {
			all = append(all, e)
		}
	}
	return all
}

func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
