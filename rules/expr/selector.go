package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Selector returns the canonical LogQL stream selector that demands each label to have its value: {job="x", level="y"}.
// Values are quoted, whatever they hold. Errors are *SyntaxError with Field "label".
func Selector(pairs [][2]string) (string, error) {
	var matchers []string
	for _, pair := range pairs {
		name, value := pair[0], pair[1]
		if !model.LegacyValidation.IsValidLabelName(name) {
			return "", labelError(-1, "%q is no label name: it has letters, digits and underscores, and does not begin with a digit", name)
		}
		if err := checkText(value, MaxExpression); err != nil {
			return "", labelError(-1, "the value of %s cannot be used: %s", name, err)
		}
		matchers = append(matchers, name+"="+strconv.Quote(value))
	}
	selector, _, err := ParseSelector("{" + strings.Join(matchers, ", ") + "}")
	return selector, err
}

// ParseSelector parses a LogQL stream selector with its braces and returns it as Loki prints it, and the names of the labels
// in it, each once, in their order. Errors are *SyntaxError with Field "label".
func ParseSelector(s string) (canonical string, labelNames []string, err error) {
	matchers, err := parseMatchers(s)
	if err != nil {
		return "", nil, err
	}
	for _, m := range matchers {
		if !slices.Contains(labelNames, m.Name) {
			labelNames = append(labelNames, m.Name)
		}
	}
	return syntax.MatchersString(matchers), labelNames, nil
}

func parseMatchers(s string) ([]*labels.Matcher, error) {
	if err := checkText(s, MaxExpression); err != nil {
		e := err.(*SyntaxError)
		return nil, labelError(e.Offset, "%s", e.Text)
	}
	parsed, err := syntax.ParseExprWithoutValidation(s)
	if err != nil {
		e := logQLError(err, s)
		return nil, labelError(e.Offset, "%s", e.Text)
	}
	selector, ok := parsed.(*syntax.MatchersExpr)
	if !ok {
		return nil, labelError(0, `this is more than a stream selector; write only the part in braces: {job="nginx"}`)
	}
	if !selects(selector.Mts) {
		return nil, labelError(0, `this would read every stream that Loki has; at least one label must have a value: {job="nginx"} or {job=~".+"}`)
	}
	return selector.Mts, nil
}

// selects is Loki's own rule: at least one matcher must not match the empty string.
func selects(matchers []*labels.Matcher) bool {
	return slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") })
}

func labelError(offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Field: "label", Offset: offset, Text: fmt.Sprintf(format, args...)}
}
