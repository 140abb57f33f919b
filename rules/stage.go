package rules

import "time"

// Stage is a step of the path as one command has walked it: one of the steps that ApplierOptions.Step hears of, or of those below.
type Stage struct {
	Name   string        `json:"name"`
	Took   time.Duration `json:"took"` // nanoseconds; of StepLive from the commit on
	Failed bool          `json:"failed,omitempty"`
}

// The stages that it does not hear of.
const (
	StageReceived = "received" // the command is written down
	StageChecked  = "checked"  // the whole planned tree is what its ruler would take, and is linted
	StagePushed   = "pushed"   // the Git server has the commit, where it has to have it first; a part of StepCommitted
	StageAsked    = "asked"    // the ruler was asked what it has of what the rules read, and which alerts are active
)

// stage returns a stage that began at start and ends now, in err or well.
func (a *Applier) stage(name string, start time.Time, err error) Stage {
	return Stage{Name: name, Took: a.Now().Sub(start), Failed: err != nil}
}
