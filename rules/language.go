package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// languageName is what people call a dialect.
func languageName(d expr.Dialect) string {
	if d == expr.LogQL {
		return "LogQL"
	}
	return "PromQL"
}

// chooseRuler returns the one ruler that the rules are for, and the rules as its dialect parses them. field names the argument that
// the expressions came in.
func chooseRuler(book *Book, wanted, field string, rules []Rule) (RulerInfo, []Rule, error) {
	candidates, err := book.candidates(wanted)
	if err != nil {
		return RulerInfo{}, nil, err
	}
	var fitting []RulerInfo
	fitted := map[expr.Dialect][]Rule{}
	failures := map[expr.Dialect]*misfit{}
	for _, ruler := range candidates {
		if fitted[ruler.Dialect] == nil && failures[ruler.Dialect] == nil {
			fitted[ruler.Dialect], failures[ruler.Dialect] = fit(ruler.Dialect, rules)
		}
		if failures[ruler.Dialect] == nil {
			fitting = append(fitting, ruler)
		}
	}
	switch len(fitting) {
	case 0:
		return RulerInfo{}, nil, book.explainMisfit(field, rules, failures)
	case 1:
		return fitting[0], fitted[fitting[0].Dialect], nil
	}
	return RulerInfo{}, nil, severalRulers(fitting)
}

// candidates returns the ruler with the wanted name, or all when none is named.
func (b *Book) candidates(wanted string) ([]RulerInfo, error) {
	if len(b.rulers) == 0 {
		return nil, invalid("", "No ruler is configured.")
	}
	if wanted == "" {
		return b.rulers, nil
	}
	if ruler, ok := b.ruler(wanted); ok {
		return []RulerInfo{ruler}, nil
	}
	e := invalid("ruler", "There is no ruler %q. There are: %s.", wanted, strings.Join(rulerNames(b.rulers), ", "))
	if e.Fixes = Nearest(wanted, rulerNames(b.rulers)); len(e.Fixes) == 0 {
		e.Fixes = rulerNames(b.rulers)
	}
	return nil, e
}

// ofDialect returns the rulers whose expressions are written in d.
func ofDialect(rulers []RulerInfo, d expr.Dialect) []RulerInfo {
	var some []RulerInfo
	for _, r := range rulers {
		if r.Dialect == d {
			some = append(some, r)
		}
	}
	return some
}

func rulerNames(rulers []RulerInfo) []string {
	names := make([]string, len(rulers))
	for i, r := range rulers {
		names[i] = r.Name
	}
	return names
}

// severalRulers is the error when more than one ruler could take a rule.
func severalRulers(rulers []RulerInfo) *Error {
	names := rulerNames(rulers)
	e := conflict("ruler", "More than one ruler could take this: %s. Say which one.", strings.Join(names, ", "))
	e.Fixes = names
	return e
}

// misfit is why an expression is not of a dialect.
type misfit struct {
	rule   int // which of the rules
	reason expr.SyntaxError
	meant  []string // the expressions that may have been meant, of pasted YAML
}

// Error returns the parser's reason.
func (m *misfit) Error() string { return m.reason.Error() }

// fit returns the rules with expressions that the dialect parses, in another of their spellings where they do not parse as they are.
func fit(d expr.Dialect, rules []Rule) ([]Rule, *misfit) {
	fitted := slices.Clone(rules)
	for i, rule := range rules {
		_, err := d.Canonical(rule.Expr)
		if err == nil {
			continue
		}
		spelled := spellings(rule.Expr)
		parses := slices.IndexFunc(spelled, func(text string) bool {
			_, err := d.Canonical(text)
			return err == nil
		})
		if parses < 0 {
			return nil, &misfit{rule: i, reason: whyNot(d, rule.Expr)}
		}
		fitted[i].Expr = spelled[parses]
	}
	return fitted, nil
}

// whyNot returns the reason why an expression does not parse whatever its signs are read as, and where that shows in it as it was typed.
func whyNot(d expr.Dialect, text string) expr.SyntaxError {
	_, err := d.Canonical(PlainSigns(text))
	reason, ok := errors.AsType[*expr.SyntaxError](err)
	if !ok {
		return expr.SyntaxError{Offset: -1, Text: "it cannot be read"}
	}
	at := *reason
	if at.Offset >= 0 {
		at.Offset = typedOffset(text, at.Offset)
	}
	return at
}

// explainMisfit is the error when no candidate parses the rules: the reason of the dialect that the first wrong expression looks
// like, and where it should go when that is another one.
func (b *Book) explainMisfit(field string, rules []Rule, failures map[expr.Dialect]*misfit) *Error {
	dialect, failure := closest(rules, failures)
	rule := rules[failure.rule]
	e := invalid(field, "%s", sentence("This is no "+languageName(dialect)+": "+failure.reason.Text))
	if field == "yaml" {
		e.Cause = failure // for its caller, who knows the lines
	}
	if field == "expr" {
		e.Offset = failure.reason.Offset
		e.Fixes = meantExpressions(dialect, rule.Expr)
	} else {
		e.Text = fmt.Sprintf("The expression of %q: %s", rule.Name(), e.Text)
		failure.meant = meantExpressions(dialect, rule.Expr)
	}
	other := expr.PromQL
	if dialect == expr.PromQL {
		other = expr.LogQL
	}
	if failures[other] != nil {
		return e // both were tried
	}
	if _, m := fit(other, []Rule{rule}); m != nil && !isLogQuery(rule.Expr, other) {
		return e
	}
	rulers := rulerNames(ofDialect(b.rulers, other))
	if len(rulers) == 0 {
		e.Text += fmt.Sprintf(" It looks like %s, and no ruler for that is configured.", languageName(other))
		return e
	}
	e.Text += fmt.Sprintf(" It looks like %s, which %s takes.", languageName(other), strings.Join(rulers, ", "))
	e.Field, e.Offset, e.Fixes = "ruler", -1, rulers
	return e
}

// closest returns the dialect that the expression looks most like of those that failed: the one whose parser got furthest.
func closest(rules []Rule, failures map[expr.Dialect]*misfit) (expr.Dialect, *misfit) {
	var best expr.Dialect
	for _, d := range []expr.Dialect{expr.PromQL, expr.LogQL} {
		switch f := failures[d]; {
		case f == nil:
		case best == "", isLogQuery(rules[f.rule].Expr, d):
			best = d
		case f.rule > failures[best].rule, f.rule == failures[best].rule && f.reason.Offset > failures[best].reason.Offset:
			best = d
		}
	}
	return best, failures[best]
}

// isLogQuery reports whether an expression selects log lines without counting them, and d is the dialect that does.
func isLogQuery(expression string, d expr.Dialect) bool {
	if d != expr.LogQL {
		return false
	}
	_, err := d.Canonical("count_over_time(" + expression + " [5m])")
	return err == nil
}
