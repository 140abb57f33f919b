package main

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// readers are the rulers that files on a disk are checked for.
type readers struct {
	// rulers are those that read a rulebook, each what lies below its directory there, and at last the one that all other files are checked
	// for. There is no other than that where a person says what the files are.
	rulers []rules.RulerInfo
	// assumed marks rulers that nobody configured: those that a service has which was told of none. Then a directory is only taken for a
	// rulebook where the service's journal lies in it: others have directories of such names too, with rules about these programs.
	assumed bool
	roots   map[string]string // directory → the rulebook that it is in, as far as it was asked
}

// unplaced is the directory, in the tree that is checked, of the files that lie below no ruler's directory in a rulebook.
const unplaced = "-"

// readersOf returns the rulers that the configured ones are, by their places, and the one for other files.
func readersOf(configured []rulerConfig, other rules.RulerInfo, assumed bool) readers {
	r := readers{assumed: assumed, roots: map[string]string{}}
	for _, c := range configured {
		dir := c.dir()
		if dir == "." {
			dir = ""
		}
		r.rulers = append(r.rulers, rules.RulerInfo{Name: c.Name, Dialect: dialectOf(c), Dir: dir, Layout: rules.TreeLayout,
			Files: rules.FilePatterns{Include: c.RulebookFiles, Exclude: c.RulebookExclude}})
	}
	other.Dir = unplaced
	r.rulers = append(r.rulers, other)
	return r
}

// dialectOf returns the language of a ruler of a kind that the configuration was checked for.
func dialectOf(c rulerConfig) expr.Dialect {
	return ruler.Kinds[slices.IndexFunc(ruler.Kinds, func(k ruler.Kind) bool { return k.Name == c.Kind })].Dialect
}

// place returns where a file lies in the rulebook that it is in; false where it lies below no ruler's directory.
func (r readers) place(file string) (string, bool) {
	absolute, err := filepath.Abs(file)
	if err != nil || len(r.rulers) == 1 {
		return "", false
	}
	dir := filepath.Dir(absolute)
	root, known := r.roots[dir]
	if !known {
		root = rulebookAbove(dir, r.assumed)
		r.roots[dir] = root
	}
	if root == "" {
		return "", false
	}
	path, err := filepath.Rel(root, absolute)
	if err != nil || !filepath.IsLocal(path) {
		return "", false
	}
	path = filepath.ToSlash(path)
	return path, slices.ContainsFunc(r.rulers, func(info rules.RulerInfo) bool { return info.Dir == "" || within(path, info.Dir) })
}

// rulebookAbove returns the nearest directory, dir or above, that has the service's journal in it; "" when there is none. Unless that alone
// tells a rulebook, the top of a Git repository is one too, and at last the working directory.
func rulebookAbove(dir string, journalAlone bool) string {
	for at := dir; ; at = filepath.Dir(at) {
		if hasJournal(at) {
			return at
		}
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil && !journalAlone {
			return at
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if working, err := os.Getwd(); err == nil && !journalAlone {
		return working
	}
	return ""
}

// hasJournal reports whether a directory has pages of the service's journal in it: those of a year are in a directory that is named after it.
func hasJournal(dir string) bool {
	entries, err := os.ReadDir(filepath.Join(dir, "journal"))
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		_, err := time.Parse("2006", e.Name())
		return err == nil && e.IsDir()
	})
}
