package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// ParseSelector parses a LogQL stream selector with its braces and returns it as Loki prints it, and the names of the labels
// in it, each once, in their order. Errors are *SyntaxError with Field "label".
func ParseSelector(s string) (canonical string, labelNames []string, err error) {
	matchers, err := guarded(s, scanLogQL, parseMatchers)
	if err != nil {
		return "", nil, inField("label", err)
	}
	for _, m := range matchers {
		if !slices.Contains(labelNames, m.Name) {
			labelNames = append(labelNames, m.Name)
		}
	}
	return syntax.MatchersString(matchers), labelNames, nil
}

func parseMatchers(s string) ([]*labels.Matcher, error) {
	parsed, err := syntax.ParseExprWithoutValidation(s)
	if err != nil {
		return nil, logQLError(err, s)
	}
	selector, ok := parsed.(*syntax.MatchersExpr)
	if !ok {
		return nil, &SyntaxError{Text: `this is more than a stream selector; write only the part in braces: {job="nginx"}`}
	}
	if err := checkLabelNames(selector.Mts, s); err != nil {
		return nil, err
	}
	if !selects(selector.Mts) {
		return nil, &SyntaxError{Text: `this would read all log streams; at least one label must have a value: {job="nginx"} or {job=~".+"}`}
	}
	return selector.Mts, nil
}

// checkLabelNames refuses names that no label in Loki has.
func checkLabelNames(matchers []*labels.Matcher, text string) error {
	for _, m := range matchers {
		if !model.LegacyValidation.IsValidLabelName(m.Name) {
			return labelNameError(m.Name, strings.Index(text, m.Name))
		}
	}
	return nil
}

func labelNameError(name string, offset int) error {
	return &SyntaxError{Offset: offset, Text: fmt.Sprintf("%q is no label name: that has letters, digits and underscores only, and begins with no digit", name)}
}

// selects is Loki's own rule: at least one matcher must not match the empty string.
func selects(matchers []*labels.Matcher) bool {
	return slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") })
}

// inField returns a *SyntaxError as one about a part of a LogCount.
func inField(name string, err error) error {
	var failed *SyntaxError
	if !errors.As(err, &failed) {
		failed = &SyntaxError{Offset: -1, Text: err.Error()}
	}
	return &SyntaxError{Field: name, Offset: failed.Offset, Text: failed.Text}
}
