package expr

import (
	"strings"

	"github.com/grafana/regexp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// ParseMatchers parses a selector with its braces and returns its label matchers as the dialect writes them, without braces: `job="node",
// instance=~"web.*"`. PromQL takes {} too, which gives ""; a metric's name is no part of it. Errors are *SyntaxError with Field "label".
func (d Dialect) ParseMatchers(selector string) (string, error) {
	if d == LogQL {
		canonical, _, err := ParseSelector(selector)
		return strings.Trim(canonical, "{}"), err
	}
	matchers, err := guarded(selector, scanPromQL, parsePromMatchers)
	if err != nil {
		return "", inField("label", err)
	}
	texts := make([]string, len(matchers))
	for i, m := range matchers {
		texts[i] = m.String()
	}
	return strings.Join(texts, ", "), nil
}

// placeholderMetric stands before a selector while it is parsed: one that matches everything is none on its own.
const placeholderMetric = "x"

func parsePromMatchers(selector string) ([]*labels.Matcher, error) {
	if !strings.HasPrefix(selector, "{") {
		return nil, &SyntaxError{Offset: 0, Text: `a selector begins with a brace: {job="node"}`}
	}
	parsed, err := promQLParser.ParseExpr(placeholderMetric + selector)
	if err != nil {
		failed := promQLError(err, placeholderMetric+selector)
		failed.Offset = max(failed.Offset-len(placeholderMetric), -1)
		return nil, failed
	}
	vector, ok := parsed.(*parser.VectorSelector)
	if !ok || vector.OriginalOffset != 0 || vector.Timestamp != nil || vector.StartOrEnd != 0 || vector.OriginalOffsetExpr != nil {
		return nil, &SyntaxError{Offset: -1, Text: `this is more than a selector; write only the part in braces: {job="node"}`}
	}
	var matchers []*labels.Matcher
	for _, m := range vector.LabelMatchers {
		switch {
		case m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && m.Value == placeholderMetric:
		case !model.LegacyValidation.IsValidLabelName(m.Name) || m.Name == model.MetricNameLabel:
			return nil, labelNameError(m.Name, strings.Index(selector, m.Name))
		default:
			matchers = append(matchers, m)
		}
	}
	return matchers, nil
}

// CheckRegexp returns an error, a *SyntaxError with Field "pattern", for a text that is no regular expression as both languages read them
// (RE2), or one that would take too much to compile.
func CheckRegexp(pattern string) error {
	if _, err := guarded(pattern, scanRegexp, regexp.Compile); err != nil {
		return regexpError(err, pattern)
	}
	return nil
}
