package expr

import "go.yaml.in/yaml/v3"

// What a file may have when what its aliases name stands in their place, counted in bytes: of each text, and for each node as many as it takes at least to
// remember it. It is asked of files with aliases alone.
const (
	maxUnfolded = 8 * MaxFile
	nodeSize    = 16
)

// CheckAliases returns a problem where a file has more than that: whoever reads its rules has each of them as often as it is named, and a file of some
// kilobytes can name one a million times. It takes the file's first document, and returns one problem or none.
func CheckAliases(root *yaml.Node) []Problem {
	a := aliases{sizes: map[*yaml.Node]int{}}
	if a.size(root) <= maxUnfolded || a.last == nil {
		return nil
	}
	return []Problem{problemAt(a.last, "with what its aliases stand for, up to *%s here, the file is larger than %d MB", a.last.Value, maxUnfolded>>20)}
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
	size := nodeSize + len(node.Value)
	for _, child := range node.Content {
		if size += a.size(child); size > maxUnfolded {
			break
		}
	}
	return size
}
