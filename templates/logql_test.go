package templates_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestLogQL runs the tests of all LogQL templates on one Loki. Each test has a tenant of its own, so that its selectors see its lines only;
// the rule's query is asked at every evaluation, and what fires follows from the answers as in a ruler.
func TestLogQL(t *testing.T) {
	t.Parallel()
	need(t, "loki")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	loki, err := local.StartLoki(ctx, local.LokiOptions{
		Dir: t.TempDir(), ExtraFlags: []string{"-auth.enabled=true", "-querier.query-ingesters-within=0", "-ingester.query-store-max-look-back-period=-1ns"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer loki.Stop()
	for i, test := range unitTests(t, expr.LogQL) {
		tenant := tenant{loki.URL, fmt.Sprintf("test%d", i), time.Now().Add(-3 * 24 * time.Hour).Truncate(time.Hour)}
		tenant.push(t, test.Streams)
		evaluations := tenant.ask(t, test.rule.Expr, time.Duration(test.Interval), test.end())
		for _, moment := range test.Alerts {
			got := firing(t, test.rule, evaluations, time.Duration(test.Interval), time.Duration(moment.At))
			if diff := gocmp.Diff(moment.Alerts, got); diff != "" {
				t.Errorf("%s, at %s: %s (-want +got):\n%s", test.name, moment.At, test.rule.Expr, diff)
			}
		}
	}
}

// tenant is one test's part of a Loki. Its test begins at a time that lies so far back that everything in it has been.
type tenant struct {
	url, name string
	begin     time.Time
}

// push gives Loki the streams of a test.
func (l tenant) push(t *testing.T, streams []rules.TestStream) {
	t.Helper()
	type stream struct {
		Labels map[string]string `json:"stream"`
		Values [][2]string       `json:"values"`
	}
	var all []stream
	for _, s := range streams {
		one := stream{Labels: s.Labels}
		for _, lines := range s.Lines {
			for n := range max(lines.Times, 1) {
				at := l.begin.Add(time.Duration(lines.At) + time.Duration(n)*time.Duration(lines.Every))
				one.Values = append(one.Values, [2]string{strconv.FormatInt(at.UnixNano(), 10), lines.Line})
			}
		}
		slices.SortStableFunc(one.Values, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
		all = append(all, one)
	}
	if len(all) == 0 {
		return
	}
	body, err := json.Marshal(map[string]any{"streams": all})
	if err != nil {
		t.Fatal(err)
	}
	l.do(t, http.MethodPost, "/loki/api/v1/push", bytes.NewReader(body))
}

// evaluation is what a query gave at one time: the value of each set of labels.
type evaluation map[string]sample

type sample struct {
	labels map[string]string
	value  float64
}

// ask returns what an expression gives at every interval from the beginning to the end.
func (l tenant) ask(t *testing.T, expression string, interval, end time.Duration) []evaluation {
	t.Helper()
	query := url.Values{
		"query": {expression}, "start": {strconv.FormatInt(l.begin.UnixNano(), 10)}, "end": {strconv.FormatInt(l.begin.Add(end).UnixNano(), 10)},
		"step": {strconv.FormatFloat(interval.Seconds(), 'f', -1, 64)},
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err := json.Unmarshal(l.do(t, http.MethodGet, "/loki/api/v1/query_range?"+query.Encode(), http.NoBody), &answer); err != nil {
		t.Fatal(err)
	}
	evaluations := make([]evaluation, end/interval+1)
	for i := range evaluations {
		evaluations[i] = evaluation{}
	}
	for _, series := range answer.Data.Result {
		for _, point := range series.Values {
			seconds, isNumber := point[0].(float64)
			value, err := strconv.ParseFloat(fmt.Sprint(point[1]), 64)
			if !isNumber || err != nil {
				t.Fatalf("Loki answered %v", point)
			}
			i := int(time.Unix(int64(seconds), 0).Sub(l.begin) / interval)
			evaluations[i][fmt.Sprint(series.Metric)] = sample{series.Metric, value}
		}
	}
	return evaluations
}

// do asks the tenant's Loki and returns the answer's body.
func (l tenant) do(t *testing.T, method, path string, body io.Reader) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, l.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Scope-OrgID", l.name)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s: %s %v", method, path, response.Status, answer, err)
	}
	return answer
}

// firing returns the alerts that fire at a time: those whose labels every evaluation has given for as long as the rule's `for` asks.
func firing(t *testing.T, rule rules.Rule, evaluations []evaluation, interval, at time.Duration) []rules.TestAlert {
	t.Helper()
	alerts := []rules.TestAlert{}
	now := int(at / interval)
	for key, found := range evaluations[now] {
		since := now
		for since > 0 {
			if _, active := evaluations[since-1][key]; !active {
				break
			}
			since--
		}
		if time.Duration(now-since)*interval < rule.For {
			continue
		}
		alert := rules.TestAlert{Labels: map[string]string{}, Annotations: map[string]string{}}
		maps.Copy(alert.Labels, found.labels)
		for name, text := range rule.Labels {
			alert.Labels[name] = expanded(t, text, found)
		}
		for name, text := range rule.Annotations {
			alert.Annotations[name] = expanded(t, text, found)
		}
		alerts = append(alerts, alert)
	}
	slices.SortFunc(alerts, func(a, b rules.TestAlert) int { return cmp.Compare(fmt.Sprint(a.Labels), fmt.Sprint(b.Labels)) })
	return alerts
}

// expanded returns a label's or annotation's text as Prometheus's own templates make it, which Loki's ruler uses too.
func expanded(t *testing.T, text string, found sample) string {
	t.Helper()
	head := strings.Join([]string{"{{$labels := .Labels}}", "{{$externalLabels := .ExternalLabels}}", "{{$externalURL := .ExternalURL}}", "{{$value := .Value}}"}, "")
	data := template.AlertTemplateData(found.labels, nil, "", promql.Sample{F: found.value})
	noQueries := func(context.Context, string, time.Time) (promql.Vector, error) {
		return nil, errors.New("no queries in annotations")
	}
	result, err := template.NewTemplateExpander(t.Context(), head+text, "test", data, model.Now(), noQueries, nil, nil).Expand()
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return result
}
