package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Argument is a value for a parameter of a template.
type Argument struct{ Name, Value string }

// placeholder is where a parameter stands.
var placeholder = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)(:[a-z]+)?\}`)

// Render returns the template's rule under a name, with its parameters put in by their types: what a parameter says stands where the
// template puts it as one value, whatever it is, so that the expression keeps its shape and no {{ }} is added to an annotation. Errors are
// *Error of kind Invalid; those about a parameter have its name as Field.
func (t Template) Render(name string, arguments []Argument) (Rule, error) {
	values, err := t.values(arguments)
	if err != nil {
		return Rule{}, err
	}
	rule := t.body(name)
	rule.Expr = t.expression(values)
	if shape, err := t.Dialect.Shape(rule.Expr); err != nil || shape != t.shape {
		// No type's values do that; should one ever, nothing is written.
		return Rule{}, &Error{Kind: Invalid, Offset: -1, Cause: errors.Join(err, fmt.Errorf("%s has the shape %s, not %s", rule.Expr, shape, t.shape)),
			Text: "These parameters would make another expression of the template " + t.Name + " than it is. Write the rule with expr='…'."}
	}
	rule.Labels, rule.Annotations = filledIn(rule.Labels, values), filledIn(rule.Annotations, values)
	return rule, nil
}

// values returns the value of every parameter: the one given, else its default.
func (t Template) values(arguments []Argument) (map[string]value, error) {
	given := map[string]string{}
	for _, a := range arguments {
		if _, known := t.Parameter(a.Name); !known {
			return nil, invalid(a.Name, "The template %s has no parameter %s=.", t.Name, a.Name)
		}
		if _, twice := given[a.Name]; twice {
			return nil, invalid(a.Name, "%s= is given twice.", a.Name)
		}
		given[a.Name] = a.Value
	}
	values := map[string]value{}
	for _, p := range t.Parameters {
		text, said := given[p.Name]
		if !said {
			if p.Default == nil {
				return nil, invalid("", "The template %s needs %s=, such as %s: %s.", t.Name, p.Name, p.Example, p.Description)
			}
			text = *p.Default
		}
		v, err := p.read(t.Dialect, text)
		if err != nil {
			return nil, err
		}
		values[p.Name] = v
	}
	return values, nil
}

// expression returns the template's expression with values put in. Where a list of matchers is empty, the comma beside it goes with it, and so
// do the braces around it alone.
func (t Template) expression(values map[string]value) string {
	expression := strings.TrimSpace(t.Rule.Expr)
	for _, p := range t.Parameters {
		if values[p.Name].expr == "" {
			expression = regexp.MustCompile(`\{\$\{`+p.Name+`\}\}|\$\{`+p.Name+`\}\s*,\s*|,?\s*\$\{`+p.Name+`\}`).ReplaceAllLiteralString(expression, "")
		}
	}
	return placeholder.ReplaceAllStringFunc(expression, func(found string) string {
		if m := placeholder.FindStringSubmatch(found); m[2] != "" {
			return values[m[1]].seconds
		}
		return values[strings.Trim(found, "${}")].expr
	})
}

// filledIn returns labels or annotations with values put in, as text that no template of Prometheus sees.
func filledIn(texts map[string]string, values map[string]value) map[string]string {
	filled := map[string]string{}
	for name, text := range texts {
		filled[name] = placeholder.ReplaceAllStringFunc(text, func(found string) string {
			return literal(values[strings.Trim(found, "${}")].text)
		})
	}
	return filled
}
