package bot

import (
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// PushedSubject returns the first line of a commit that somebody pushed as it may be written down and told: in one line, not too long, and with what
// looks like a secret cut out.
func PushedSubject(c rules.PastCommit) string { return oneLine(cut(redact(c.Subject), maxSubject)) }

// maxSubject is how many characters are shown of the first line of somebody else's commit, which may have any number.
const maxSubject = 1000

// CommitWithoutSecrets returns a commit as it may be written down and told: what looks like a secret is cut out of its message. Ours have none; Git has
// those of other people as they wrote them.
func CommitWithoutSecrets(c rules.PastCommit) rules.PastCommit {
	c.Subject, c.Body = redact(c.Subject), redact(c.Body)
	c.Trailers = slices.Clone(c.Trailers)
	for i, t := range c.Trailers {
		c.Trailers[i].Value = redact(t.Value)
	}
	return c
}

// WithoutSecrets returns an outcome as it may be written down: what looks like a secret is cut out of its texts.
func WithoutSecrets(o rules.Outcome) rules.Outcome {
	o.Err, o.Diff, o.Reason, o.Why = redactError(o.Err), redact(o.Diff), redact(o.Reason), redact(o.Why)
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
