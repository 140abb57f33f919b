package bot

import (
	"errors"
	"regexp"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// secretShapes find what looks like a secret. What their first group matches is cut out.
var secretShapes = []*regexp.Regexp{
	// Authorization: Bearer …
	regexp.MustCompile(`(?i)\b(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})`),
	// password=…, "api_key": "…", MY_TOKEN: …
	regexp.MustCompile(`(?i)(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)["']?\s*[=:＝：]\s*("(?:[^"\\]|\\.)*"|'[^']*'|“[^”]*”|[^\s,;&"'{}()\[\]]+)`),
	// https://user:password@host
	regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://([^\s/@"'<>]+)@`),
	// tokens that say what they are: GitHub, GitLab, Slack, AWS, Grafana, JSON web tokens
	regexp.MustCompile(`\b((?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|glsa_|glc_)[A-Za-z0-9_=-]{10,}|AKIA[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)`),
	// PEM blocks
	regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)(?:-----END|\z)`),
}

// cutOut stands where a secret was.
const cutOut = "***"

// redact returns a text with what looks like a secret cut out, as it may go to the journal, a commit or a log.
func redact(s string) string {
	for _, shape := range secretShapes {
		found := shape.FindAllStringSubmatchIndex(s, -1)
		if len(found) == 0 {
			continue
		}
		var b strings.Builder
		last := 0
		for _, m := range found {
			b.WriteString(s[last:m[2]])
			b.WriteString(cutOut)
			last = m[3]
		}
		b.WriteString(s[last:])
		s = b.String()
	}
	return s
}

// redactError returns an error as it may go to the journal: texts that quote what was typed lose their secrets, and
// suggestions, which are only for the person, are left out.
func redactError(err error) error {
	var e *rules.Error
	if !errors.As(err, &e) {
		return err
	}
	clean := *e
	clean.Text = redact(e.Text)
	clean.Fixes = nil
	return &clean
}
