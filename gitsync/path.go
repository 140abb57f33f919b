package gitsync

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// shortGit matches the 8.3 names under which NTFS may know .git, .gitmodules and their like: git~1, gitmod~1, gi7eba~1.
var shortGit = regexp.MustCompile(`(?i)^gi[^~]*~[0-9]`)

// CheckPath returns an *rules.Error of kind Invalid, which says why, unless a file with this path can be written to the rulebook.
func CheckPath(path string) error { return checkPath(path) }

// checkPath returns an *rules.Error of kind Invalid unless path can be written to the rulebook and checked out on any
// system: relative, clean, UTF-8, no control or direction-changing character, and nothing that a file system which folds
// case, ignores code points or cuts trailing dots would take for Git's own files.
func checkPath(path string) error {
	why := ""
	switch {
	case path == "":
		why = "it is empty"
	case len(path) > 1024:
		why = "it is longer than 1024 bytes"
	case !utf8.ValidString(path):
		why = "it is not UTF-8"
	case strings.HasPrefix(path, "/"):
		why = "it is not relative"
	case strings.Count(path, "/") > maxDepth:
		why = fmt.Sprintf("it has more than %d directories", maxDepth)
	}
	for name := range strings.SplitSeq(path, "/") {
		switch {
		case why != "":
		case name == "":
			why = "it has an empty element"
		case name == "." || name == "..":
			why = `it has an element "` + name + `"`
		case len(name) > 255:
			why = "it has an element longer than 255 bytes"
		case !readable(name) || strings.ContainsFunc(name, turnsText):
			why = "it holds a control character, a backslash or a direction mark"
		case likeGit(name):
			why = fmt.Sprintf("%q could be taken for one of Git's own files", name)
		}
	}
	if why == "" {
		return nil
	}
	return &rules.Error{Kind: rules.Invalid, Text: fmt.Sprintf("the path %q cannot be written to the rulebook: %s", path, why), Offset: -1}
}

// turnsText reports whether r separates lines or overrides the direction of writing, so that a path would read as another.
func turnsText(r rune) bool {
	return r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// likeGit reports whether some file system takes name for .git, .gitmodules, .gitattributes or the like.
func likeGit(name string) bool {
	name = strings.Map(func(r rune) rune {
		if ignoredByHFS(r) {
			return -1
		}
		return r
	}, name)
	name, _, _ = strings.Cut(name, ":") // an NTFS stream
	name = strings.ToLower(name)
	return strings.HasPrefix(strings.TrimLeft(name, " "), ".git") || shortGit.MatchString(name)
}

// ignoredByHFS reports whether HFS+ ignores r in file names (the list of git's utf8.c: next_hfs_char).
func ignoredByHFS(r rune) bool {
	return r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff
}
