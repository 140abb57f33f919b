package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Expire deletes a rule whose time is over, by the comment that says so. It is what the service does by itself.
type Expire struct {
	Ref Ref
	At  time.Time // as the comment says
}

// Action returns "expire".
func (Expire) Action() string { return "expire" }

// Plan implements Intent. A rule that is gone by now, or has got more time, is NotFound.
func (e Expire) Plan(book *Book) (Change, error) {
	entry, there := book.Get(e.Ref)
	if at, said := entry.Expires(); !there || !said || !at.Equal(e.At) {
		return Change{}, &Error{Kind: NotFound, Offset: -1, Text: fmt.Sprintf("There is no rule %q any more that expires then.", e.Ref.Name)}
	}
	change, err := Delete{Address: book.Address(e.Ref), Force: true, Reason: "its time was over at " + e.At.UTC().Format(time.RFC3339)}.Plan(book)
	change.Subject = "expire " + e.Ref.Name
	return change, err
}

// expires is the note in a rule that says until when it is wanted: a time, or a date whose first moment is meant, in UTC.
var expires = regexp.MustCompile(`^\s*# expires: (\S+)\s*$`)

// notes returns what is remembered beside a rule that is added with these options.
func (o Options) notes() []string {
	var notes []string
	if o.Expires != nil {
		notes = append(notes, "expires: "+o.Expires.UTC().Format(time.RFC3339))
	}
	for _, accepted := range o.Accept {
		notes = append(notes, accepted.note())
	}
	return notes
}

// Expires returns when the service is to delete the rule, and whether it says so: in a comment above it, or directly below its name.
func (e Entry) Expires() (at time.Time, said bool) {
	if !strings.Contains(e.Source, "# expires: ") {
		return time.Time{}, false
	}
	for _, comment := range e.comments() {
		m := expires.FindStringSubmatch(comment)
		if m == nil {
			continue
		}
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if at, err := time.Parse(layout, m[1]); err == nil {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// setExpiry makes of the note about a rule's end what is to become of it.
func (a Alteration) setExpiry(e *fileEdit, groupIndex, index int) error {
	if a.Options.Expires != nil {
		return e.setNote(groupIndex, index, expires, "# "+a.Options.notes()[0])
	}
	if slices.Contains(a.Remove, "expires") {
		return e.setNote(groupIndex, index, expires, "")
	}
	return nil
}

// lively refuses a change that gives a rule an end which is over: it would be deleted at once. One that was so before may be changed.
func (p planned) lively(now time.Time) error {
	for _, ref := range p.change.Refs {
		entry, there := p.after.Get(ref)
		if at, over := entry.over(now); there && over && !p.before.ends(ref, at) {
			return invalid("", "The comment %q of the rule %q is about the past: it would be deleted at once. Leave the comment out, or name a time to come in it.",
				"# expires: "+at.UTC().Format(time.RFC3339), ref.Name)
		}
	}
	return nil
}

// over returns when a rule should have been deleted, and whether it should.
func (e Entry) over(now time.Time) (at time.Time, over bool) {
	at, said := e.Expires()
	return at, said && !at.After(now)
}

// ends reports whether a rule is there that ends at a time.
func (b *Book) ends(ref Ref, at time.Time) bool {
	entry, there := b.Get(ref)
	end, said := entry.Expires()
	return there && said && end.Equal(at)
}

// endless returns a change that brings rules back without the ends that were over by now: they were deleted for that, and would be again.
func (b *Book) endless(change Change, now time.Time) (Change, error) {
	after := b.With(change.Files)
	for _, ref := range change.Refs {
		entry, there := after.Get(ref)
		if at, over := entry.over(now); !there || !over || b.ends(ref, at) {
			continue
		}
		edit, err := after.file(ref.Ruler, ref.Path).edit()
		if err != nil {
			return Change{}, err
		}
		groupIndex, index := edit.file.position(ref)
		if err := edit.setNote(groupIndex, index, expires, ""); err != nil {
			return Change{}, err
		}
		edited, err := edit.done()
		if err != nil {
			return Change{}, err
		}
		change.Files[b.rulebookPath(ref)] = edited.content
		after = b.With(change.Files)
	}
	return change, nil
}
