package rules

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Paused is a rule that no ruler has for a while. It stands in a file of its own in the rulebook, below paused/, which no ruler reads.
type Paused struct {
	Ref     Ref
	Until   time.Time // when the service puts it back; zero: when somebody resumes it
	By      string    // who paused it
	Request string    // by which command
	Reason  string
	Source  string // the rule as its file wrote it, with its leading comments, dedented
	path    string // of its file, in the rulebook
	was     []byte // the file that the rule stood in, as it was then
}

// pausedDir is where rules stand that are paused. Their files are no rule files by their names, whatever a ruler's directory is.
const (
	pausedDir = "paused/"
	pausedEnd = ".paused"
)

// isPaused reports whether a path in the rulebook is that of a paused rule.
func isPaused(path string) bool {
	return strings.HasPrefix(path, pausedDir) && strings.HasSuffix(path, pausedEnd)
}

// pausedFile is a paused rule as its file has it.
type pausedFile struct {
	Rule    string    `yaml:"rule"`
	Nth     int       `yaml:"nth,omitempty"`
	Group   string    `yaml:"group"`
	File    string    `yaml:"file"`
	Ruler   string    `yaml:"ruler"`
	Until   time.Time `yaml:"until,omitempty"`
	By      string    `yaml:"by"`
	Request string    `yaml:"request"`
	Reason  string    `yaml:"reason,omitempty"`
	Was     yaml.Node `yaml:"was"`
}

// render returns the file of a paused rule.
func (p Paused) render() []byte {
	f := pausedFile{
		Rule: p.Ref.Name, Nth: p.Ref.Nth, Group: p.Ref.Group, File: p.Ref.Path, Ruler: p.Ref.Ruler,
		Until: p.Until, By: p.By, Request: p.Request, Reason: p.Reason, Was: *text(string(p.was)),
	}
	var node yaml.Node
	if err := node.Encode(f); err != nil {
		return nil // of plain values: it cannot fail
	}
	return append([]byte("# This rule is paused: no ruler has it. \"/alert resume\" puts it back into the file that is copied below.\n"), encode(&node)...)
}

// readPaused reads the file of a paused rule; false when it is none, or of no ruler that is configured.
func (b *Book) readPaused(path string, content []byte) (Paused, bool) {
	var f pausedFile
	if yaml.Unmarshal(content, &f) != nil {
		return Paused{}, false
	}
	p := Paused{
		Ref:   Ref{Ruler: f.Ruler, Path: f.File, Group: f.Group, Name: f.Rule, Nth: max(f.Nth, 1)},
		Until: f.Until, By: f.By, Request: f.Request, Reason: f.Reason, path: path, was: []byte(f.Was.Value),
	}
	entry, there := b.then(p).Get(p.Ref)
	p.Source = entry.Source
	return p, there
}

// then returns the book that has nothing but the file that a paused rule stood in, as it was.
func (b *Book) then(p Paused) *Book {
	return NewBook(b.rulers).With(map[string][]byte{b.rulebookPath(p.Ref): p.was})
}

// Paused returns the rules that are paused, in the order of their files. The error is the store's, as kind Unavailable.
func (b *Book) Paused() ([]Paused, error) {
	files, err := b.pausedFiles()
	if err != nil {
		return nil, err
	}
	var all []Paused
	for _, path := range sortedKeys(files) {
		if p, ok := b.readPaused(path, files[path]); ok {
			all = append(all, p)
		}
	}
	return all, nil
}

// pausedFiles returns the files of paused rules by their paths.
func (b *Book) pausedFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	if b == nil || b.tree == nil {
		return files, nil
	}
	listed, err := b.tree.List(strings.TrimSuffix(pausedDir, "/"))
	if err != nil {
		return nil, unreadable(err)
	}
	for path := range listed {
		if !isPaused(path) {
			continue
		}
		if files[path], err = b.tree.Read(path); err != nil {
			return nil, unreadable(err)
		}
	}
	return files, nil
}

// besidePaused refuses a change that puts a rule where a paused one is to come back to: the two could not be told apart then.
func besidePaused(before, after *Book, change Change) error {
	files, err := before.pausedFiles()
	if err != nil || len(files) == 0 {
		return err
	}
	for _, ref := range change.Refs {
		path := pausedPath(ref)
		_, touched := change.Files[path]
		_, was := before.Get(ref)
		if _, is := after.Get(ref); files[path] != nil && !touched && is && !was {
			return conflict("name", "A rule %q of that group is paused, in %s. Resume that first, or take another name.", ref.Name, path)
		}
	}
	return nil
}

// Address returns an address by which the rule is found while it is paused, and no other.
func (p Paused) Address() string {
	all := forms(p.Ref)
	return all[len(all)-1] + "#" + strconv.Itoa(p.Ref.Nth)
}

// FindPaused returns the paused rule at an address. Errors: NotFound, Conflict with the candidates as Fixes.
func (b *Book) FindPaused(address string) (Paused, error) {
	all, err := b.Paused()
	if err != nil {
		return Paused{}, err
	}
	var found []Paused
	var names []string
	for _, p := range all {
		nth := "#" + strconv.Itoa(p.Ref.Nth)
		if slices.ContainsFunc(forms(p.Ref), func(form string) bool { return form == address || form+nth == address }) {
			found = append(found, p)
		}
		names = append(names, p.Ref.Name)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		e := &Error{Kind: NotFound, Field: "name", Offset: -1, Text: fmt.Sprintf("No rule %q is paused.", address), Fixes: Nearest(address, names)}
		return Paused{}, e
	}
	e := &Error{Kind: Conflict, Field: "name", Offset: -1, Text: fmt.Sprintf("%d rules with the name %q are paused. Say which one.", len(found), address)}
	for _, p := range found {
		e.Fixes = append(e.Fixes, p.Address())
	}
	return Paused{}, e
}

// paused takes over to the newest book which rules one book has paused and another has not.
func (m *merge) paused(files map[string][]byte) error {
	var sides [3]map[string][]byte
	for i, book := range []*Book{m.from, m.to, m.book} {
		var err error
		if sides[i], err = book.pausedFiles(); err != nil {
			return err
		}
	}
	was, will, now := sides[0], sides[1], sides[2]
	for _, path := range slices.Concat(sortedKeys(was), sortedKeys(will)) {
		switch {
		case bytes.Equal(was[path], will[path]), bytes.Equal(now[path], will[path]):
		case bytes.Equal(now[path], was[path]):
			files[path] = will[path]
		default:
			m.clash(clash{at: Ref{Path: path}, was: string(was[path]), will: string(will[path]), now: string(now[path])})
		}
	}
	return nil
}

// pausedDiffer reports whether two books have other rules of a ruler paused.
func pausedDiffer(a, b *Book, ruler string) (bool, error) {
	one, err := a.pausedFiles()
	if err != nil {
		return false, err
	}
	other, err := b.pausedFiles()
	of := func(files map[string][]byte) map[string][]byte {
		maps.DeleteFunc(files, func(path string, _ []byte) bool { return !strings.HasPrefix(path, pausedDir+ruler+"/") })
		return files
	}
	return !maps.EqualFunc(of(one), of(other), bytes.Equal), err
}

// pausedRefs returns the paused rules whose files are written or removed.
func (m *merge) pausedRefs(files map[string][]byte) (refs []Ref) {
	was, err := m.book.pausedFiles()
	if err != nil {
		return nil // the rules are not named then
	}
	for _, path := range sortedKeys(files) {
		content := files[path]
		if content == nil {
			content = was[path]
		}
		if p, ok := m.book.readPaused(path, content); ok && isPaused(path) {
			refs = append(refs, p.Ref)
		}
	}
	return refs
}
