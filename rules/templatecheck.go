package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// checkHead demands that a template says what it is.
func (t Template) checkHead(name string) error {
	switch {
	case t.Name != name:
		return fmt.Errorf("name is %q and must be the file's, %q", t.Name, name)
	case !templateName.MatchString(t.Name):
		return fmt.Errorf("the name %q has something else than small letters, digits and single dashes", t.Name)
	case t.Version < 1:
		return errors.New("version must be a whole number from 1")
	case strings.TrimSpace(t.Description) == "" || checkPlain(t.Description+t.DescriptionJA) != "":
		return errors.New("description must be one line of text, and description_ja too where it is given")
	case slices.ContainsFunc(t.Keywords, func(word string) bool { return word == "" || checkPlain(word) != "" }):
		return errors.New("each of the keywords must be one line of text")
	case !slices.Contains(expr.Dialects(), t.Dialect):
		return fmt.Errorf("dialect is %q and must be promql or logql", t.Dialect)
	case t.Rule.For < 0 || t.Rule.KeepFiringFor < 0:
		return errors.New("for and keep_firing_for must not be below zero")
	}
	return nil
}

// checkParameters demands that every parameter can be given, and that its example and default are what its type asks for.
func (t Template) checkParameters(taken func(string) bool) error {
	seen := map[string]bool{}
	for _, p := range t.Parameters {
		switch _, known := findParameterType(p.Type); {
		case !parameterName.MatchString(p.Name):
			return fmt.Errorf("the parameter %q has something else in its name than small letters, digits and underscores", p.Name)
		case seen[p.Name]:
			return fmt.Errorf("there are two parameters %q", p.Name)
		case taken(p.Name):
			return fmt.Errorf("the parameter %q has the name of an option, so it could never be given", p.Name)
		case !known:
			return fmt.Errorf("the parameter %q has the type %q; the types are %s", p.Name, p.Type, strings.Join(parameterTypeNames(), ", "))
		case (p.Type == enumType) != (len(p.Values) > 0):
			return fmt.Errorf("the parameter %q: values belong to an enum, which needs them", p.Name)
		case strings.TrimSpace(p.Description) == "" || checkPlain(p.Description) != "":
			return fmt.Errorf("the parameter %q needs one line of description", p.Name)
		}
		seen[p.Name] = true
		for what, value := range map[string]*string{"example": &p.Example, "default": p.Default} {
			if value == nil {
				continue
			}
			if _, err := p.read(t.Dialect, *value); err != nil {
				return fmt.Errorf("the %s of the parameter %q: %s", what, p.Name, err.Text)
			}
		}
	}
	return nil
}

// checkRule demands that the rule is one that its ruler takes, and remembers the shape of its expression.
func (t *Template) checkRule() error {
	used := map[string]bool{}
	if err := t.checkExpr(used); err != nil {
		return err
	}
	for _, texts := range []map[string]string{t.Rule.Labels, t.Rule.Annotations} {
		for _, name := range sortedKeys(texts) {
			if err := t.checkAnnotation(name, texts[name], used); err != nil {
				return err
			}
		}
	}
	for _, p := range t.Parameters {
		if !used[p.Name] {
			return fmt.Errorf("the parameter %q is not used in the rule", p.Name)
		}
	}
	values, err := t.values(t.Examples())
	if err != nil {
		return err
	}
	shape, err := t.Dialect.Shape(t.expression(values))
	if err != nil {
		return fmt.Errorf("the expression with the examples, %s: %w", t.expression(values), err)
	}
	t.shape = shape
	if err := t.checkWith(t.Examples()); err != nil {
		return fmt.Errorf("with the examples: %w", err)
	}
	var least []Argument // what must be given and no more
	for _, p := range t.Parameters {
		if p.Default == nil {
			least = append(least, Argument{p.Name, p.Example})
		}
	}
	if err := t.checkWith(least); err != nil {
		return fmt.Errorf("with the defaults: %w", err)
	}
	return nil
}

// checkWith demands that the ruler takes the rule with these arguments.
func (t Template) checkWith(arguments []Argument) error {
	rule, err := t.Render(t.Name, arguments)
	if err != nil {
		return err
	}
	return checkAlone(nil, t.Dialect, group{Name: t.Name, Rules: []placedRule{{Rule: rule}}})
}

// checkExpr demands that every parameter in the expression stands where its value is one: not in a text, where its quotes would end it.
func (t Template) checkExpr(used map[string]bool) error {
	for _, m := range placeholder.FindAllStringSubmatchIndex(t.Rule.Expr, -1) {
		name := t.Rule.Expr[m[2]:m[3]]
		p, known := t.Parameter(name)
		switch {
		case !known:
			return fmt.Errorf("the expression has ${%s}, and there is no such parameter", name)
		case m[4] >= 0 && (p.Type != "duration" || t.Rule.Expr[m[4]:m[5]] != ":seconds"):
			return fmt.Errorf("the expression has %s; only :seconds can stand there, with a duration", t.Rule.Expr[m[0]:m[1]])
		case quotedAt(t.Rule.Expr, m[0]):
			return fmt.Errorf("the expression has ${%s} inside a text or a comment; a parameter is a whole text, number or duration", name)
		}
		used[name] = true
	}
	return nil
}

// quotedAt reports whether a place in an expression is inside a text or a comment.
func quotedAt(expression string, at int) bool {
	var open byte
	for i := 0; i < at; i++ {
		switch c := expression[i]; {
		case open == '#':
			if c == '\n' {
				open = 0
			}
		case open != 0 && c == '\\' && open != '`':
			i++
		case open != 0:
			if c == open {
				open = 0
			}
		case c == '"' || c == '\'' || c == '`' || c == '#':
			open = c
		}
	}
	return open != 0
}

// checkAnnotation demands that every parameter in a label's or annotation's text stands apart: not inside {{ }}, nor beside a brace or
// another parameter, where an escaped value could become part of one.
func (t Template) checkAnnotation(name, text string, used map[string]bool) error {
	end := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		parameter, before := text[m[2]:m[3]], text[:m[0]]
		switch _, known := t.Parameter(parameter); {
		case !known:
			return fmt.Errorf("%s has ${%s}, and there is no such parameter", name, parameter)
		case m[4] >= 0:
			return fmt.Errorf("%s has %s; forms such as :seconds belong into the expression", name, text[m[0]:m[1]])
		case strings.LastIndex(before, "{{") > strings.LastIndex(before, "}}"):
			return fmt.Errorf("%s has ${%s} inside {{ }}", name, parameter)
		case strings.HasSuffix(before, "{") || strings.HasPrefix(text[m[1]:], "{") || m[0] == end && end > 0:
			return fmt.Errorf("%s has ${%s} directly beside a brace or another parameter; put a space between them", name, parameter)
		}
		used[parameter], end = true, m[1]
	}
	return nil
}
