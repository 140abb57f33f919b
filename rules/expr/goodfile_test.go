package expr

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// requireAsStrict fails the test when a file is called good that rulefmt finds something wrong with, or reads otherwise.
func requireAsStrict(t *testing.T, l language, content []byte) (good bool) {
	t.Helper()
	text := ReadDocument(content)
	if len(text.problems) > 0 {
		return false // it never comes so far
	}
	groups := l.goodGroups(text.Root)
	if groups == nil {
		return false
	}
	want, errs := rulefmt.Parse(content, false, l.names, adapter{promQLParser, l}, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("%s: called good, and rulefmt says %v:\n%s", l.dialect, errs, content)
	}
	if !reflect.DeepEqual(want.Groups, groups) {
		t.Fatalf("%s: read as %+v, by rulefmt as %+v", l.dialect, groups, want.Groups)
	}
	return true
}

// TestAGoodFileIsGoodForRulefmt takes real files, and each of them with a line left out, doubled or spoiled.
func TestAGoodFileIsGoodForRulefmt(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for i, name := range slices.Sorted(maps.Keys(files)) {
		if good := requireAsStrict(t, promQL, files[name]); !good && len(PromQL.CheckFile(files[name])) == 0 {
			t.Errorf("%s: good, and not found to be", name)
		}
		if i%20 != 0 {
			continue
		}
		lines := bytes.SplitAfter(files[name], []byte("\n"))
		for at := range min(len(lines), 30) {
			for _, line := range [][]byte{nil, append(bytes.Clone(lines[at]), lines[at]...), bytes.ReplaceAll(lines[at], []byte(": "), []byte(": {{")), bytes.ToUpper(lines[at])} {
				requireAsStrict(t, promQL, bytes.Join(slices.Concat(lines[:at], [][]byte{line}, lines[at+1:]), nil))
			}
		}
	}
}

// FuzzGoodFile holds the same of any text.
func FuzzGoodFile(f *testing.F) {
	rule := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: vector(1)\n"
	for _, seed := range []string{
		rule, strings.Replace(rule, "alert", "record", 1), rule + "    labels: {a: 'b', __name__: x}\n", rule + "    annotations: {a: '{{ $value }}', b: '{{ $x }}'}\n",
		rule + "- name: g\n  rules: []\n", rule + "    labels: {\"\": x}\n", rule + "    annotations: {\"\\xff\": x}\n", strings.Replace(rule, "alert: A", "alert: A\n    record: b", 1),
		strings.Replace(rule, "alert: A", "record: b{}", 1) + "    annotations: {a: b}\n", rule + "    !!binary for: 5m\n", rule + "    \"for\": 5m\n", rule + "    ? for\n    : 5m\n", rule + "    <<: {for: 5m, x: y}\n", "!!binary groups: []\n", "groups: &g [{name: g, rulse: []}]", "x: &x {name: g, rules: []}\ngroups: [*x, null]",
		rule + "  - null\n  -\n", rule + "    !!null for: 5m\n", rule + "    for: !!null 5m\n", rule + "    labels: &l {a: b}\n    annotations: *l\n", "groups: []", "groups:\n- name: g\n  labels: {a: \"\\ud800\"}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, l := range languages {
			requireAsStrict(t, l, content)
		}
	})
}

func TestGoodTextsAreBounded(t *testing.T) {
	t.Parallel()
	var known goodTexts
	for i := range 5*maxGoodTexts/2 + 5 {
		known.add(fmt.Sprint(i))
		known.add("long" + strings.Repeat("x", maxGoodText))
	}
	if n := len(known.young) + len(known.old); n > 2*maxGoodTexts {
		t.Errorf("%d texts are remembered", n)
	}
	for text, want := range map[string]bool{"25004": true, "19999": true, "0": false, "25005": false} {
		if got := known.has(text); got != want {
			t.Errorf("%s is remembered: %t, want %t", text, got, want)
		}
	}
}

// TestWhatIsGoodInOneDialectIsCheckedInTheOther holds that what is remembered of one dialect says nothing of the other.
func TestWhatIsGoodInOneDialectIsCheckedInTheOther(t *testing.T) {
	t.Parallel()
	file := func(expression string) []byte {
		return []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + expression + "\n")
	}
	for expression, good := range map[string]Dialect{"histogram_quantile(0.9, only_promql)": PromQL, "'count_over_time({only=\"logql\"} | json [5m]) > 0'": LogQL} {
		for range 2 { // the second time it is remembered
			for _, d := range Dialects() {
				if problems := d.CheckFile(file(expression)); (len(problems) == 0) != (d == good) {
					t.Errorf("%s in %s: %+v", expression, d, problems)
				}
			}
		}
	}
}

// parses reports whether rulefmt takes a text as a template.
func parses(text string) bool {
	r := rulefmt.Rule{Alert: "A", Expr: "vector(1)", Annotations: map[string]string{"a": text}}
	return len(r.Validate(rulefmt.RuleNode{}, promQL.names, adapter{promQLParser, promQL})) == 0
}

func TestActions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, template, want string }{
		{"no action", "plain", "x"},
		{"nothing", "", ""},
		{"texts", "a {{ $value }} b {{$labels.job}}", "x{{ $value }}x{{$labels.job}}"},
		{"white space", " {{ .Value }}\n{{ $x := 1 }}", " {{ .Value }} {{ $x := 1 }}"},
		{"trimmed", "a {{- $value -}} b", "x{{- $value -}}x"},
		{"a brace before", "{{{ $value }}", "{{{ $value }}"},
		{"a brace after", "{{ $value }}} b", "{{ $value }}x"},
		{"not closed", "a {{ $value", "a {{ $value"},
		{"quotes", `a {{ "}}" }} b`, `a {{ "}}" }} b`},
		{"a comment", "a {{/* }} */}} b", "a {{/* }} */}} b"},
		{"a letter", "a {{ '}' }} b", "a {{ '}' }} b"},
	} {
		if got := actions(test.template); got != test.want {
			t.Errorf("%s: of %q %q, want %q", test.name, test.template, got, test.want)
		}
	}
}

// FuzzActions holds that a template parses when its actions do, and only then.
func FuzzActions(f *testing.F) {
	for _, seed := range []string{
		"a {{ $value }} b", "{{ if $value }} a {{ else }} b {{ end }}", "{{ range .Labels }}", "{{ end }}", "x {{- 3 -}} y", "{{-3}}", "{{ $x }}", "{{ humanize $value }}}",
		`{{define "a"}}{{end}}{{define "a"}}x{{end}}`, "{{{ 1 }}", "{{ break }}", "{{ 1 }}{{", "}}", "{{ $value | humanize }}\x00\xff{{ .Labels.a }}", "{{ nothing }}", "{{ 1\n}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if short := actions(text); parses(text) != parses(short) {
			t.Fatalf("%q parses: %t, %q: %t", text, parses(text), short, parses(short))
		}
	})
}
