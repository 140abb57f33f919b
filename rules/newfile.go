package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// newPath returns the path of a new file for a group, relative to the ruler's directory: one that the ruler's patterns take. An error
// of kind Invalid names the namespaces where there would be one.
func (b *Book) newPath(ruler RulerInfo, namespace, group string) (string, error) {
	path, ok := b.takenPath(ruler, namespace, group)
	if ok {
		return path, nil
	}
	e := invalid("namespace", "A new rule in the namespace %q would stand in %s, which is not one of the files of %s: those are %s. "+
		"Choose another namespace=, or the group= of an existing file.", cmp.Or(namespace, "."), b.rulebookPath(Ref{Ruler: ruler.Name, Path: path}), ruler.Name, ruler.Files)
	namespaces := map[string]int{}
	for _, f := range b.shelf(ruler.Name) {
		namespaces[(Ref{Path: f.path}).Namespace()]++
	}
	byFiles := func(x, y string) int { return cmp.Or(namespaces[y]-namespaces[x], strings.Compare(x, y)) }
	for _, candidate := range slices.SortedFunc(maps.Keys(namespaces), byFiles) {
		if _, ok := b.takenPath(ruler, candidate, group); ok && len(e.Fixes) < maxNamespaceFixes {
			e.Fixes = append(e.Fixes, cmp.Or(candidate, "."))
		}
	}
	return "", e
}

// maxNamespaceFixes is how many other namespaces are proposed.
const maxNamespaceFixes = 5

// takenPath returns the path of a new file that the ruler's patterns take; false, and a path that they do not take, when there is none.
func (b *Book) takenPath(ruler RulerInfo, namespace, group string) (path string, ok bool) {
	for _, extension := range b.extensions(ruler, namespace) {
		path = b.freePath(ruler, namespace, group, extension)
		if _, ok := b.relative(ruler, b.rulebookPath(Ref{Ruler: ruler.Name, Path: path})); ok {
			return path, true
		}
	}
	return path, false
}

// extensions returns what the name of a new file may end in, the best first: .yaml; but in a tree, where the ruler has a pattern of its
// own for each directory, what most files there end in; else what the ruler's patterns ask for, like .rules.yml.
func (b *Book) extensions(ruler RulerInfo, namespace string) []string {
	all := []string{".yaml", ".yml"}
	if ruler.Layout == TreeLayout && b.prefersYML(ruler.Name, namespace) {
		all = []string{".yml", ".yaml"}
	}
	for _, pattern := range ruler.Files.Include {
		ending := pattern[strings.LastIndexAny(pattern, "*/")+1:]
		if isRuleFile("x"+ending) && !strings.ContainsAny(ending, `?[\`) {
			all = append(all, ending)
		}
	}
	return all
}

// prefersYML reports whether most files of a namespace end in .yml, or where that says nothing, most files of the ruler.
func (b *Book) prefersYML(ruler, namespace string) bool {
	there, everywhere := 0, 0 // files in .yml more than in .yaml
	for _, f := range b.shelf(ruler) {
		more := 1
		if strings.HasSuffix(f.path, ".yaml") {
			more = -1
		}
		everywhere += more
		if (Ref{Path: f.path}).Namespace() == namespace {
			there += more
		}
	}
	return cmp.Or(there, everywhere) > 0
}
