package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// heldFile is where a rule file stands that is held.
type heldFile struct {
	ruler int // of Book.rulers
	path  string
}

// keeping returns the book with some files as they are in another one.
func (b *Book) keeping(inForce *Book, files []heldFile) *Book {
	if len(files) == 0 {
		return b
	}
	changes := make([]map[string]*file, len(b.rulers))
	for _, at := range files {
		put(changes, at.ruler, at.path, inForce.shelves[at.ruler].get(at.path).read())
	}
	kept := b.with(changes)
	kept.revision, kept.mixed = b.revision, true
	return kept
}

// inForce returns the last good state with the files that we changed after it and somebody else after us, as we left them: they were in force so, and
// what was pushed to them is not.
func (a *Applier) inForce(ctx context.Context, p pastSince) (*Book, error) {
	good, err := a.asideInForce(ctx, p, a.outside.good)
	if err != nil {
		return nil, err
	}
	changes := make([]map[string]*file, len(good.rulers))
	found := false
	for path, revision := range p.left {
		if p.ours[path] {
			continue
		}
		for i, ruler := range good.rulers {
			relative, ok := good.relative(ruler, path)
			if !ok {
				continue
			}
			then, err := a.bookOf(ctx, revision)
			if err != nil {
				return nil, err
			}
			put(changes, i, relative, then.shelves[i].get(relative).read())
			found = true
		}
	}
	if !found {
		return good, nil
	}
	now := good.with(changes)
	now.revision, now.tree, now.mixed = good.revision, good.tree, true
	return now, nil
}

// held returns the rule files that differ from what was in force, but for those that we touched last. Of a difference that no commit since then
// made, somebody else is the author too: the branch was put on another history, or a merge took the files of another.
func (p pastSince) held(inForce, book *Book) []heldFile {
	var found []heldFile
	for i, ruler := range book.rulers {
		for _, path := range changedPaths(inForce, book, ruler.Name) {
			if !p.ours[book.pathIn(i, path)] {
				found = append(found, heldFile{i, path})
			}
		}
	}
	return found
}

// taken returns the rule files that somebody else changed since the last good state and that we touched last, where they are not as they were in that:
// their paths in the rulebook, sorted.
func (p pastSince) taken(good, book *Book) (paths []string) {
	for i, ruler := range book.rulers {
		for _, path := range changedPaths(good, book, ruler.Name) {
			path = book.pathIn(i, path)
			if p.ours[path] && slices.ContainsFunc(p.external, func(c PastCommit) bool { return c.touches(path) }) {
				paths = append(paths, path)
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// heldPush returns what is held, nil when nothing is.
func (a *Applier) heldPush() *HeldPush {
	held, _ := a.heldAndStray()
	return held
}

// heldAndStray also returns what the last good state has that is no file to be read.
func (a *Applier) heldAndStray() (*HeldPush, []Problem) {
	a.outside.mu.Lock()
	defer a.outside.mu.Unlock()
	return a.outside.held, a.outside.stray
}

// besideHidden adds to the files that a ruler is to get those that it runs and that stand, or stood, where the last good state has something that cannot
// be read, as the rulebook was adopted so: they stay as they are. It has to be asked for them, and where it does not answer nothing is published.
func (a *Applier) besideHidden(ctx context.Context, d *desk, files []RuleFile) ([]RuleFile, error) {
	var hidden []string // relative to the ruler's directory
	_, stray := a.heldAndStray()
	for _, p := range stray {
		if path, in := below(d.Info().Dir, p.Path); in {
			hidden = append(hidden, path)
		}
	}
	if len(hidden) == 0 {
		return files, nil
	}
	running, err := d.Running(ctx)
	if err != nil {
		return nil, err
	}
	files = slices.Clone(files)
	have := map[string]bool{"": true} // what no path stands for
	for _, f := range files {
		have[f.Path] = true
	}
	for _, r := range running {
		if !have[r.Path] && slices.ContainsFunc(hidden, func(path string) bool { _, in := below(path, r.Path); return in || r.Path == path }) {
			files, have[r.Path] = append(files, RuleFile{Path: r.Path, Bad: true}), true
		}
	}
	slices.SortFunc(files, func(f, g RuleFile) int { return strings.Compare(f.Path, g.Path) })
	return files, nil
}

// hidden returns why nothing of a ruler's directory can be read in the last good state, as the rulebook was adopted so: something else stands
// there, or above it. What the ruler has stays as it is then. nil where it can be read.
func (a *Applier) hidden(ruler RulerInfo) error {
	_, stray := a.heldAndStray()
	for _, p := range stray {
		if _, above := below(p.Path, ruler.Dir); above || p.Path == ruler.Dir {
			return &Error{Kind: Unavailable, Offset: -1, Text: fmt.Sprintf("%s cannot be read in the rulebook: %s: %s What %s has stays as it is.",
				ruler.Dir, place(p), sentence(p.Text), ruler.Name)}
		}
	}
	return nil
}
