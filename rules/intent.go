package rules

import "time"

// Intent is what a command asks for, parsed, before any rule was looked at. Implementations stand one to a file: Add, Delete,
// Undo, Restore.
type Intent interface {
	// Action names it in the journal and the commit: "add", "delete".
	Action() string
	// Plan returns the files that the intent would write, planned against one exact state of the rulebook. It is pure.
	// Errors are *Error of kind Invalid, NotFound or Conflict.
	Plan(book *Book) (Change, error)
}

// Change is the files that an intent would write, and what that means.
type Change struct {
	Ruler   string            // the one ruler that it is for
	Files   map[string][]byte // path in the rulebook → new content; nil removes the file
	Refs    []Ref             // the rules that it adds, changes or deletes
	Subject string            // of the commit: "add sshd-ban"
	Reason  string            // why, as the person gave it; may be empty
	// Trailers are more for the commit's message and the journal's page: what an undo undoes, where a restored rule comes from.
	Trailers []Trailer
	From     Ref      // which rule the first of Refs was moved from or is a copy of; the zero Ref for none
	NotKept  string   // what of a commit that was planned again is left out of it, and why; see Replay.InPart
	InTheWay InTheWay // where that is
}

// Options are what `option=value` sets on a rule beside its expression. A nil pointer or empty string means "not given".
type Options struct {
	Ruler         string
	Namespace     string
	Group         string
	For           *time.Duration
	KeepFiringFor *time.Duration
	Interval      *time.Duration
	Threshold     *float64
	Labels        map[string]string // severity= is the label of that name
	Annotations   map[string]string // summary=, description=; runbook= is the annotation runbook_url
	Accept        []Acceptance      // findings that are meant
	Expires       *time.Time        // when the service is to delete the rule
	Reason        string
}
