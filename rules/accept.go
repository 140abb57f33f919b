package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Acceptance is a finding that is meant: what a check finds in a rule is no warning, and refuses nothing, until its time is over. It stands in
// a comment above the rule, or directly below its name: `# accept: promql-fragile until=2027-01-01 reason="until the exporter is replaced"`.
type Acceptance struct {
	Check  string    // the check's name
	Until  time.Time // the first moment of a day, in UTC; zero: for good
	Reason string
}

// maxReason is the longest reason of an acceptance, in bytes.
const maxReason = 500

// acceptance is that comment. A reason is what package strconv quotes, so that it is one line whatever it says.
var acceptance = regexp.MustCompile(`^# accept: ([a-z][a-z0-9-]{0,60})(?: until=([0-9]{4}-[0-9]{2}-[0-9]{2}))? reason=("(?:[^"\\]|\\.)+")$`)

// note returns the comment, without its sign.
func (a Acceptance) note() string {
	text := "accept: " + a.Check
	if !a.Until.IsZero() {
		text += " until=" + a.Until.UTC().Format(time.DateOnly)
	}
	return text + " reason=" + strconv.Quote(a.Reason)
}

// readAcceptance reads a comment; false when it is none, or is not written exactly as note writes it.
func readAcceptance(comment string) (a Acceptance, ok bool) {
	m := acceptance.FindStringSubmatch(comment)
	if m == nil {
		return Acceptance{}, false
	}
	reason, err := strconv.Unquote(m[3])
	if err != nil || strings.TrimSpace(reason) == "" || len(reason) > maxReason {
		return Acceptance{}, false
	}
	a = Acceptance{Check: m[1], Reason: reason}
	if m[2] != "" {
		if a.Until, err = time.Parse(time.DateOnly, m[2]); err != nil {
			return Acceptance{}, false
		}
	}
	return a, true
}

// Accepted returns what is accepted of a rule, expired or not.
func (e Entry) Accepted() (accepted []Acceptance) {
	if !strings.Contains(e.Source, "# accept: ") {
		return nil
	}
	for _, comment := range e.comments() {
		if a, ok := readAcceptance(comment); ok {
			accepted = append(accepted, a)
		}
	}
	return accepted
}

// Accepts reports whether what a check finds in the rule is meant, now.
func (e Entry) Accepts(check string, now time.Time) bool {
	return slices.ContainsFunc(e.Accepted(), func(a Acceptance) bool { return a.Check == check && (a.Until.IsZero() || now.Before(a.Until)) })
}

// comments returns the comments above a rule and directly below its name, without the space around them. What stands further down may be
// part of a text.
func (e Entry) comments() (comments []string) {
	named := false
	for line := range strings.Lines(e.Source) {
		switch text := strings.TrimSpace(line); {
		case text == "":
		case text[0] == '#':
			comments = append(comments, text)
		case !named && (strings.HasPrefix(text, "- alert:") || strings.HasPrefix(text, "- record:")):
			named = true
		default:
			return comments
		}
	}
	return comments
}

// check refuses an acceptance that cannot be written down.
func (a Acceptance) check() error {
	switch {
	case !acceptance.MatchString("# " + Acceptance{Check: a.Check, Reason: "x"}.note()):
		return invalid("accept", "%q is no name of a check: it has lower-case letters, digits and dashes, like promql-fragile.", a.Check)
	case strings.TrimSpace(a.Reason) == "":
		return invalid("accept", "Say why the finding is accepted: reason=\"…\". It is kept beside the rule.")
	case len(a.Reason) > maxReason:
		return invalid("reason", "The reason is %d bytes long; beside a rule there is room for %d.", len(a.Reason), maxReason)
	}
	return nil
}

// setAccepted makes of the notes about an entry's accepted findings what is to become of them. There is one note for each check.
func (a Alteration) setAccepted(e *fileEdit, entry Entry, groupIndex, index int) error {
	notes := map[string]string{}
	if slices.Contains(a.Remove, "accept") {
		for _, accepted := range entry.Accepted() {
			notes[accepted.Check] = ""
		}
	}
	for _, accepted := range a.Options.Accept {
		notes[accepted.Check] = "# " + accepted.note()
	}
	for _, check := range sortedKeys(notes) {
		if err := e.setNote(groupIndex, index, acceptanceOf(check), notes[check]); err != nil {
			return err
		}
	}
	return nil
}

// acceptanceOf matches the line of the note about a check.
func acceptanceOf(check string) *regexp.Regexp {
	return regexp.MustCompile(`^\s*# accept: ` + regexp.QuoteMeta(check) + ` .*$`)
}
