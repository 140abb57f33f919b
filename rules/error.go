package rules

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says whose fault an error is, and with that which Result a command ends in.
type Kind string

// The kinds. The first five mean that nothing was changed.
const (
	Invalid     Kind = "invalid"     // the person's input: VALIDATION_ERROR
	NotFound    Kind = "not found"   // no rule has that name: VALIDATION_ERROR
	Conflict    Kind = "conflict"    // it exists already, is ambiguous, or moved meanwhile: VALIDATION_ERROR
	Denied      Kind = "denied"      // this person may not do this here: DENIED
	Unavailable Kind = "unavailable" // our fault or the world's (disk, journal, lock): FAILED
	Uncertain   Kind = "uncertain"   // the Git server took the change or did not, and cannot be asked now: the journal says it as soon as it is known
	Refused     Kind = "refused"     // the ruler read the rules and refused them
	Unreachable Kind = "unreachable" // the ruler did not answer, or answered nonsense; worth a retry
	ReloadOff   Kind = "reload off"  // the ruler takes no reload order (Prometheus without --web.enable-lifecycle): it has to come by itself
)

// Error is what a person reads when a command fails, and what an operator finds in the log.
// It is returned or logged, never both.
type Error struct {
	Kind Kind
	// Text is for the person: what is wrong, where, and how to mend it. One or more sentences, no secret, plain text
	// (the chat escapes it).
	Text string
	// Field names the argument that Text is about: "name", "label", "pattern", "time", "expr", "yaml", an option's name;
	// empty when it is about the command as a whole.
	Field string
	// Offset is the place in that argument's value, in bytes; -1 when the whole value is meant.
	Offset int
	// Fixes are values that would do instead of the argument's value, the best first; the chat turns each into a line to copy.
	// An empty Field makes them whole commands without the leading "/alert ".
	Fixes []string
	// Problems are the places in rule files that the text sums up, if any.
	Problems []Problem
	// Detail is more for the person, in plain text whose lines matter: a difference. The chat shows it as a block of its own.
	Detail string
	// Shell is commands for a shell that mend it, one after the other. The chat shows them as a block of their own.
	Shell []string
	// Cause is for the operator; it goes to the log and never to a person.
	Cause error
}

// Error returns the text for the person followed by the cause, for logs. What the text repeats of the cause is said once.
func (e *Error) Error() string {
	cause := e.Cause
	for inner, ok := errors.AsType[*Error](cause); ok && strings.Contains(e.Text, strings.TrimSuffix(inner.Text, ".")); inner, ok = errors.AsType[*Error](cause) {
		cause = inner.Cause
	}
	if cause != nil {
		return strings.TrimSuffix(e.Text, ".") + ": " + cause.Error()
	}
	return e.Text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the first *Error in err's chain, and Unavailable for any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unavailable
}

// Problem is one thing wrong with a rule file.
type Problem struct {
	Path     string // in the rulebook
	Line     int    // from 1; 0 when the whole file is meant
	Column   int    // from 1; 0 when the whole line is meant
	Text     string // for a person, without path and line
	Replaced bool   // Git alone can mend it: this is no file and no directory, or stands in the place of a directory that is needed
}

// Place returns path:line:column, as far as it is known.
func (p Problem) Place() string {
	switch {
	case p.Line == 0:
		return p.Path
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.Path, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.Path, p.Line, p.Column)
}
