package journal

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// outcome is how a rules.Outcome is stored: its error as text for the person and kind, without the operator's cause.
type outcome struct {
	Result   rules.Result  `json:"result,omitempty"`
	Err      *failure      `json:"err,omitempty"`
	Action   string        `json:"action,omitempty"`
	Why      string        `json:"why,omitempty"`
	Refs     []rules.Ref   `json:"refs,omitempty"`
	Diff     string        `json:"diff,omitempty"`
	Revision string        `json:"revision,omitempty"`
	Undone   string        `json:"undone,omitempty"`
	Ruler    string        `json:"ruler,omitempty"`
	State    rules.State   `json:"state,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Took     time.Duration `json:"took,omitempty"` // nanoseconds

	Fields    []rules.FieldChange `json:"fields,omitempty"`
	Stages    []rules.Stage       `json:"stages,omitempty"`
	Templates []rules.TemplateUse `json:"templates,omitempty"`
	Findings  []finding           `json:"findings,omitempty"`
	Accepted  []rules.Acceptance  `json:"accepted,omitempty"`

	Interrupted bool  `json:"interrupted,omitempty"`
	InDoubt     bool  `json:"in_doubt,omitempty"`
	DisplacedAt int64 `json:"displaced_at,omitempty"` // Unix milliseconds
}

// finding is what is kept of a rules.Finding.
type finding struct {
	Check    string         `json:"check"`
	Severity rules.Severity `json:"severity"`
	Ref      rules.Ref      `json:"ref"`
	Text     string         `json:"text"`
}

// maxFindings is how many findings and acceptances are kept of one change.
const maxFindings = 100

type failure struct {
	Kind rules.Kind `json:"kind"`
	Text string     `json:"text"`
}

func encodeOutcome(o rules.Outcome) ([]byte, error) {
	stored := outcome{
		Result: o.Result, Action: o.Action, Why: o.Why, Refs: o.Refs, Diff: o.Diff, Revision: o.Revision, Undone: o.Undone,
		Ruler: o.Ruler, State: o.State, Reason: o.Reason, Took: o.Took, Fields: o.Fields,
		Stages: o.Stages, Templates: o.Templates, Accepted: o.Accepted[:min(len(o.Accepted), maxFindings)],
		Interrupted: o.Interrupted, InDoubt: o.InDoubt,
	}
	if !o.DisplacedAt.IsZero() {
		stored.DisplacedAt = o.DisplacedAt.UnixMilli()
	}
	for _, f := range o.Findings[:min(len(o.Findings), maxFindings)] {
		stored.Findings = append(stored.Findings, finding{f.Check, f.Severity, f.Ref, f.Text})
	}
	if o.Err != nil {
		stored.Err = &failure{Kind: rules.KindOf(o.Err), Text: o.Err.Error()}
		if e, ok := errors.AsType[*rules.Error](o.Err); ok {
			stored.Err.Text = e.Text
		}
	}
	return json.Marshal(stored)
}

func decodeOutcome(data []byte) (rules.Outcome, error) {
	var stored outcome
	if err := json.Unmarshal(data, &stored); err != nil {
		return rules.Outcome{}, err
	}
	o := rules.Outcome{
		Result: stored.Result, Action: stored.Action, Why: stored.Why, Refs: stored.Refs, Diff: stored.Diff, Revision: stored.Revision,
		Undone: stored.Undone, Ruler: stored.Ruler, State: stored.State, Reason: stored.Reason, Took: stored.Took, Fields: stored.Fields,
		Stages: stored.Stages, Templates: stored.Templates, Accepted: stored.Accepted, Interrupted: stored.Interrupted, InDoubt: stored.InDoubt,
	}
	for _, f := range stored.Findings {
		o.Findings = append(o.Findings, rules.Finding{Check: f.Check, Severity: f.Severity, Ref: f.Ref, Text: f.Text})
	}
	if stored.DisplacedAt != 0 {
		o.DisplacedAt = time.UnixMilli(stored.DisplacedAt)
	}
	if stored.Err != nil {
		o.Err = &rules.Error{Kind: stored.Err.Kind, Text: stored.Err.Text, Offset: -1}
	}
	return o, nil
}
