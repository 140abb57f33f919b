package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
)

// LogCount is a LogQL expression that counts log lines:
// sum by (job) (count_over_time({job="amane_fail2ban_log"} |= "Ban" [5m])) > 0.
type LogCount struct {
	Selector  string // a LogQL stream selector with braces
	Substring string // the line filter's value; empty for none
	Regexp    string // instead of Substring
	Window    string // a duration as LogQL writes it: "5m"
	Threshold float64
}

// Render returns the expression as a person would write it, or a *SyntaxError that names the part. Texts are quoted into it, never pasted:
// the result has been parsed again, and has exactly the line filter that was asked for.
func (c LogCount) Render() (string, error) {
	selector, names, err := ParseSelector(c.Selector)
	if err != nil {
		return "", err
	}
	filter, err := c.filter()
	if err != nil {
		return "", err
	}
	window, err := model.ParseDuration(c.Window)
	if err != nil || window <= 0 {
		return "", &SyntaxError{Field: "time", Offset: -1, Text: fmt.Sprintf("%q is no time to count over; write it as 5m, 1h or 1h30m", c.Window)}
	}
	if math.IsNaN(c.Threshold) || math.IsInf(c.Threshold, 0) || c.Threshold < 0 {
		return "", &SyntaxError{Field: "threshold", Offset: -1, Text: "the threshold must be a number, zero or greater"}
	}
	query := fmt.Sprintf("sum by (%s) (count_over_time(%s%s [%s])) > %s",
		strings.Join(names, ", "), selector, filter, window, strconv.FormatFloat(c.Threshold, 'f', -1, 64))
	return guarded(query, scanLogQL, c.verify)
}

// filter returns the line filter with a leading blank, or "".
func (c LogCount) filter() (string, error) {
	pattern, operator := c.Substring, "|="
	if c.Regexp != "" {
		pattern, operator = c.Regexp, "|~"
	}
	switch {
	case c.Substring != "" && c.Regexp != "":
		return "", &SyntaxError{Field: "pattern", Offset: -1, Text: "give a text or a regular expression to look for, not both"}
	case pattern == "":
		return "", nil
	}
	if err := checkText(pattern, MaxExpression); err != nil {
		return "", inField("pattern", err)
	}
	if c.Regexp != "" {
		if err := CheckRegexp(pattern); err != nil {
			return "", err
		}
	}
	return " " + operator + " " + strconv.Quote(pattern), nil
}

// verify parses the query, demands that it has exactly the line filter of c, and returns it.
func (c LogCount) verify(query string) (string, error) {
	parsed, err := syntax.ParseExpr(query)
	if err != nil {
		return "", logQLError(err, query)
	}
	want := c.Substring + c.Regexp
	filters := syntax.ExtractLineFilters(parsed)
	if (want == "" && len(filters) == 0) || (len(filters) == 1 && filters[0].Match == want) {
		return query, nil
	}
	return "", &SyntaxError{Field: "pattern", Offset: -1, Text: "this cannot be written as a LogQL line filter"}
}
