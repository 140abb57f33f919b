package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Pause takes one rule from its ruler for a while. It stays in the rulebook, in a file of its own that no ruler reads.
type Pause struct {
	Address string    // see Book.Find
	Until   time.Time // when the service puts it back; zero: when somebody resumes it
	By      Person
	Request string // the id of the command
	Force   bool   // also when others use it
	Reason  string
}

// Action returns "pause".
func (Pause) Action() string { return "pause" }

// Plan implements Intent.
func (p Pause) Plan(book *Book) (Change, error) {
	entry, err := book.Find(p.Address)
	if err != nil {
		if paused, e := book.FindPaused(p.Address); e == nil {
			return Change{}, conflict("name", "%q is paused already.", paused.Ref.Name)
		}
		return Change{}, err
	}
	ref := entry.Ref
	paused := Paused{
		Ref: ref, Until: p.Until.UTC().Truncate(time.Second), By: p.By.Name, Request: p.Request, Reason: p.Reason,
		path: pausedPath(ref), was: book.file(ref.Ruler, ref.Path).content,
	}
	if book.aside[paused.path] != nil {
		return Change{}, conflict("name", "Another rule %q of that group is paused already, in %s. Resume or delete that first.", ref.Name, paused.path)
	}
	change, err := Delete{Address: p.Address, Force: p.Force, Reason: p.Reason}.Plan(book)
	if err == nil {
		err = book.comesBack(ref)
	}
	if err != nil {
		return Change{}, err
	}
	change.Files[paused.path] = paused.render()
	change.Subject = "pause " + ref.Name
	if !paused.Until.IsZero() {
		change.Subject += " " + untilText(paused.Until)
	}
	return change, nil
}

// pausedPath returns where a rule stands while it is paused: named after it, and after its place so that no two meet.
func pausedPath(ref Ref) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", ref.Ruler, ref.Path, ref.Group, ref.Name, ref.Nth))
	return pausedDir + ref.Ruler + "/" + cutTo(slug(ref.Name), maxPlannedName) + "-" + hex.EncodeToString(sum[:4]) + pausedEnd
}
