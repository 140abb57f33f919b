package lint

import "regexp"

// Pattern is a regular expression that the whole of a text must match. The zero value matches every text.
type Pattern struct {
	text   string
	regexp *regexp.Regexp
}

// NewPattern returns the pattern of a regular expression. The error is that of package regexp.
func NewPattern(text string) (Pattern, error) {
	compiled, err := regexp.Compile("^(?:" + text + ")$")
	return Pattern{text, compiled}, err
}

// UnmarshalText reads a pattern from the configuration.
func (p *Pattern) UnmarshalText(text []byte) (err error) {
	*p, err = NewPattern(string(text))
	return err
}

// String returns the regular expression as it was written.
func (p Pattern) String() string { return p.text }

// matches reports whether the whole of a text matches.
func (p Pattern) matches(text string) bool { return p.regexp == nil || p.regexp.MatchString(text) }

// mustPattern is NewPattern for the checks' own examples.
func mustPattern(text string) Pattern {
	p, err := NewPattern(text)
	if err != nil {
		panic(err)
	}
	return p
}
