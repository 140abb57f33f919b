package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// secretShapes find what looks like a secret. What the first group of an expression matches is cut out. Most texts hold no secret and the
// expressions are slow, so each is only tried on a text that has one of its words in it, in lower case.
var secretShapes = []struct {
	words []string
	shape *regexp.Regexp
}{
	// Authorization: Bearer …
	{[]string{"bearer", "basic", "token"}, regexp.MustCompile(`(?i)\b(?:bearer|basic|token)\s+([A-Za-z0-9._~+/=-]{8,})`)},
	// password=…, "api_key": "…", MY_TOKEN: …
	{
		[]string{"passw", "passphrase", "pwd", "secret", "token", "api", "access", "private", "credential", "authorization"},
		regexp.MustCompile(`(?i)(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)["']?\s*[=:＝：]\s*("(?:[^"\\]|\\.)*"|'[^']*'|“[^”]*”|[^\s,;&"'{}()\[\]]+)`),
	},
	// https://user:password@host
	{[]string{"://"}, regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://([^\s/@"'<>]+)@`)},
	// tokens that say what they are: GitHub, GitLab, Slack, AWS, Grafana, JSON web tokens
	{
		[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "glsa_", "glc_", "akia", "eyj"},
		regexp.MustCompile(`\b((?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|glsa_|glc_)[A-Za-z0-9_=-]{10,}|AKIA[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)`),
	},
	// PEM blocks
	{[]string{"private key-----"}, regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)(?:-----END|\z)`)},
}

// cutOut stands where a secret was.
const cutOut = "***"

// redact returns a text with what looks like a secret cut out, as it may go to the journal, a commit or a log.
func redact(s string) string {
	folded := strings.ToLower(s)
	for _, secret := range secretShapes {
		if !slices.ContainsFunc(secret.words, func(word string) bool { return strings.Contains(folded, word) }) {
			continue
		}
		found := secret.shape.FindAllStringSubmatchIndex(s, -1)
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
	if err == nil {
		return nil
	}
	if !errors.As(err, &e) {
		return errors.New(redact(err.Error()))
	}
	clean := *e
	clean.Text, clean.Detail = redact(e.Text), redact(e.Detail)
	clean.Fixes = nil
	clean.Problems = slices.Clone(e.Problems)
	for i := range clean.Problems {
		clean.Problems[i].Text = redact(clean.Problems[i].Text)
	}
	return &clean
}
