package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// FilePatterns say which files below a ruler's directory in the rulebook are its rule files, where other YAML lies there too. A pattern
// is that of package path, element by element, and relative to the ruler's directory; ** stands for any number of directories, none
// included: "alerts/*.yml", "**/*.rules.yml". The zero value takes every rule file.
type FilePatterns struct {
	Include []string // one of them must match; all files do when there is none
	Exclude []string // none of them may match
}

// Match reports whether the file at a path, relative to the ruler's directory, is taken.
func (p FilePatterns) Match(file string) bool {
	matches := func(pattern string) bool { return matchPattern(strings.Split(pattern, "/"), strings.Split(file, "/")) }
	return (len(p.Include) == 0 || slices.ContainsFunc(p.Include, matches)) && !slices.ContainsFunc(p.Exclude, matches)
}

// matchPattern matches the elements of a path. Where it comes no further it lets the last ** take one more directory: what an earlier one
// took need never be tried again.
func matchPattern(pattern, elements []string) bool {
	p, e := 0, 0
	behind, taken := -1, 0 // the place behind the last **, and up to which element that has taken all
	for e < len(elements) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			p++
			behind, taken = p, e
		case p < len(pattern) && matchElement(pattern[p], elements[e]):
			p, e = p+1, e+1
		case behind >= 0:
			taken++
			p, e = behind, taken
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}

func matchElement(pattern, element string) bool {
	ok, err := path.Match(pattern, element)
	return ok && err == nil
}

// CheckPattern returns what is wrong with a pattern of FilePatterns; nil when it can be used.
func CheckPattern(pattern string) error {
	for element := range strings.SplitSeq(pattern, "/") {
		switch _, err := path.Match(element, ""); {
		case element == "" || element == "." || element == "..":
			return fmt.Errorf("%q is no path below the ruler's directory; write it like alerts/*.yml", pattern)
		case strings.Contains(element, "**") && element != "**":
			return fmt.Errorf("in %q, ** must stand alone between slashes, like **/*.yml", pattern)
		case err != nil:
			return fmt.Errorf("in %q, the brackets of %q do not match", pattern, element)
		}
	}
	return nil
}

// String returns the patterns as a person reads them: `alerts/*.yml, but not **/values.yml`.
func (p FilePatterns) String() string {
	text := "every *.yaml and *.yml"
	if len(p.Include) > 0 {
		text = strings.Join(p.Include, ", ")
	}
	if len(p.Exclude) > 0 {
		text += ", but not " + strings.Join(p.Exclude, ", ")
	}
	return text
}
