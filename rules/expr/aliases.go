package expr

import "go.yaml.in/yaml/v3"

// CheckAliases returns a problem where a file would be larger than one may be if what its aliases name stood in their place: whoever reads its rules has
// each of them as often as it is named, and a file of some kilobytes can name one a million times. It takes the file's first document, and returns one problem or none.
func CheckAliases(root *yaml.Node) []Problem {
	a := aliases{sizes: map[*yaml.Node]int{}}
	if a.size(root) <= MaxFile || a.last == nil {
		return nil
	}
	return []Problem{problemAt(a.last, "with what its aliases stand for, up to *%s here, the file is larger than the %d bytes that a rule file may have", a.last.Value, MaxFile)}
}

// aliases counts how large nodes are when aliases are followed.
type aliases struct {
	sizes map[*yaml.Node]int // of what was named; 0 while it is counted, as an alias that stands within what it names is another problem
	last  *yaml.Node         // the alias that was met last
}

// size returns how many bytes a node takes at least; counting ends with what is more than a file may have.
func (a *aliases) size(node *yaml.Node) int {
	if node.Kind == yaml.AliasNode {
		a.last = node
		size, known := a.sizes[node.Alias]
		if !known {
			a.sizes[node.Alias] = 0
			size = a.size(node.Alias)
			a.sizes[node.Alias] = size
		}
		return size
	}
	size := max(1, len(node.Value))
	for _, child := range node.Content {
		if size += a.size(child); size > MaxFile {
			break
		}
	}
	return size
}
