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
	linter, err := New(nil)
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
	for expression, want := range map[string][]string{
		// Clean.
		`sum by (job) (count_over_time({job="sshd"} |= "Ban" [5m])) > 0`: {},
		`vector(1)`: {}, // a dead man's switch says what it is
		`absent_over_time({job="a"}[5m]) or vector(1)`:            {"logql-always-fires: vector"},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) > 3`:  {},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) == 0`: {},
		`(sum(count_over_time({job="a"}[5m])) or vector(0)) >= 0`: {"logql-always-fires: vector"},
		`sum(count_over_time({job="a"}[5m])) > bool 5`:            {"logql-no-comparator"},
		`(sum(count_over_time({job="a"}[5m])) > bool 5) == 1`:     {},
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
	if fixes < 10 {
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
		{Label: `{job=~"api|web"}`, Pattern: "ERROR", Time: "15m"},
		{Label: "job=backup", Pattern: "完了", Time: "1d"},
	} {
		book := rules.NewBook([]rules.RulerInfo{{Name: "loki", Dialect: expr.LogQL}})
		change, err := rules.Add{Name: "a", Log: &form, Channel: "ops"}.Plan(book)
		if err != nil {
			t.Fatal(err)
		}
		linter, err := New(nil)
		if err != nil {
			t.Fatal(err)
		}
		planned := book.With(change.Files)
		for _, f := range linter.Lint(planned, planned.Entries("")) {
			t.Errorf("%+v: %s: %s", form, f.Check, f.Text)
		}
	}
}
