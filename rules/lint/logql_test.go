package lint

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// logFindings returns "check: part of the expression" for each finding in a LogQL alert; the part is left out where all of it is meant.
func logFindings(t *testing.T, rule rules.Rule, interval time.Duration) []string {
	t.Helper()
	got := []string{}
	for _, f := range lintLogRule(t, rule, interval) {
		part := rule.Expr[f.Start:f.End]
		got = append(got, strings.TrimSuffix(f.Check+": "+part, ": "))
	}
	return got
}

func lintLogRule(t *testing.T, rule rules.Rule, interval time.Duration) []rules.Finding {
	t.Helper()
	linter, err := New(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var content strings.Builder
	content.WriteString("groups:\n- name: g\n")
	if interval > 0 {
		fmt.Fprintf(&content, "  interval: %s\n", rules.FormatDuration(interval))
	}
	content.WriteString("  rules:\n  " + strings.ReplaceAll(strings.TrimSuffix(rule.YAML(), "\n"), "\n", "\n  ") + "\n")
	book := rules.NewBook([]rules.RulerInfo{{Name: "ruler", Dialect: expr.LogQL}}).With(map[string][]byte{"ops/rules.yml": []byte(content.String())})
	for _, p := range book.Problems() {
		t.Fatalf("line %d: %s\n%s", p.Line, p.Text, content.String())
	}
	return linter.Lint(book, book.Entries(""))
}

func TestLogQL(t *testing.T) {
	t.Parallel()
	const n = "sum by (job) (count_over_time("
	for expression, want := range map[string][]string{
		n + `{job="sshd"} |= "Ban" [5m])) > 0`: {},
		n + `{job="sshd"} |= "Ban" [5m])) > 5`: {},
		`vector(1)`:                            {"constant"},
		`vector(1) > 0`:                        {"constant"},
		`vector(1) > 2`:                        {"logql-never: > 2"},

		// What values there can be.
		`absent_over_time({job="a"}[5m]) or vector(1)`:                                         {"logql-always-fires: vector"},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) > 3`:                               {},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) == 0`:                              {},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) >= 0`:                              {"logql-always-fires: vector"},
		`sum(count_over_time({job="a"}[5m])) or vector(0) > 0`:                                 {}, // the never-branch is not all there is
		`sum(count_over_time({job="a"}[5m])) > bool 5`:                                         {"logql-no-comparator"},
		`(sum(count_over_time({job="a"}[5m])) > bool 5) == 1`:                                  {},
		`sum(count_over_time({job="a"}[5m])) < 1`:                                              {"logql-never: < 1"},
		`1 > sum(count_over_time({job="a"}[5m]))`:                                              {"logql-never"},
		`sum(count_over_time({job="a"}[5m])) < 2`:                                              {},
		`sum(count_over_time({job="a"}[5m]) <= 0) > 0`:                                         {"logql-never: <= 0"},
		`rate({job="a"}[5m]) == 0`:                                                             {"logql-never: == 0"},
		`rate({job="a"}[5m]) < 0.5`:                                                            {},
		`bytes_over_time({job="a"}[5m]) == 0`:                                                  {}, // empty lines
		`bytes_over_time({job="a"}[5m]) < 0`:                                                   {"logql-never: < 0"},
		`count_over_time({job="a"}[5m]) > -1`:                                                  {"logql-always-true: > -1"},
		`count_over_time({job="a"}[5m]) != 0`:                                                  {},
		`count_over_time({job="a"}[5m]) >= 1`:                                                  {},
		`count_over_time({job="a"}[5m]) - 5 < 0`:                                               {},
		`count_over_time({job="a"}[5m]) > 0 unless count_over_time({job="b"}[5m]) < 1`:         {}, // what never comes takes nothing away
		`sum_over_time({job="a"} | logfmt | unwrap n | __error__="" [5m]) == 0`:                {"logql-series: sum_over_time"},
		`sum by (job) (sum_over_time({job="a"} | logfmt | unwrap n | __error__="" [5m])) >= 0`: {},

		n + `{job="a"} |= "b" != "b" [5m])) > 0 or ` + n + `{job="c"}[5m])) > 0`: {}, // one side can fire

		// Absence.
		`absent_over_time({job="a", host=~".+"}[5m])`:  {},
		`absent_over_time({job="a", host=~"b|c"}[5m])`: {`logql-absent-regexp: host=~"b|c"`},
		`absent_over_time({job="a", job="b"}[5m])`:     {}, // it is always absent, and says so

		// Errors of lines.
		n + `{job="a"} | json | level="error" [5m])) > 0`:                              {"logql-error-label: [5m]"}, // a line that was cut behind its level
		n + `{job="a"} | json | level="error" | __error__="" [5m])) > 0`:               {},
		`sum(count_over_time({job="a"} | json | level="error" [5m])) > 0`:              {}, // Loki reads no further than the level
		`sum by (level) (count_over_time({job="a"} | json | level="error" [5m])) > 0`:  {},
		`sum(count_over_time({job="a"} | json | level!="debug" [5m])) > 0`:             {"logql-error-label: [5m]"},
		`sum(count_over_time({job="a"} | json | logfmt | level="error" [5m])) > 0`:     {"logql-error-label: [5m]"},
		n + `{job="a"} | unpack | level="error" [5m])) > 0`:                            {}, // all labels or none
		n + `{job="a"} | json a="a", b="b" | a="1" [5m])) > 0`:                         {"logql-error-label: [5m]"},
		n + `{job="a"} | json a="a", b="b" | a="1" | b="2" [5m])) > 0`:                 {},
		n + `{job="a"} | json | (level="error" or level="fatal") [5m])) > 0`:           {"logql-error-label: [5m]"},
		`absent_over_time({job="a"} | json [5m])`:                                      {"logql-unused-parser: | json"},
		`absent_over_time({job="a"} | json | level="error" [5m])`:                      {},
		n + `{job="a"} | json | job="a" [5m])) > 0`:                                    {"logql-error-label: [5m]"},
		n + `{job="a"} | json | level!="debug" [5m])) > 0`:                             {"logql-error-label: [5m]"},
		n + `{job="a"} | json | drop __error__ [5m])) > 0`:                             {},
		n + `{job="a"} | json | status >= 500 | __error__="" [5m])) > 0`:               {},
		n + `{job="a"} | json | status >= 500 [5m])) > 0`:                              {"logql-error-label: [5m]"},
		n + `{job="a"} | json | (__error__="" and status >= 500) [5m])) > 0`:           {"logql-error-label: [5m]"}, // status="-"
		n + `{job="a"} | json | (status >= 500 and __error__="") [5m])) > 0`:           {},
		n + `{job="a"} | logfmt | status="500" [5m])) > 0`:                             {},
		n + `{job="a"} | logfmt --strict | status!="500" [5m])) > 0`:                   {"logql-error-label: [5m]"},
		`sum(count_over_time({job="a"} |= "x" | json [5m])) > 0`:                       {"logql-unused-parser: | json"},
		`avg_over_time({job="a"} | json | __error__="" | unwrap ms [5m]) by (job) > 5`: {"logql-error-label: [5m]"},
		`avg_over_time({job="a"} | json | unwrap ms | __error__="" [5m]) by (job) > 5`: {},

		// Filters.
		n + `{job="a"} | logfmt |= "x" | level="error" [5m])) > 0`:                          {}, // Loki moves it by itself
		n + `{job="a"} | logfmt | line_format "{{.msg}}" |= "x" [5m])) > 0`:                 {},
		n + `{job="a"} | logfmt | level="error" | line_format "{{.msg}}" |= "x" [5m])) > 0`: {},
		n + `{job="a"} |= "x" != "y" [5m])) > 0`:                                            {},
		n + `{job="a"} |= "x" or "y" != "x" [5m])) > 0`:                                     {},
		n + `{job="a"} |= "error: x" != "error" [5m])) > 0`:                                 {`logql-impossible: != "error"`},
		n + `{job="a"} |= "error" !~ "^error" [5m])) > 0`:                                   {},
		n + `{job="a"} !~ ".*" [5m])) > 0`:                                                  {`logql-impossible: !~ ".*"`},
		n + `{job="a"} |~ ".+" [5m])) > 0`:                                                  {`logql-regexp-any: |~ ".+"`},
		n + `{job="a"} |= "" [5m])) > 0`:                                                    {`logql-regexp-any: |= ""`},
		n + `{job="a"} |~ "error|" [5m])) > 0`:                                              {}, // Loki takes it for "error"
		n + `{job="a", job="b"}[5m])) > 0`:                                                  {`logql-impossible: job="b"`},
		n + `{job="a", job=~"a|b"}[5m])) > 0`:                                               {},
		n + `{job="a"} |= "a.b" [5m])) > 0`:                                                 {},
		n + `{job="a"} |= "1|2" [5m])) > 0`:                                                 {`logql-literal-regexp: |= "1|2"`},
		n + `{job="a"} |= "x | y" [5m])) > 0`:                                               {},
		n + `{job="a"} |= "C:\\dir" [5m])) > 0`:                                             {},
		n + `{job="a|b"}[5m])) > 0`:                                                         {`logql-literal-regexp: job="a|b"`},
		n + `{job="a"} |~ "(?i)ban" [5m])) > 0`:                                             {},
		n + `{job="a"} |~ "a.b" [5m])) > 0`:                                                 {},
		n + `{job="a"} |~ ` + "`Ban`" + ` [5m])) > 0`:                                       {"logql-regexp-literal: |~ `Ban`"},
		n + `{job="a"} |~ "Ban" |~ "Ban" [5m])) > 0`:                                        {"logql-regexp-literal", "logql-regexp-literal"},
		n + `{job="a"} |~ "ERROR|FATAL" [5m])) > 0`:                                         {`logql-case: |~ "ERROR|FATAL"`},
		n + `{job="a"} |= "ERROR" [5m])) > 0`:                                               {`logql-case: |= "ERROR"`},
		n + `{job="a"} |= "error" [5m])) > 0`:                                               {},
		n + `{job="a"} |= "ERROR: x" [5m])) > 0`:                                            {},
		n + `{job="a"} |~ "ERROR" [5m])) > 0`:                                               {`logql-case: |~ "ERROR"`, `logql-regexp-literal: |~ "ERROR"`},
		n + `{job="a"} |~ ".*Ban.*" [5m])) > 0`:                                             {`logql-regexp-literal: |~ ".*Ban.*"`},
		n + `{job="a"} |~ ".*Ban (a|b)" [5m])) > 0`:                                         {`logql-regexp-literal: |~ ".*Ban (a|b)"`},
		n + `{job="a"} |~ "Ban\\.*" [5m])) > 0`:                                             {},
		n + `{job="a"} |~ ".+Ban.+" [5m])) > 0`:                                             {},
		n + `{job="a"} | logfmt | host=~".*" [5m])) > 0`:                                    {`logql-regexp-any: host=~".*"`},
		n + `{job="a"} | logfmt | host=~".+" [5m])) > 0`:                                    {},
		n + `{job="a"} | logfmt | host!~".*" [5m])) > 0`:                                    {`logql-impossible: host!~".*"`},
		n + `{job="a"} | detected_level="ERROR" [5m])) > 0`:                                 {},
		n + `{job="a"} | trace_id="x" [5m])) > 0`:                                           {}, // structured metadata
		n + `{job="a"} | logfmt | host="x" [5m])) > 0`:                                      {},
		n + `{job!="a", host=~".+"}[5m])) > 0`:                                              {`logql-selector: {job!="a", host=~".+"}`},
		n + `{job=~"a.+"}[5m])) > 0`:                                                        {},

		// Series.
		`count_over_time({job="a"} | logfmt | level="error" | keep job [5m]) > 0`:                     {},
		`count_over_time({job="a"} | logfmt | level="error" [5m]) > 100`:                              {},
		`sum by (ip) (count_over_time({job="sshd"} | logfmt | msg="x" [5m])) > 20`:                    {},
		`sum by (ip) (count_over_time({job="sshd"} | logfmt | msg="x" [5m])) > 0`:                     {"logql-cardinality: ip"},
		`count(sum by (ip) (count_over_time({job="sshd"} | logfmt | msg="x" [5m]))) > 20`:             {},
		`sum by (job) (sum by (ip, job) (count_over_time({job="sshd"} | logfmt | msg="x" [5m]))) > 0`: {},

		// Two vectors.
		n + `{job="a"} |= "x" [5m])) / on () group_left () sum(count_over_time({job="a"}[5m])) > 0.1`:          {},
		n + `{job="a"} |= "x" [5m])) / ignoring (job) group_left () sum(count_over_time({job="a"}[5m])) > 0.1`: {},
		n + `{job=~".*", host="h"} |= "x" [5m])) / sum(count_over_time({host="h"}[5m])) > 0.1`:                 {}, // streams without job
		`sum by (host) (count_over_time({job="a"} |= "x" [5m])) / sum(count_over_time({job="a"}[5m])) > 0.1`:   {},
		n + `{job="a"} |= "x" [5m])) > 0 and sum(count_over_time({job="a"}[5m])) > 1`:                          {"logql-matching"},

		n + `{job="a"}[5m])) > 0 and ` + n + `{job="b"}[5m])) > 0`:                         {"logql-matching"},
		n + `{job="a"}[5m])) > 0 and on () ` + n + `{job="b"}[5m])) > 0`:                   {},
		n + `{job="a"}[5m])) > 0 and on (job) ` + n + `{job="b"}[5m])) > 0`:                {"logql-matching"},
		n + `{job="a"}[5m])) / ignoring (job) ` + n + `{job="b"}[5m])) > 5`:                {},
		n + `{job="a"}[5m])) > 0 unless ` + n + `{job="b"}[5m])) > 0`:                      {},
		n + `{job="a"}[5m])) > 0 and ` + n + `{job="b"} | label_format job="a" [5m])) > 0`: {},
		n + `{job=~"a|b"}[5m])) > 0 and ` + n + `{job="b"}[5m])) > 0`:                      {},

		// Rates.
		`sum(rate({job="a"}[5m])) > 0.5`:                                  {},
		`sum(rate({job="a"}[5m])) < 1`:                                    {},
		`sum(bytes_rate({job="a"}[5m])) > 10`:                             {},
		`sum(rate({job="a"}[5m])) > 2`:                                    {"logql-rate: rate"},
		`sum(rate({job="a"} |= "x" [5m])) / sum(rate({job="a"}[5m])) > 1`: {},

		// Its own query.
		n + `{job="loki"} |= "panic: runtime" | logfmt | level="error" [5m])) > 0`: {},
		n + `{job="loki"} |~ "^panic" [5m])) > 0`:                                  {},
		n + `{job="loki"}[5m])) > 1000`:                                            {}, // no filter: its own lines are meant too
		n + `{app="grafana"} |= "timeout" [5m])) > 0`:                              {"logql-self: [5m]"},

		// Windows.
		n + `{job="a"}[30s])) > 0`:                                     {"logql-gap: [30s]"},
		n + `{job="a"}[1m])) > 0`:                                      {"logql-late-lines: [1m]"},
		n + `{job="a"}[1m] offset 30s)) > 0`:                           {},
		n + `{job="a"}[721h])) > 0`:                                    {"logql-range-limit: [721h]"},
		n + `{job="a"}[30d59m])) > 0`:                                  {},
		n + `{job="a"}[722h])) > 0`:                                    {"logql-range-limit: [722h]"},
		n + `{job="a"}[5m])) > 3 * ` + n + `{job="a"}[5m] offset 1d))`: {},

		// Odd trees.
		`variants(count_over_time({job="a"}[5m]), bytes_over_time({job="a"}[5m])) of ({job="a"}[5m])`: {"logql-no-comparator"},
		`label_replace(` + n + `{job="a"}[5m])), "x", "$1", "job", "(.*)") > 0`:                       {},
		`sort_desc(` + n + `{job="a"}[5m]))) > 0`:                                                     {},
		`topk by (job) (2, sum by (job, host) (count_over_time({job="a"}[5m]))) > 0`:                  {"logql-topk: topk"},
		`topk(2, vector(1)) > 0`:                                                  {"constant", "logql-topk: topk"},
		`count_over_time({job="a"} | json a="b.c" | a="1" [5m]) > 0`:              {},
		`sum without (host) (count_over_time({job="a"} |> "<_> x <_>" [5m])) > 0`: {},
		`sum(count_over_time({job="a"} |= ip("192.0.2.0/24") [5m])) > 0`:          {},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, logFindings(t, rules.Rule{Alert: "A", Expr: expression}, 0)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLogQLFixes holds that a fix is an expression that Loki takes, and that what it mends is found no more.
func TestLogQLFixes(t *testing.T) {
	t.Parallel()
	fixes := 0
	for _, c := range checks {
		if c.Dialects[0] != expr.LogQL {
			continue
		}
		for _, f := range lintText(t, c, c.Bad) {
			if f.Check != c.Name || f.Fix == "" || strings.HasPrefix(f.Fix, "for=") {
				continue
			}
			fixes++
			for _, left := range lintLogRule(t, rules.Rule{Alert: "A", Expr: f.Fix}, 0) {
				if left.Check == c.Name && left.Text == f.Text {
					t.Errorf("%s: %s: after the fix %s it is still found", c.Name, f.Text, f.Fix)
				}
			}
		}
	}
	if fixes < 14 {
		t.Errorf("only %d of the examples have a fix", fixes)
	}
}

// TestOwnRulesAreClean holds that nothing is found in what the log form of add writes.
func TestOwnRulesAreClean(t *testing.T) {
	t.Parallel()
	for _, form := range []rules.LogForm{
		{Label: "amane_fail2ban_log", Pattern: "Ban", Time: "5m"},
		{Label: "job=nginx,host=web1", Pattern: "/ 50[0-9] /", Time: "10m"},
		{Label: "job=kernel", Pattern: "*", Time: "1h"},
		{Label: `{job=~"api|web"}`, Pattern: "error", Time: "15m"},
		{Label: "job=backup", Pattern: "完了", Time: "1d"},
	} {
		book := rules.NewBook([]rules.RulerInfo{{Name: "loki", Dialect: expr.LogQL}})
		change, err := rules.Add{Name: "a", Log: &form, Channel: "ops"}.Plan(book)
		if err != nil {
			t.Fatal(err)
		}
		linter, err := New(nil, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		planned := book.With(change.Files)
		for _, f := range linter.Lint(planned, planned.Entries("")) {
			t.Errorf("%+v: %s: %s", form, f.Check, f.Text)
		}
	}
}

// TestLogQLFor holds when "for" makes an alert deaf.
func TestLogQLFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expression string
		hold       time.Duration
		want       []string
	}{
		"shorter":     {`count_over_time({job="a"}[5m]) > 0`, 4 * time.Minute, []string{}},
		"as long":     {`count_over_time({job="a"}[5m]) > 0`, 5 * time.Minute, []string{"logql-for"}},
		"any rate":    {`rate({job="a"}[5m]) > 0`, time.Hour, []string{"logql-for"}},
		"a threshold": {`count_over_time({job="a"}[5m]) > 10`, time.Hour, []string{}},
		"absence":     {`absent_over_time({job="a"}[5m])`, time.Hour, []string{}},
		"a share":     {`sum(rate({job="a"} |= "x" [5m])) / sum(rate({job="a"}[5m])) > 0`, time.Hour, []string{}},
		"unwrapped":   {`sum by (job) (sum_over_time({job="a"} | logfmt | unwrap n | __error__="" [5m])) > 0`, time.Hour, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, logFindings(t, rules.Rule{Alert: "A", Expr: c.expression, For: c.hold}, 0)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLogQLRecording holds that a recording rule may go without what only alerts need.
func TestLogQLRecording(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		`sum by (job) (rate({job="a"}[5m]))`, `topk(3, sum by (job) (rate({job="a"}[5m])))`, `sum(count_over_time({job="a"}[5m])) or vector(0)`,
	} {
		if diff := cmp.Diff([]string{}, logFindings(t, rules.Rule{Record: "job:lines", Expr: expression}, 0)); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
	}
}
