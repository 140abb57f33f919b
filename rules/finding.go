package rules

// Severity says what a finding means for a change.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // the rule does not do what it says; the change is refused
	SeverityWarning Severity = "warning" // it will hurt one day; shown and journalled
	SeverityInfo    Severity = "info"    // it could be better
)

// CheckUnanswered is the name of the finding that the ruler could not be asked what it has of what a rule reads.
const CheckUnanswered = "online-unanswered"

// Finding is one thing that a check found in one rule or group.
type Finding struct {
	Check    string // its name, as accept= and the configuration write it: "promql-comparison"
	Severity Severity
	Ref      Ref // the rule; Name is empty when the finding is about its group
	Line     int // of the rule's file, from 1; 0 when it is not known
	Column   int // from 1; 0 when the whole line is meant
	// Start and End are the part of the expression that is meant, in bytes; both are 0 when it is not about the expression.
	Start, End int
	Text       string // what is found, for a person, without place
	Why        string // why it hurts
	Fix        string // an expression, or options of a command, that would do instead; empty when there is none
}
