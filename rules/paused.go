package rules

import (
	"fmt"
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
	entry   Entry  // the rule in the place where it stands while it is paused; see Ref.Paused
}

// PausedDir is the directory of the rulebook where rules stand that are paused. Their files are no rule files by their names, whatever a ruler's
// directory is.
const (
	PausedDir = "paused"
	pausedDir = PausedDir + "/"
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

// readPaused reads the file of a paused rule. Where it is none, or of no ruler that is configured, the problem says so.
func (b *Book) readPaused(path string, content []byte) (p Paused, problem string) {
	var f pausedFile
	if err := yaml.Unmarshal(content, &f); err != nil {
		return Paused{}, "no file of a paused rule: " + err.Error()
	}
	p = Paused{
		Ref:   Ref{Ruler: f.Ruler, Path: f.File, Group: f.Group, Name: f.Rule, Nth: max(f.Nth, 1)},
		Until: f.Until, By: f.By, Request: f.Request, Reason: f.Reason, path: path, was: []byte(f.Was.Value),
	}
	if _, configured := b.ruler(f.Ruler); !configured {
		return Paused{Ref: p.Ref}, fmt.Sprintf("the rule is paused for the ruler %q, which is not configured", f.Ruler)
	}
	entry, there := b.then(p).Get(p.Ref)
	if !there {
		return Paused{}, fmt.Sprintf("the file %q that is copied in it has no rule %q in a group %q", f.File, f.Rule, f.Group)
	}
	entry.Ref, entry.Line = Ref{Ruler: f.Ruler, Path: path, Group: f.Group, Name: f.Rule, Nth: 1}, 0
	p.Source, p.entry = entry.Source, entry
	return p, ""
}

// then returns the book that has nothing but the file that a paused rule stood in, as it was.
func (b *Book) then(p Paused) *Book {
	empty := NewBook(b.rulers)
	empty.read = b.read
	return empty.With(map[string][]byte{b.rulebookPath(p.Ref): p.was})
}

// Paused returns the rules that are paused, in the order of their files.
func (b *Book) Paused() []Paused {
	var all []Paused
	for _, path := range sortedKeys(b.aside) {
		if at := b.aside[path]; at.problem == "" {
			all = append(all, at.Paused)
		}
	}
	return all
}

// paused reports whether rules are paused, all of them.
func (b *Book) paused(refs []Ref) bool {
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(ref Ref) bool {
		_, there := b.Get(ref)
		return there || b.aside[pausedPath(ref)] == nil
	})
}

// pausedOnly reports whether a change is of files of paused rules alone, so that nothing changes for its ruler.
func (c Change) pausedOnly() bool {
	for path := range c.Files {
		if !isPaused(path) && !strings.HasPrefix(path, journalDir) {
			return false
		}
	}
	return true
}

// besidePaused refuses a change that puts a rule where a paused one is to come back to: the two could not be told apart then.
func besidePaused(before, after *Book, change Change) error {
	for _, ref := range change.Refs {
		path := pausedPath(ref)
		_, touched := change.Files[path]
		_, was := before.Get(ref)
		if _, is := after.Get(ref); before.aside[path] != nil && !touched && is && !was {
			return conflict("name", "A rule %q of that group is paused, in %s. Resume that first, or take another name.", ref.Name, path)
		}
	}
	return nil
}

// asideFor returns the paused rule that stood in a place; the zero Entry for none.
func (b *Book) asideFor(ref Ref) Entry {
	for _, p := range b.Paused() {
		if p.Ref == ref {
			return p.entry
		}
	}
	return Entry{}
}

// Address returns an address by which the rule is found while it is paused, and no other.
func (p Paused) Address() string {
	all := p.addresses()
	return all[len(all)-1]
}

// addresses returns all by which the rule is found while it is paused, the shortest first.
func (p Paused) addresses() []string {
	nth := "#" + strconv.Itoa(p.Ref.Nth)
	var all []string
	for _, form := range forms(p.Ref) {
		all = append(all, form, form+nth)
	}
	return all
}

// FindPaused returns the paused rule at an address. Errors: NotFound, Conflict with the candidates as Fixes.
func (b *Book) FindPaused(address string) (Paused, error) {
	var found []Paused
	var names []string
	for _, p := range b.Paused() {
		if slices.Contains(p.addresses(), address) {
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
