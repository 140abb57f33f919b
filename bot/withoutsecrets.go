package bot

import (
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// WithoutSecrets returns an outcome as it may be written down: what looks like a secret is cut out of its texts.
func WithoutSecrets(o rules.Outcome) rules.Outcome {
	o.Err, o.Diff, o.Reason = redactError(o.Err), redact(o.Diff), redact(o.Reason)
	o.Fields = slices.Clone(o.Fields)
	for i, f := range o.Fields {
		o.Fields[i].Was, o.Fields[i].Is = redact(f.Was), redact(f.Is)
	}
	o.Findings, o.Accepted = slices.Clone(o.Findings), slices.Clone(o.Accepted)
	for i, f := range o.Findings {
		o.Findings[i].Text = redact(f.Text)
	}
	for i, a := range o.Accepted {
		o.Accepted[i].Reason = redact(a.Reason)
	}
	return o
}
