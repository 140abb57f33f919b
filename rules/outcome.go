package rules

import "time"

// Result is how a command ended. Every command ends in exactly one.
type Result string

// The results.
const (
	Success         Result = "SUCCESS"
	ValidationError Result = "VALIDATION_ERROR" // the person's input; nothing was changed
	DeniedResult    Result = "DENIED"           // nothing was changed
	Failed          Result = "FAILED"           // ours or the world's fault; nothing was changed
)

// ResultOf returns the result that an error of a command that changed nothing makes; Success for nil.
func ResultOf(err error) Result {
	if err == nil {
		return Success
	}
	switch KindOf(err) {
	case Invalid, NotFound, Conflict:
		return ValidationError
	case Denied:
		return DeniedResult
	default:
		return Failed
	}
}

// State is how a committed change stands at its ruler.
type State string

// The states. Pending and NotLoaded are retried in the background.
const (
	Live       State = "LIVE"       // listed with this expression and healthy
	Pending    State = "PENDING"    // the ruler is not reachable, or has not come to it yet
	NotLoaded  State = "NOT_LOADED" // the ruler answered that it reloaded, and does not list the rule, or cannot evaluate it
	Reverted   State = "REVERTED"   // the ruler refused it; a second commit undid the change
	Displaced  State = "DISPLACED"  // somebody else pushed first, and the change does not fit on top of that, or see LeftOut and LacksRefused; a commit says so in its place
	Superseded State = "SUPERSEDED" // a later change took the rules out or replaced them before the ruler ran them
	// PausedState is that of a change whose rules no ruler has, as they are paused: the ruler was seen without a rule that is paused now, and was
	// not asked where it never had what was changed.
	PausedState State = "PAUSED"
)

// settled reports whether nothing more is waited for.
func (s State) settled() bool {
	return s.InForce() || s == Reverted || s == Displaced || s == Superseded
}

// InPart reports whether a change was displaced in part only: its commit has what could be kept.
func (o Outcome) InPart() bool { return o.State == Displaced && o.Undone == o.Revision }

// DisplacedBy returns the outcome of a change that was displaced, with all that is known of it, given what the commit in its place tells of that.
func (o Outcome) DisplacedBy(told Outcome) Outcome {
	o.State, o.Undone, o.Reason = Displaced, told.Undone, told.Reason
	if told.InPart() {
		o.Revision = told.Revision
	}
	return o
}

// InForce reports whether the ruler is as the change wants it.
func (s State) InForce() bool { return s == Live || s == PausedState }

// Outcome is the account of one change.
type Outcome struct {
	Result   Result
	Err      error         // why, when Result is not Success
	Action   string        // "add", "delete"
	Why      string        // why it was asked for, as the person gave it; of somebody else's commit what its message says below the subject
	Refs     []Ref         // the rules that were touched
	Diff     string        // of the rule files, unified, without colour
	Fields   []FieldChange // what the diff means
	Revision string        // the commit, full hash; empty when nothing was committed
	Undone   string        // the commit that undid it or stands in its place, full hash, when State is Reverted or Displaced; see InPart
	Ruler    string
	State    State         // empty when nothing was committed
	Reason   string        // why it is not live, for the person
	Took     time.Duration // from the commit until the ruler showed it live
	// Continuity is what becomes of the alerts that were active before; nil when the change is about no rule that was there. No journal keeps it.
	Continuity *Continuity
	// Settings are what the group of a rule that was moved or copied says for it and its old one did not, or otherwise. No journal keeps it.
	Settings []FieldChange
	// Released is what it took in force besides, of what somebody else had pushed and that was held; nil for nothing. No journal keeps it.
	Released *Released
	// Staying is what an undo leaves in force of that, or would leave where it was only drafted; nil for nothing. No journal keeps it.
	Staying *Staying
	// Findings are the warnings about the change's rules, as far as they are new, and then what their ruler has of what they read. The journal
	// keeps of each its check, severity, rule and text.
	Findings []Finding
	Accepted []Acceptance // what the change accepts of findings
	// Templates are those that its rules remember to be made from.
	Templates []TemplateUse
	Stages    []Stage // the steps that it has walked, in their order
	// Digest is that of a draft, see Book.Digest; empty when something was committed.
	Digest string
	// Interrupted says that nobody saw how the command ended, as the service was stopped or the Git server's answer was lost: this is what the rulebook
	// said afterwards.
	Interrupted bool
	InDoubt     bool      // Interrupted, as it was not known whether the Git server had taken it
	DisplacedAt time.Time // when the service learned that State is Displaced; zero where it did not in the time of the journal's entry
}
