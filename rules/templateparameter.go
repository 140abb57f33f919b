package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"golang.org/x/text/unicode/norm"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// value is a parameter's value as it stands in each place of a rule.
type value struct {
	expr    string // in the expression: one token of its language, or a list of matchers or names
	seconds string // in the expression as ${name:seconds}; "" where the type has no such form
	text    string // in a label or an annotation, as yet unescaped
}

// parameterType is a type of parameters. read returns a value by its type; what it cannot be is said by an error for a person.
type parameterType struct {
	name string
	read func(p Parameter, d expr.Dialect, given string) (value, *Error)
}

// enumType is the only type that has Values; selectorType is that of labels with their values.
const (
	enumType       = "enum"
	selectorType   = "selector"
	percentageType = "percentage"
)

// parameterTypes is the one table of types.
var parameterTypes = []parameterType{
	{"duration", readDuration},
	{"number", readNumber},
	{percentageType, readPercentage},
	{"text", readQuoted},
	{"label value", readQuoted},
	{"regex", readRegex},
	{selectorType, readSelector},
	{"label names", readLabelNames},
	{"metric", readMetric},
	{enumType, readEnum},
}

func findParameterType(name string) (parameterType, bool) {
	i := slices.IndexFunc(parameterTypes, func(t parameterType) bool { return t.name == name })
	if i < 0 {
		return parameterType{}, false
	}
	return parameterTypes[i], true
}

// parameterTypeNames returns what a template's parameters can be.
func parameterTypeNames() []string {
	names := make([]string, len(parameterTypes))
	for i, t := range parameterTypes {
		names[i] = t.name
	}
	return names
}

// read returns a value for the parameter, which is one visible line, or an error whose Field is the parameter's name.
func (p Parameter) read(d expr.Dialect, given string) (value, *Error) {
	given = strings.TrimSpace(given)
	if len(given) > expr.MaxExpression {
		return value{}, invalid(p.Name, "%s= is %d bytes long; at most %d are allowed.", p.Name, len(given), expr.MaxExpression)
	}
	if reason := checkPlain(given); reason != "" {
		return value{}, invalid(p.Name, "%s= %s.", p.Name, reason)
	}
	t, known := findParameterType(p.Type)
	if !known {
		return value{}, invalid(p.Name, "%s= has the unknown type %q.", p.Name, p.Type)
	}
	return t.read(p, d, given)
}

// wrong returns the error for a value that is none of the parameter's type. The example says how one is written; it is never offered instead of
// what was typed, as it means something else.
func (p Parameter) wrong(format string, args ...any) *Error {
	return invalid(p.Name, "%s= "+format, append([]any{p.Name}, args...)...)
}

func readDuration(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	d, err := ParseDuration(p.Name, fold(given))
	if e, ok := errors.AsType[*Error](err); ok {
		return value{}, e
	}
	if d <= 0 {
		return value{}, p.wrong("is a time longer than zero, such as %s.", p.Example)
	}
	text := FormatDuration(d)
	return value{expr: text, seconds: strconv.FormatFloat(d.Seconds(), 'f', -1, 64), text: text}, nil
}

// maxNumber bounds the numbers that a parameter takes: beyond it no two whole numbers can be told apart.
const maxNumber = 1 << 53

func readNumber(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	n, err := strconv.ParseFloat(fold(given), 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > maxNumber {
		e := p.wrong("is a number such as %s.", p.Example)
		e.Fixes = MeantNumbers(given)
		return value{}, e
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	return value{expr: text, text: text}, nil
}

func readPercentage(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(fold(given), "%")), 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 100 {
		e := p.wrong("is a percentage from 0 to 100, such as %s.", p.Example)
		e.Fixes = meantPercentage(given)
		return value{}, e
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	return value{expr: text, text: text + "%"}, nil
}

func readQuoted(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	if given == "" {
		return value{}, p.wrong("is empty; it is a text such as %s.", p.Example)
	}
	return value{expr: strconv.Quote(given), text: given}, nil
}

func readRegex(p Parameter, d expr.Dialect, given string) (value, *Error) {
	if n := len(given); n > 2 && given[0] == '/' && given[n-1] == '/' {
		given = given[1 : n-1]
	}
	if err := expr.CheckRegexp(given); err != nil {
		return value{}, p.wrong("is a regular expression such as %s: %s.", p.Example, err)
	}
	return readQuoted(p, d, given)
}

func readSelector(p Parameter, d expr.Dialect, given string) (value, *Error) {
	selector, err := LogForm{Label: given}.braced()
	if err == nil {
		var matchers string
		if matchers, err = d.ParseMatchers(selector); err == nil {
			return value{expr: matchers, text: "{" + matchers + "}"}, nil
		}
	}
	return value{}, p.wrong("says which series or log streams are meant, such as %s: %s", p.Example, sentence(err.Error()))
}

func readLabelNames(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	var names []string
	for name := range strings.SplitSeq(given, ",") {
		if name = strings.TrimSpace(name); !model.LegacyValidation.IsValidLabelName(name) {
			return value{}, p.wrong("is one or more names of labels with commas between them, such as %s; %q is none.", p.Example, name)
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	return value{expr: text, text: text}, nil
}

func readMetric(p Parameter, _ expr.Dialect, given string) (value, *Error) {
	if !model.LegacyValidation.IsValidMetricName(given) {
		e := p.wrong("is the name of a metric, such as %s.", p.Example)
		if plain := norm.NFKC.String(given); model.LegacyValidation.IsValidMetricName(plain) {
			e.Fixes = []string{plain}
		}
		return value{}, e
	}
	return value{expr: given, text: given}, nil
}

func readEnum(p Parameter, d expr.Dialect, given string) (value, *Error) {
	if !slices.Contains(p.Values, given) {
		e := p.wrong("is one of: %s.", strings.Join(p.Values, ", "))
		if e.Fixes = Nearest(given, p.Values); len(e.Fixes) == 0 {
			e.Fixes = p.Values
		}
		return value{}, e
	}
	return readQuoted(p, d, given)
}

// IsSelector reports whether a value of the parameter says which series or log streams are meant, and is no text.
func (p Parameter) IsSelector() bool { return p.Type == selectorType }

// Expects says in a few words what a value of the parameter is.
func (p Parameter) Expects() string {
	if p.Type == enumType {
		return fmt.Sprintf("%s: %s", p.Type, strings.Join(p.Values, ", "))
	}
	return p.Type
}
