package rules

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns the change's rule files against b as a unified diff, for the journal page and replies. Files that the change
// makes or removes stand against /dev/null.
func (b *Book) Diff(c Change) string {
	b = b.own()
	var out strings.Builder
	for _, path := range sortedKeys(c.Files) {
		old, existed := b.content(path)
		if isPaused(path) {
			old = b.asideContent(path)
			existed = old != nil
		}
		oldName, newName := diffName("a/", path), diffName("b/", path)
		if !existed {
			oldName = "/dev/null"
		}
		if c.Files[path] == nil {
			newName = "/dev/null"
		}
		text := string(diff.Diff(oldName, old, newName, c.Files[path]))
		// The first line ("diff a b") says what the next two say.
		_, text, _ = strings.Cut(text, "\n")
		out.WriteString(text)
	}
	return out.String()
}

// diffName returns a path as a diff names it: quoted when it could be taken for more than a path.
func diffName(side, path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(side + path)
	}
	return side + path
}

// Difference returns how two texts differ, as a unified diff under the names of both; "" when they do not.
func Difference(oldName, older, newName, newer string) string {
	text := string(diff.Diff(oldName, []byte(older), newName, []byte(newer)))
	_, text, _ = strings.Cut(text, "\n") // "diff a b" says what the next two lines say
	return text
}
