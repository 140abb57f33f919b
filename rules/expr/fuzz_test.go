package expr

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

// FuzzLogCountPattern holds that a pattern can say nothing but itself: what is rendered parses, and has
// exactly one line filter, whose value is the pattern.
func FuzzLogCountPattern(f *testing.F) {
	for _, seed := range []string{"Ban", `"`, "`", `\`, `a" or vector(1) > 0 #`, "[5m]))", "\n", "\u202e", "a|b", "(", "\xff", "(?i)é{2,3}", "%", "{{", `\"`, "\U0010ffff"} {
		f.Add(seed, "x", false)
		f.Add(seed, seed, true)
	}
	f.Fuzz(func(t *testing.T, pattern, label string, isRegexp bool) {
		selector := "{job=" + strconv.Quote(label) + "}"
		count, operator := LogCount{Selector: selector, Window: "5m", Substring: pattern}, "|="
		if isRegexp {
			count, operator = LogCount{Selector: selector, Window: "5m", Regexp: pattern}, "|~"
		}
		rendered, err := count.Render()
		if err != nil {
			return
		}
		parsed, err := syntax.ParseExpr(rendered)
		if err != nil {
			t.Fatalf("%s: %v", rendered, err)
		}
		filters := syntax.ExtractLineFilters(parsed)
		if pattern == "" {
			if len(filters) != 0 {
				t.Fatalf("%s has a line filter", rendered)
			}
			return
		}
		if len(filters) != 1 || filters[0].Match != pattern || filters[0].Ty.String() != operator || filters[0].Or != nil || filters[0].Left != nil {
			t.Fatalf("%s does not have the one line filter %s %q: %+v", rendered, operator, pattern, filters)
		}
		if _, err := LogQL.Canonical(rendered); err != nil {
			t.Fatalf("%s is no expression for a rule: %v", rendered, err)
		}
	})
}

// FuzzCanonical holds that no text breaks the parsers, and that a canonical form is its own canonical form.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		"up == 0", `sum by (a) (rate(b{c=~"d.*"}[5m] offset 1m)) / on (a) group_left c > bool 1`, "-a ^ 2 ^ 3", `{"a b"="c"}`, "a[5m:1m] @ end()", "1e400", "0x1F", "a[1m*2]",
		`sum by (a) (rate({a="b"} |= "c" or "d" !~ "e" [5m] offset 1m)) > 1`, `quantile_over_time(0.9, {a="b"} | json | unwrap c [5m]) by (d)`, `{a="b"} | logfmt`,
		`label_replace(vector(1), "a", "b", "c", "d")`, `topk(3, rate({a="b"} | pattern "<_> <c>" [1m])) unless vector(2)`, "1 + 2 * 3", "# c\n1", `rate({a="b"} | c > 5s, d=ip("1.1.1.1") [1m])`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		for _, d := range Dialects() {
			canonical, err := d.Canonical(expression)
			if err != nil {
				if failed, ok := errors.AsType[*SyntaxError](err); !ok || failed.Offset < -1 || failed.Offset > len(expression) || failed.Text == "" {
					t.Fatalf("%s %q: %#v", d, expression, err)
				}
				continue
			}
			if d == LogQL && (strings.Contains(canonical, "NaN") || strings.Contains(canonical, "Inf")) {
				continue // Loki works 0%0 out to NaN, which it cannot read
			}
			if again, err := d.Canonical(canonical); err != nil || again != canonical {
				t.Fatalf("%s %q: canonical %q, again %q, %v", d, expression, canonical, again, err)
			}
		}
	})
}

// FuzzCheckFile holds that no file breaks the check.
func FuzzCheckFile(f *testing.F) {
	f.Add([]byte(group("  - {alert: A, expr: up, for: 1m, labels: {a: b}, annotations: {c: '{{ $value }}'}}", `  - {record: a, expr: 'rate({a="b"}[5m])'}`)))
	f.Add([]byte("groups:\n- &a\n  name: g\n  labels: {a: b}\n  rules: [{<<: *a}, null, 1]\n- *a\n---\n"))
	f.Add([]byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up ==\n    keep_firing_for: 5min\n    x: 1\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, d := range Dialects() {
			for _, p := range d.CheckFile(content) {
				if p.Text == "" || p.Line < 0 || p.Column < 0 {
					t.Fatalf("%s: %+v", d, p)
				}
			}
		}
	})
}
