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
