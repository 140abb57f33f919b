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

// matchPattern matches the elements of a path.
func matchPattern(pattern, elements []string) bool {
	for i, want := range pattern {
		if want == "**" {
			rest := pattern[i+1:]
			if len(rest) > 0 && rest[0] == "**" {
				return matchPattern(rest, elements[i:]) // or every pair of them would double the work
			}
			for skipped := range len(elements) - i + 1 {
				if matchPattern(rest, elements[i+skipped:]) {
					return true
				}
			}
			return false
		}
		if i >= len(elements) {
			return false
		}
		if ok, err := path.Match(want, elements[i]); err != nil || !ok {
			return false
		}
	}
	return len(pattern) == len(elements)
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
