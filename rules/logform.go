package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// rule returns the alert that fires when the form counts more lines than threshold, with a summary that says which streams,
// which pattern and how many lines.
func (l LogForm) rule(name string, threshold float64) (Rule, error) {
	for _, typed := range [][2]string{{"label", l.Label}, {"pattern", l.Pattern}, {"time", l.Time}} {
		if err := checkText(typed[0], typed[1]); err != nil {
			return Rule{}, err
		}
	}
	selector, err := l.selector()
	if err != nil {
		return Rule{}, err
	}
	count := expr.LogCount{Selector: selector, Threshold: threshold}
	what := ""
	switch pattern := l.Pattern; {
	case pattern == "":
		return Rule{}, &Error{Kind: Invalid, Field: "pattern", Offset: -1, Fixes: []string{"*"},
			Text: "The pattern is empty. Write a text to look for, /a regular expression/, or * for any line."}
	case pattern == "*":
	case len(pattern) > 2 && pattern[0] == '/' && pattern[len(pattern)-1] == '/':
		count.Regexp = pattern[1 : len(pattern)-1]
		what = pattern + " in "
	default:
		count.Substring = pattern
		what = `"` + pattern + `" in `
	}
	window, err := ParseDuration("time", l.Time)
	if err != nil {
		return Rule{}, err
	}
	if window == 0 {
		return Rule{}, &Error{Kind: Invalid, Field: "time", Offset: -1, Text: "The time to count over must be more than zero."}
	}
	count.Window = FormatDuration(window)
	expression, err := count.Render()
	if err != nil {
		return Rule{}, l.explain(err)
	}
	return Rule{
		Alert:       name,
		Expr:        expression,
		Annotations: map[string]string{"summary": literal(what+selector) + ": {{ $value }} lines within " + count.Window},
	}, nil
}

// literal returns a text that a template prints as it is.
func literal(s string) string { return strings.ReplaceAll(s, "{{", `{{ "{{" }}`) }

// explain turns the language's error into ours.
func (l LogForm) explain(err error) error {
	var syntax *expr.SyntaxError
	if !errors.As(err, &syntax) {
		return invalid("", "%s", err)
	}
	e := invalid(syntax.Field, "%s", sentence(capital(syntax.Text)))
	switch {
	case syntax.Field == "label" && !strings.HasPrefix(l.Label, "{"):
	case syntax.Field == "pattern" && syntax.Offset >= 0 && len(l.Pattern) > 0 && l.Pattern[0] == '/':
		e.Offset = syntax.Offset + 1
	default:
		e.Offset = syntax.Offset
	}
	return e
}

// labelMatcher is one matcher as people type it, with or without quotes: job=nginx, level!="debug".
var labelMatcher = regexp.MustCompile(`^\s*([^\s=!~,{}"]+)\s*(=~|!~|!=|=)\s*`)

// selector returns the log streams that the label names, as a canonical LogQL selector.
func (l LogForm) selector() (string, error) {
	text, err := l.braced()
	if err != nil {
		return "", err
	}
	selector, _, err := expr.ParseSelector(text)
	if err == nil {
		return selector, nil
	}
	if selector, _, again := expr.ParseSelector(PlainSigns(text)); again == nil {
		return selector, nil
	}
	return "", withFix(l.explain(err), meantSelector(l.Label), func(fix string) bool {
		_, _, err := expr.ParseSelector(fix)
		return err == nil
	})
}

// braced returns the label as a selector with braces and quotes, which may yet be none.
func (l LogForm) braced() (string, error) {
	label := strings.TrimSpace(l.Label)
	switch {
	case label == "":
		return "", &Error{Kind: Invalid, Field: "label", Offset: -1, Text: "Say which log lines to count: job=NAME, or {…} with a LogQL selector."}
	case label[0] == '{':
		return label, nil
	case !strings.ContainsAny(label, `=~,{}"`):
		return "{job=" + strconv.Quote(label) + "}", nil
	}
	matchers, err := l.matchers(label)
	return "{" + strings.Join(matchers, ", ") + "}", err
}

// matchers splits what a person typed into LogQL matchers with quoted values.
func (l LogForm) matchers(label string) ([]string, error) {
	var matchers []string
	for rest := label; ; {
		m := labelMatcher.FindStringSubmatch(rest)
		if m == nil || !model.LegacyValidation.IsValidLabelName(m[1]) {
			e := invalid("label", "A label is written name=value, several with commas between them: job=nginx,level=error.")
			e.Offset = strings.Index(l.Label, label) + len(label) - len(rest)
			return nil, e
		}
		rest = rest[len(m[0]):]
		value, quoted := "", false
		if prefix, err := strconv.QuotedPrefix(rest); err == nil && prefix[0] != '\'' {
			if value, err = strconv.Unquote(prefix); err == nil {
				rest, quoted = strings.TrimLeft(rest[len(prefix):], " "), true
			}
		}
		if !quoted {
			i := strings.IndexByte(rest, ',')
			if i < 0 {
				i = len(rest)
			}
			value, rest = strings.TrimSpace(rest[:i]), rest[i:]
		}
		matchers = append(matchers, fmt.Sprintf("%s%s%q", m[1], m[2], value))
		switch {
		case rest == "":
			return matchers, nil
		case rest[0] != ',':
			e := invalid("label", "A comma must stand here, before the next label.")
			e.Offset = strings.Index(l.Label, label) + len(label) - len(rest)
			return nil, e
		}
		rest = rest[1:]
	}
}
