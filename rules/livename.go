package rules

import "strings"

// maxLiveName is the longest file name that every file system takes, and maxLivePath the longest path of a live file, in bytes.
const (
	maxLiveName = 255
	maxLivePath = 1024
)

// Layout is how a ruler's live directory names the rule files.
type Layout string

// The layouts. The zero value is FlatLayout.
const (
	FlatLayout Layout = "flat" // all in one directory, by LiveName: what Loki needs, and Prometheus with one pattern
	TreeLayout Layout = "tree" // as in the rulebook: a directory that Prometheus reads already keeps its names, and its alerts their state
)

// Layouts are all layouts, the default first.
var Layouts = []Layout{FlatLayout, TreeLayout}

// LiveName returns the name of the file at path (relative to the ruler's directory in the rulebook) in the live directory; with slashes
// in a tree.
func (l Layout) LiveName(path string) string {
	if l == TreeLayout {
		return path
	}
	return LiveName(path)
}

// RulebookPath is the inverse of LiveName; false when no path has that name.
func (l Layout) RulebookPath(liveName string) (path string, ok bool) {
	switch {
	case l != TreeLayout:
		return RulebookPath(liveName)
	case !isRuleFile(liveName):
		return "", false
	}
	return liveName, true
}

// LiveName returns the flat name under which a ruler reads the file at path (relative to the ruler's directory in the
// rulebook): "ops/sshd-ban.yaml" is "ops.sshd-ban.yaml". A dot inside a path element other than the extension's is doubled,
// so the name is reversible and two paths never share one. Over Loki's rule API it is the namespace.
//
// It is reversible because an element of a rule file's path is never empty and never starts with a dot: of an odd run of
// dots the last one is the separator.
func LiveName(path string) string {
	stem, extension := cutExtension(path)
	return strings.ReplaceAll(strings.ReplaceAll(stem, ".", ".."), "/", ".") + extension
}

// RulebookPath is the inverse of LiveName; false when no path has that name.
func RulebookPath(liveName string) (string, bool) {
	stem, extension := cutExtension(liveName)
	var path strings.Builder
	for i := 0; i < len(stem); i++ {
		switch {
		case stem[i] != '.':
			path.WriteByte(stem[i])
		case i+1 < len(stem) && stem[i+1] == '.':
			path.WriteByte('.')
			i++
		default:
			path.WriteByte('/')
		}
	}
	path.WriteString(extension)
	if !isRuleFile(path.String()) || LiveName(path.String()) != liveName {
		return "", false
	}
	return path.String(), true
}

// isRuleFile reports whether the file at path, relative to a ruler's directory, is a rule file: its name ends in .yaml or
// .yml, and neither it nor a directory above it is hidden.
func isRuleFile(path string) bool {
	if _, extension := cutExtension(path); extension == "" {
		return false
	}
	for element := range strings.SplitSeq(path, "/") {
		if element == "" || element[0] == '.' {
			return false
		}
	}
	return true
}

// cutExtension splits path before the extension of rule files; the extension is empty when it has neither.
func cutExtension(path string) (stem, extension string) {
	for _, extension := range []string{".yaml", ".yml"} {
		if stem, ok := strings.CutSuffix(path, extension); ok {
			return stem, extension
		}
	}
	return path, ""
}
