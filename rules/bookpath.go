package rules

import (
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// fileAt is where a rule file stands, and what is there.
type fileAt struct {
	ruler    int // of Book.rulers
	dialect  expr.Dialect
	path     string // in the rulebook
	relative string // to the ruler's directory
	id       string // "" when it is gone
}

// places returns the rule files among paths in the rulebook.
func (b *Book) places(ids map[string]string) []fileAt {
	var found []fileAt
	for path, id := range ids {
		for i, ruler := range b.rulers {
			if relative, ok := b.relative(ruler, path); ok {
				found = append(found, fileAt{i, ruler.Dialect, path, relative, id})
			}
		}
	}
	return found
}

// relative returns where a rule file stands below a ruler's directory; false when it is not the ruler's: when it is not below
// that directory, is below another ruler's that lies in it, is no rule file, or is not taken by the ruler's patterns.
func (b *Book) relative(ruler RulerInfo, path string) (string, bool) {
	relative, ok := below(ruler.Dir, path)
	if !ok || !isRuleFile(relative) {
		return "", false
	}
	for _, other := range b.rulers {
		if _, nested := below(ruler.Dir, other.Dir); nested {
			if _, theirs := below(other.Dir, path); theirs {
				return "", false
			}
		}
	}
	return relative, b.claims(ruler, relative)
}

// claims reports whether a ruler's patterns take a rule file below its directory, and those of no ruler that has the same directory
// and is configured before it.
func (b *Book) claims(ruler RulerInfo, relative string) bool {
	for _, other := range b.rulers {
		if other.Name == ruler.Name {
			break
		}
		if other.Dir == ruler.Dir && other.Files.Match(relative) {
			return false
		}
	}
	return ruler.Files.Match(relative)
}

// below returns the rest of a path below a directory; dir "" is the root.
func below(dir, path string) (string, bool) {
	if dir == "" {
		return path, path != ""
	}
	return strings.CutPrefix(path, dir+"/")
}

// reads reports whether a ruler reads what stands at a path in the rulebook.
func (b *Book) reads(path string) bool {
	return slices.ContainsFunc(b.rulers, func(r RulerInfo) bool {
		_, ok := b.relative(r, path)
		return ok
	})
}

// rulebookPath returns where the ref's file is in the rulebook: the ruler's directory and the path in it.
func (b *Book) rulebookPath(ref Ref) string {
	if ref.Paused() {
		return ref.Path
	}
	for i, r := range b.rulers {
		if r.Name == ref.Ruler {
			return b.pathIn(i, ref.Path)
		}
	}
	return ref.Path
}

// pathIn returns where a ruler's file is in the rulebook.
func (b *Book) pathIn(ruler int, relative string) string {
	if dir := b.rulers[ruler].Dir; dir != "" {
		return dir + "/" + relative
	}
	return relative
}
