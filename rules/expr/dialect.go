// Package expr knows the two languages that rules are written in. It is the only importer of the heavy parsers
// (Prometheus's and Loki's own) and imports nothing of ours.
package expr

// Dialect is the language of a ruler's expressions.
type Dialect string

// The dialects.
const (
	PromQL Dialect = "promql" // Prometheus, by its own parser (v0.315.0)
	LogQL  Dialect = "logql"  // Loki, by its own parser (v3.7.8)
)

// MaxExpression is the longest expression that a person may type, and MaxAdopted the longest in a file that exists already,
// in bytes: the PromQL parser is quadratic in nesting. MaxFile is the largest rule file.
const (
	MaxExpression = 8 << 10
	MaxAdopted    = 64 << 10
	MaxFile       = 4 << 20
)

// SyntaxError says where and why an expression does not parse.
type SyntaxError struct {
	Offset int    // in bytes from the start of the expression; -1 when the parser does not tell
	Text   string // the parser's reason, without its position
}

// Error returns the reason.
func (e *SyntaxError) Error() string { return e.Text }

// Canonical parses an expression and returns it as its ruler prints it in /api/v1/rules. For LogQL it must be a sample
// expression. Errors are *SyntaxError.
func (d Dialect) Canonical(expression string) (string, error) { panic("contract") }

// Problem is one thing wrong with a rule file.
type Problem struct {
	Line, Column int // from 1; 0 when not known
	Text         string
}

// CheckFile returns what the ruler would not take of a rule file, or would silently drop; nil when it is good.
func (d Dialect) CheckFile(content []byte) []Problem { panic("contract") }

// LogCount is a LogQL expression that counts log lines:
// sum by (job) (count_over_time({job="amane_fail2ban_log"} |= "Ban" [5m])) > 0.
type LogCount struct {
	Selector  string // a LogQL stream selector with braces
	Substring string // the line filter's value; empty for none
	Regexp    string // instead of Substring
	Window    string // a duration as LogQL writes it: "5m"
	Threshold float64
}

// Render returns the canonical expression, or a *SyntaxError. Texts are quoted into it, never pasted.
func (c LogCount) Render() (string, error) { panic("contract") }
