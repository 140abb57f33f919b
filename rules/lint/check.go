package lint

import (
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// Check is one thing that is looked for in rules.
type Check struct {
	Name      string         // lower-case words with dashes; what holds for one dialect only begins with its name: "promql-comparison"
	Dialects  []expr.Dialect // whose rules it looks at
	Severity  rules.Severity // of its findings, unless the settings say another; an error refuses people's changes, so it must be certain
	What, Why string         // for CHECKS.md: what is found, and why it hurts
	// Bad and Good are rule files in the first of Dialects: this check finds something in Bad, and no check anything in Good. With are the
	// settings that they need.
	Bad, Good string
	With      Scope

	find func(s *subject) []finding
}

// The dialects that checks look at.
var (
	inPromQL = []expr.Dialect{expr.PromQL}
	inLogQL  = []expr.Dialect{expr.LogQL}
	inBoth   = []expr.Dialect{expr.PromQL, expr.LogQL}
)

// subject is one rule with all that a check may know of it.
type subject struct {
	rules.Entry
	dialect  expr.Dialect
	prom     parser.Expr       // the parsed expression; nil in a LogQL rule
	log      syntax.SampleExpr // nil in a PromQL rule; its pipelines must not be built, which would change it for the other checks
	near     *neighbours       // the other rules of its book
	names    []string          // of all checks
	settings Scope             // what holds for its ruler and path, with the defaults filled in

	mentioned []mention // see mentions; nil before it was asked for
}

// finding is what a check found in its subject. The linter adds check, severity and reason.
type finding struct {
	// field is what it is about, as rules.Rule.Fields names it: "expr", "for", "label severity"; "name"; "" for the rule as a whole.
	field      string
	start, end int    // the part of the field's value that is meant, in bytes; both 0 for all of it
	text       string // for a person, a sentence without a full stop at its end
	why        string // instead of the check's Why, where that is too general
	fix        string // an expression, or options of a command (for=5m), that would do instead; "" when there is none
	group      bool   // it is about the rule's group
}

// canonical returns the expression as its ruler prints it.
func (s *subject) canonical() string {
	canonical, err := s.dialect.Canonical(s.Rule.Expr)
	if err != nil {
		return s.Rule.Expr
	}
	return canonical
}

// inExpr returns a finding about the first place in the expression that has this text; about the whole expression where none has. (A LogQL
// tree does not tell where its parts stand.)
func (s *subject) inExpr(part string) finding {
	start := strings.Index(s.Rule.Expr, part)
	if start < 0 || part == "" {
		return finding{field: "expr"}
	}
	return finding{field: "expr", start: start, end: start + len(part)}
}

// inNode returns a finding about a part of a PromQL expression.
func (s *subject) inNode(node parser.Node) finding {
	at := node.PositionRange()
	if at.Start < 0 || int(at.End) > len(s.Rule.Expr) || at.End <= at.Start {
		return finding{field: "expr"}
	}
	return finding{field: "expr", start: int(at.Start), end: int(at.End)}
}

// source returns what the rule writes for a part of its PromQL expression.
func (s *subject) source(node parser.Node) string {
	at := s.inNode(node)
	if at.end == 0 {
		return s.Rule.Expr
	}
	return s.Rule.Expr[at.start:at.end]
}

// says returns the finding with its text.
func (f finding) says(text string) finding {
	f.text = text
	return f
}

// mendedBy returns the finding with its fix.
func (f finding) mendedBy(fix string) finding {
	f.fix = fix
	return f
}
