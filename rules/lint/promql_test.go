package lint

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// promFindings returns "check: part of the expression" for each finding in a PromQL alert; the part is left out where all of it is meant.
func promFindings(t *testing.T, rule rules.Rule) []string {
	t.Helper()
	linter, err := New(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	content := "groups:\n- name: g\n  rules:\n  " + strings.ReplaceAll(strings.TrimSuffix(rule.YAML(), "\n"), "\n", "\n  ") + "\n"
	book := rules.NewBook([]rules.RulerInfo{{Name: "ruler", Dialect: expr.PromQL}}).With(map[string][]byte{"ops/rules.yml": []byte(content)})
	for _, p := range book.Problems() {
		t.Fatalf("line %d: %s\n%s", p.Line, p.Text, content)
	}
	got := []string{}
	for _, f := range linter.Lint(book, book.Entries("")) {
		text := f.Check + ": " + rule.Expr[f.Start:f.End]
		if f.Fix != "" {
			text += " → " + f.Fix
		}
		got = append(got, strings.TrimSuffix(text, ": "))
	}
	return got
}

func TestPromQL(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string][]string{
		`up{job="a"} == 0`: {},

		// What a rule can be made of.
		`up[5m]`:                    {"promql-type"},
		`(hits_total[5m])`:          {"promql-type: hits_total[5m] → (increase(hits_total[5m]) > 0)"},
		`rate(hits_total[5m])[1h:]`: {"promql-type"},
		`"x"`:                       {"promql-type"},
		`up or down`:                {"promql-comparison"},
		`up + down`:                 {"promql-comparison:  → up + down > 0"},
		`up and down`:               {"promql-comparison:  → (up and down) > 0"},
		"up # all of them":          {"promql-comparison"},

		// What never matches.
		`sum by (job) (up) * on (instance) up > 1`:                                          {"promql-lost-label: sum by (job) (up) * on (instance) up"},
		`up > on (instance) sum by (job) (up)`:                                              {"promql-lost-label: up > on (instance) sum by (job) (up)"},
		`sum by (job) (up) > 1 or on (instance) up == 0`:                                    {},
		`foo{a="1"} > 0 and foo{a="2"}`:                                                     {`promql-matching: foo{a="1"} > 0 and foo{a="2"} → foo{a="1"} > 0 and ignoring (a) foo{a="2"}`},
		`foo{a="1"} / foo{a="2"} > 1`:                                                       {`promql-matching: foo{a="1"} / foo{a="2"} → foo{a="1"} / ignoring (a) foo{a="2"} > 1`},
		`foo{a="1"} / ignoring (a) foo{a="2"} > 1`:                                          {},
		`foo{a="1"} / on (b) foo{a="2"} > 1`:                                                {},
		`foo{a="1"} > 0 unless foo{a=~"2|3"}`:                                               {`promql-matching: foo{a="1"} > 0 unless foo{a=~"2|3"} → foo{a="1"} > 0 unless ignoring (a) foo{a=~"2|3"}`},
		`foo{a="1"} > foo{a!="1"}`:                                                          {`promql-matching: foo{a="1"} > foo{a!="1"} → foo{a="1"} > ignoring (a) foo{a!="1"}`},
		`foo{a="1"} > foo{a=~"1|2"}`:                                                        {},
		`sum by (a) (foo{a="1"}) > sum by (a) (foo{a="2"})`:                                 {`promql-matching: sum by (a) (foo{a="1"}) > sum by (a) (foo{a="2"}) → sum by (a) (foo{a="1"}) > ignoring (a) sum by (a) (foo{a="2"})`},
		`sum by (b) (foo{a="1"}) > sum by (b) (foo{a="2"})`:                                 {},
		`foo{a="1"} > label_replace(foo{a="2"}, "a", "1", "", "")`:                          {},
		`(foo{a="1"} or foo{a="2"}) > foo{a="2"}`:                                           {},
		`(foo{a="1"} or bar{a="1"}) > foo{a="2"}`:                                           {`promql-matching: (foo{a="1"} or bar{a="1"}) > foo{a="2"} → (foo{a="1"} or bar{a="1"}) > ignoring (a) foo{a="2"}`},
		`ready == 0 and on (instance) (errors == 0) * on (cluster) group_left (env) info`:   {"promql-lost-label: (errors == 0) * on (cluster) group_left (env) info"},
		`ready == 0 and on (env) (errors * on (cluster) group_left (env) info)`:             {},
		`(ready == 0 and on (instance) (errors == 0)) * on (cluster) group_left (env) info`: {},

		// Regular expressions.
		`up{job=~"web_.+_production"} == 0`:  {`promql-regexp: up{job=~"web_.+_production"}`},
		`up{job=~"web_.+_production|x"} > 1`: {"promql-impossible: up{job=~\"web_.+_production|x\"} > 1"},
		`up{job=~"web.*prod"} == 0`:          {},

		`up{job=~'web'} == 0`:            {`promql-regexp: up{job=~'web'} → up{job="web"} == 0`},
		`up{job=~"^web.*$", a="b"} == 0`: {`promql-regexp: up{job=~"^web.*$", a="b"} → up{job=~"web.*", a="b"} == 0`},
		`up{a=~".*",job="web"} == 0`:     {`promql-regexp: up{a=~".*",job="web"} → up{job="web"} == 0`},
		`up{job="web",a=~".*"} == 0`:     {`promql-regexp: up{job="web",a=~".*"} → up{job="web",} == 0`},
		`rate(hits_total[20s]) > 1`:      {`promql-rate-range: hits_total[20s] → rate(hits_total[1m]) > 1`},

		// What is not a number.
		`foo == NaN`:            {"promql-impossible: foo == NaN → foo != foo"},
		`foo > NaN`:             {"promql-impossible: foo > NaN"},
		`foo != NaN`:            {},
		`foo == vector(-NaN)`:   {"promql-impossible: foo == vector(-NaN) → foo != foo"},
		`(foo == bool NaN) > 0`: {},

		// What depends on nothing.
		`1`:                               {"constant:  → severity=none"},
		`time()`:                          {"constant:  → severity=none"},
		`vector(1) > 0`:                   {"constant:  → severity=none"},
		`vector(1) + vector(2) == 3`:      {"constant:  → severity=none"},
		`vector(1) > 2 or abs(vector(3))`: {"constant:  → severity=none", "promql-impossible: vector(1) > 2"},
		`vector(1) > 2`:                   {"promql-impossible: vector(1) > 2"},
		`hour() > 8`:                      {},
		`hour() >= 0`:                     {"constant:  → severity=none"},
		`vector(1) unless vector(2)`:      {},
		`vector(1) and on () hour() > 8`:  {},
		`absent(vector(1))`:               {"promql-absent: absent(vector(1)) → for=5m"},
		`label_replace(vector(1), "a", "b", "", "") + vector(1)`: {},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, promFindings(t, rules.Rule{Alert: "A", Expr: expression})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPromQLFixes holds that what a fix mends is found no more, and that an expression is one that Prometheus takes.
func TestPromQLFixes(t *testing.T) {
	t.Parallel()
	fixes := 0
	for _, c := range checks {
		for _, f := range lintText(t, c, c.Bad) {
			if c.Dialects[0] != expr.PromQL || f.Check != c.Name || f.End == 0 || f.Fix == "" || strings.HasPrefix(f.Fix, "for=") {
				continue
			}
			fixes++
			for _, left := range promFindings(t, rules.Rule{Alert: "A", Expr: f.Fix}) {
				if strings.HasPrefix(left, c.Name+": ") {
					t.Errorf("%s: %s: after the fix %s there is %s", c.Name, f.Text, f.Fix, left)
				}
			}
		}
	}
	if fixes < 8 {
		t.Errorf("only %d of the examples have a fix", fixes)
	}
}

// TestHumanized holds the option that mends an annotation.
func TestHumanized(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{{ $value }} errors, {{.Value}} a second`: `summary="{{ $value | humanize }} errors, {{.Value | humanize}} a second"`,
		"{{ $value }}\nerrors":                     "",
		`{{ $value | toUpper }}`:                   "",
	} {
		if got := humanized(rules.Field{Name: "annotation summary", Value: text}); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// TestConstant holds what is taken for a dead man's switch, and that a recording rule may be a number.
func TestConstant(t *testing.T) {
	t.Parallel()
	for _, r := range []rules.Rule{
		{Alert: "A", Labels: map[string]string{"severity": "none"}}, {Alert: "Watchdog"}, {Alert: "dead-mans-switch"}, {Alert: "AlwaysFiring"}, {Record: "workdays"},
	} {
		r.Expr = "vector(1)"
		if got := promFindings(t, r); len(got) > 0 {
			t.Errorf("%+v: %q", r, got)
		}
	}
}

// TestTemplateQuery holds which labels of a query's result a template may tell.
func TestTemplateQuery(t *testing.T) {
	t.Parallel()
	for text, found := range map[string]bool{
		`{{ query "sum by (job) (up)" | first | label "job" }}`:                                      false,
		`{{ query "sum by (job) (up)" | first | label "instance" }}`:                                 true,
		`{{ query "up" | first | label "instance" }}`:                                                false,
		`{{ range query "sum by (job) (up)" }}{{ .Labels.instance }}{{ end }}`:                       true,
		`{{ range query "sum by (job) (up)" }}{{ .Labels.job }}={{ .Value }}{{ end }}`:               false,
		`{{ range query "sum by (job) (up)" | sortByLabel "job" }}{{ . | label "x" }}{{ end }}`:      true,
		`{{ with query "sum(up)" }}{{ . | first | label "job" }}{{ end }}`:                           true,
		`{{ with query "sum(up)" }}{{ . | first | value }}{{ end }}{{ $labels.job }}`:                false,
		`{{ range query "up" }}{{ range query "sum(up)" }}x{{ end }}{{ .Labels.instance }}{{ end }}`: false,
		`{{ range query (printf "sum by (job) (up{job=%q})" $labels.job) }}{{ .Labels.x }}{{ end }}`: false,
	} {
		got := promFindings(t, rules.Rule{Alert: "A", Expr: `up{job="a"} == 0`, Annotations: map[string]string{"summary": text}})
		if (len(got) > 0) != found {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestTemplateSize holds which templates are too large for a ruler.
func TestTemplateSize(t *testing.T) {
	t.Parallel()
	doubled := `{{ $x := "0123456789" }}` + strings.Repeat(`{{ $x = printf "%s%s" $x $x }}`, 20) + `{{ $x }}`
	for text, found := range map[string]bool{
		`{{ printf "%.2f of %5d" $value 3 }}`:                                                                  false,
		`{{ printf "%5000000d" 1 }}`:                                                                           true,
		`{{ printf "%1000000000d" 1 }}`:                                                                        true,
		`{{ printf "%-*d" 5000000 1 }}`:                                                                        true,
		`{{ 5000000 | printf "%*d" 1 }}`:                                                                       false,
		`{{ 1 | printf "%*d" 5000000 }}`:                                                                       true,
		`{{ printf "%.5000000f" $value }}`:                                                                     true,
		`{{ printf "%[1]*[2]d" 5000000 1 }}`:                                                                   true,
		`{{ $f := "%.2f" }}{{ printf $f $value }}`:                                                             false,
		`{{ $f := print "%" 5000000 "d" }}{{ printf $f 1 }}`:                                                   true,
		`{{ printf (print "%5000000" "d") 1 }}`:                                                                true,
		`{{ $x := printf "%5000000d" 1 }}`:                                                                     true,
		`{{ len (printf "%5000000d" 1) }}`:                                                                     true,
		doubled:                                                                                                true,
		`{{ $x := "ab" }}{{ range query "up" }}{{ $x = print $x $x }}{{ end }}`:                                true,
		`{{ range query "up" }}{{ .Labels.instance }} {{ end }}`:                                               false,
		`{{ range 1000000000 }}x{{ end }}`:                                                                     true,
		`{{ range 1000000000 }}{{ end }}`:                                                                      true,
		`{{ $n := 1000000000 }}{{ range $n }}{{ end }}`:                                                        true,
		`{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}`:                                                   true,
		"{{ range 100 }}" + strings.Repeat(`{{ "" }}`, 1000) + "{{ end }}":                                     true,
		"{{ range 100 }}{{ and" + strings.Repeat(` ""`, 1000) + " }}{{ end }}":                                 true,
		"{{ range 10 }}" + strings.Repeat(`{{ "" }}`, 100) + "{{ end }}":                                       false,
		`{{ range 3 }}x{{ end }}`:                                                                              false,
		`{{ define "a" }}{{ template "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`:                      true,
		`{{ define "a" }}x{{ end }}{{ template "a" }}{{ template "a" }}`:                                       false,
		`{{ reReplaceAll "" (printf "%999d" 1) (printf "%999d" 1) }}`:                                          true,
		`{{ reReplaceAll "(.*):.*" "$1" $labels.instance }}`:                                                   false,
		`{{ with printf "sum(up{job='%s'})" .Labels.job | query }}{{ . | first | value }}{{ end }}`:            false,
		`{{ with 1000000 }}{{ printf "%*d" . 1 }}{{ end }}`:                                                    true,
		`{{ with 20 }}{{ printf "%-*s" . $labels.job }}{{ end }}`:                                              false,
		`{{ printf "%s %% %-*s" $labels.job 20 $labels.instance }}`:                                            false,
		`{{ printf "%*d" -1000000 1 }}`:                                                                        true,
		`{{ printf "%*d" (parseDuration "1h") 1 }}`:                                                            true,
		`{{ with 1000000000 }}{{ range . }}xxxxxxxx{{ end }}{{ end }}`:                                         true,
		`{{ range (1000000 | or) }}x{{ end }}`:                                                                 true,
		`{{ range (args 1000000).arg0 }}x{{ end }}`:                                                            true,
		`{{ define "a" }}{{ range .arg0 }}x{{ end }}{{ end }}{{ template "a" (args 1000000) }}`:                true,
		`{{ define "a" }}{{ range $ }}x{{ end }}{{ end }}{{ template "a" 1000000 }}`:                           true,
		"{{ printf \"%1000000\\n\" 1 }}":                                                                       true,
		`{{ with query "` + strings.Repeat("up or ", 60) + `up" }}{{ . | first | value | humanize }}{{ end }}`: false,
		`{{ "\\" ` + strings.Repeat(" | js", 30) + ` }}`:                                                       true,
		strings.Repeat(`{{ with print . . }}`, 20) + "x" + strings.Repeat(`{{ end }}`, 20):                     true,
	} {
		got := promFindings(t, rules.Rule{Alert: "A", Expr: `up{job="a"} == 0`, Annotations: map[string]string{"summary": text}})
		if (len(got) == 1 && got[0] == "template-size") != found {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// FuzzTemplateSize holds that no template keeps the one who estimates it busy.
func FuzzTemplateSize(f *testing.F) {
	for _, seed := range []string{`{{ printf "%5d" 1 }}`, `{{ range 9 }}{{ range 9 }}{{ $x := print $x }}{{ end }}{{ end }}`, `{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}{{ template "a" }}`,
		`{{ define "a" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ template "a" }}{{ end }}{{ template "b" }}`, `{{ with . }}{{ else }}{{ template "x" . }}{{ end }}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if work := templateWork(text); work < 0 || math.IsNaN(work) {
			t.Errorf("%q: %v", text, work)
		}
	})
}
