package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/templates"
)

func noneTaken(string) bool { return false }

// A template in PromQL and one in LogQL with a parameter of every type.
const (
	promTemplate = `
name: prom
version: 3
description: every type
dialect: promql
parameters:
  - {name: names, type: label names, description: d, example: "job, instance"}
  - {name: metric, type: metric, description: d, example: http_requests_total}
  - {name: series, type: selector, description: d, default: "{}", example: job=web}
  - {name: code, type: label value, description: d, example: "500"}
  - {name: path, type: regex, description: d, example: "/api/.*"}
  - {name: kind, type: enum, values: [get, post], description: d, example: get}
  - {name: window, type: duration, description: d, example: 5m}
  - {name: limit, type: number, description: d, example: "10"}
  - {name: share, type: percentage, description: d, example: "50"}
rule:
  expr: |
    sum by (${names}) (rate(${metric}{${series}, code=${code}, path=~${path}, method=${kind}}[${window}])) > ${limit}
      and on () vector(${share}) > ${window:seconds}
  labels: {severity: warning}
  annotations: {summary: "${code} ${path} in ${series}, ${share} of {{ $value }}"}
`
	logTemplate = `
name: logs
version: 1
description: every type
dialect: logql
parameters:
  - {name: names, type: label names, description: d, example: job}
  - {name: logs, type: selector, description: d, example: '{job="web", env=~"a|b"}'}
  - {name: code, type: text, description: d, example: a text}
  - {name: path, type: regex, description: d, example: "x+"}
  - {name: kind, type: enum, values: [a, b], description: d, example: a}
  - {name: window, type: duration, description: d, example: 5m}
  - {name: limit, type: number, description: d, example: "10"}
  - {name: share, type: percentage, description: d, example: "50"}
rule:
  expr: |
    sum by (${names}) (count_over_time({env="prod", ${logs}} |= ${code} |~ ${path} | json | kind=${kind} | text=${code}
      | took > ${window} | size >= ${limit} | __error__="" [${window}])) > ${share}
  annotations: {summary: "${code} ${path} in ${logs}"}
`
)

func mustTemplate(t testing.TB, name, content string) Template {
	t.Helper()
	template, err := ReadTemplate(name, []byte(content), noneTaken)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// with returns the examples with another value for one parameter.
func (t Template) with(name, value string) []Argument {
	arguments := t.Examples()
	i := slices.IndexFunc(arguments, func(a Argument) bool { return a.Name == name })
	arguments[i].Value = value
	return arguments
}

func TestRenderByType(t *testing.T) {
	t.Parallel()
	prom, logs := mustTemplate(t, "prom", promTemplate), mustTemplate(t, "logs", logTemplate)
	for _, test := range []struct {
		template    Template
		name, value string
		want        string // in the expression or the summary; "" when it is refused
	}{
		{prom, "window", "90m", "[1h30m])) > 10\n  and on () vector(50) > 5400"},
		{prom, "window", "1H30M", "[1h30m]"},
		{prom, "window", "0s", ""},
		{prom, "window", "5m] offset 1h", ""},
		{prom, "limit", "1e3", "> 1000\n"},
		{prom, "limit", "１０", "> 10\n"},
		{prom, "limit", "-0.5", "> -0.5\n"},
		{prom, "limit", "NaN", ""},
		{prom, "limit", "1e300", ""},
		{prom, "limit", "1 or up", ""},
		{prom, "share", "５０％", "50% of {{ $value }}"},
		{prom, "share", "12.5 %", "vector(12.5)"},
		{prom, "share", "101", ""},
		{prom, "code", `5"} or {a="`, `code="5\"} or {a=\""`},
		{prom, "code", "{{ $labels.x }}", `{{ "{{" }} $labels.x }} /api/.*`},
		{prom, "code", "", ""},
		{prom, "code", "a\nb", ""},
		{prom, "path", "/a.*b/", `path=~"a.*b"`},
		{prom, "path", "(", ""},
		{prom, "path", "(((a{1000}){1000}){1000})", ""},
		{prom, "series", "{}", "http_requests_total{code="},
		{prom, "series", "web", `{job="web", code=`},
		{prom, "series", "a=b,c!=d", `{a="b", c!="d", code=`},
		{prom, "series", `{a=~"x|y"}`, `{a=~"x|y", code=`},
		{prom, "series", `{a="b"} offset 5m`, ""},
		{prom, "series", `{__name__="x"}`, ""},
		{prom, "series", `up{a="b"}`, ""},
		{prom, "names", "job,  host", "sum by (job, host)"},
		{prom, "names", "job) (up", ""},
		{prom, "names", "", ""},
		{prom, "metric", "up", "rate(up{"},
		{prom, "metric", "up{", ""},
		{prom, "kind", "post", `method="post"`},
		{prom, "kind", "pst", ""},
		{logs, "logs", "{}", ""},
		{logs, "logs", `{a=~".*"}`, ""},
		{logs, "logs", "sshd", `{env="prod", job="sshd"}`},
		{logs, "logs", `{a="b"} |= "x"`, ""},
		{logs, "code", "`", "|= \"`\""},
		{logs, "window", "2d", "[2d]"},
	} {
		rule, err := test.template.Render("x", test.template.with(test.name, test.value))
		if err != nil {
			if e, ok := errors.AsType[*Error](err); test.want != "" || !ok || e.Kind != Invalid || e.Field != test.name || e.Text == "" {
				t.Errorf("%s=%s: %+v", test.name, test.value, err)
			}
			continue
		}
		if text := rule.Expr + "\n" + rule.Annotations["summary"]; test.want == "" || !strings.Contains(text, test.want) {
			t.Errorf("%s=%s:\n%s\nwant %q", test.name, test.value, text, test.want)
		}
	}
	if rule, err := prom.Render("x", slices.DeleteFunc(prom.Examples(), func(a Argument) bool { return a.Name == "series" })); err != nil || strings.Contains(rule.Expr, "{,") {
		t.Errorf("without what has a default: %s %v", rule.Expr, err)
	}
	if _, err := prom.Render("x", nil); err == nil || !strings.Contains(err.Error(), "needs names=") {
		t.Errorf("without anything: %v", err)
	}
}

// Whatever is wrong with a template is told, and in what way.
func TestBadTemplates(t *testing.T) {
	t.Parallel()
	const good = "name: t\nversion: 1\ndescription: d\ndialect: promql\nparameters:\n  - {name: limit, type: number, description: d, example: 1}\nrule:\n  expr: up > ${limit}\n  annotations: {summary: 'x ${limit} y'}\n"
	if _, err := ReadTemplate("t", []byte(good), noneTaken); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, want string }{
		{"name: t\n", "name: u\n", "must be the file's"},
		{"version: 1", "version: 0", "version must be"},
		{"description: d\nd", "description: ''\nd", "description must be"},
		{"promql", "sql", "must be promql or logql"},
		{"rule:", "rules:", "field rules not found"},
		{"version: 1", "version: 1\nversion: 2", "already defined"},
		{"name: limit", "name: Limit", "small letters"},
		{"name: limit", "name: for", "the name of an option"},
		{"type: number", "type: integer", "the types are duration, number"},
		{"type: number", "type: enum", "values belong to an enum"},
		{"example: 1", "example: one", "the example of the parameter"},
		{"example: 1", "example: 1, default: x", "the default of the parameter"},
		{"up > ${limit}", "up > ${limits}", "no such parameter"},
		{"up > ${limit}", `up{a="${limit}"} > 1`, "inside a text"},
		{"up > ${limit}", "'up > 1 # ${limit}'", "inside a text or a comment"},
		{"up > ${limit}", "up > ${limit:seconds}", "only :seconds"},
		{"up > ${limit}", "up > > ${limit}", "the expression with the examples"},
		{"up > ${limit}", "rate(up) > ${limit}", "the expression with the examples"},
		{"up > ${limit}\n  annotations: {summary: 'x ${limit} y'}", "up > 1", "is not used"},
		{"x ${limit} y", "x {${limit} y", "directly beside"},
		{"x ${limit} y", "x ${limit}{ y", "directly beside"},
		{"x ${limit} y", "x ${limit}${limit} y", "directly beside"},
		{"x ${limit} y", "x {{ ${limit} }} y", "inside {{ }}"},
		{"x ${limit} y", "x ${limit:seconds} y", "belong into the expression"},
		{"x ${limit} y", "x {{ nonsense }} ${limit}", "nonsense"},
		{"rule:\n", "---\nrule:\n", "second YAML document"},
		{"expr: up", "for: -5m\n  expr: up", "no template"},
	} {
		bad := strings.Replace(good, test.from, test.to, 1)
		if bad == good {
			t.Fatalf("%q is not in the good template", test.from)
		}
		_, err := ReadTemplate("t", []byte(bad), func(name string) bool { return name == "for" })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.to, err, test.want)
		}
	}
}

// The rulebook's templates go before those that are built in, and a bad one harms nothing but itself.
func TestBookTemplates(t *testing.T) {
	t.Parallel()
	builtIn, err := ReadTemplates(templates.Files, noneTaken)
	if err != nil {
		t.Fatal(err)
	}
	tree := memoryTree{
		"templates/disk-full.yaml":  strings.Replace(promTemplate, "name: prom", "name: disk-full", 1),
		"templates/own.yaml":        strings.Replace(logTemplate, "name: logs", "name: own", 1),
		"templates/host-down.yaml":  "name: host-down\nnonsense: true\n",
		"templates/README.md":       "none",
		"prometheus/ops/other.yaml": string(renderFile(oneRule("A"))),
	}
	book, err := NewBook(bothRulers).At(tree)
	if err != nil {
		t.Fatal(err)
	}
	all, err := book.Templates(builtIn, noneTaken)
	if err != nil {
		t.Fatal(err)
	}
	replaced, _ := all.Find("disk-full")
	own, _ := all.Find("own")
	kept, _ := all.Find("host-down")
	if len(all.All) != len(builtIn)+1 || !replaced.Replaces || replaced.Version != 3 || own.Path != "templates/own.yaml" || own.Replaces || kept.Path != "" {
		t.Errorf("%d templates; %+v, %+v, %+v", len(all.All), replaced.Path, own, kept.Path)
	}
	if len(all.Problems) != 1 || all.Problems[0].Path != "templates/host-down.yaml" || !strings.Contains(all.Problems[0].Text, "field nonsense not found") {
		t.Errorf("problems: %+v", all.Problems)
	}
	if len(book.Problems()) != 0 {
		t.Errorf("templates are taken for rules: %+v", book.Problems())
	}
}

// What a rule remembers comes back as it was, from a new file and from one that it was put into.
func TestOriginSurvives(t *testing.T) {
	t.Parallel()
	template := mustTemplate(t, "logs", logTemplate)
	from := &FromTemplate{Template: template, Arguments: template.Examples(), Remembered: append(template.Examples(), Argument{"label.team", "a\nb # c"})}
	book := NewBook(bothRulers)
	for _, name := range []string{"one", "two"} {
		change, err := Add{Name: name, From: from, Options: Options{Namespace: "ops", Group: "g"}}.Plan(book)
		if err != nil {
			t.Fatal(err)
		}
		book = book.With(change.Files)
	}
	for _, name := range []string{"one", "two"} {
		entry, err := book.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		origin, remembered := entry.Origin()
		if diff := cmp.Diff(Origin{"logs", 1, from.Remembered}, origin); !remembered || diff != "" {
			t.Errorf("%s: %v\n%s", entry.Source, remembered, diff)
		}
	}
	for _, source := range []string{"- alert: x\n  expr: up\n", "- alert: x\n  # template: x\n", "- alert: x\n  # template: x v1 a=\"b\n", "- alert: x\n  # template: x v1 =b\n"} {
		if origin, remembered := (Entry{Source: source}).Origin(); remembered {
			t.Errorf("%q: %+v", source, origin)
		}
	}
}

func TestATemplateWithoutARuleHarmsNoOther(t *testing.T) {
	t.Parallel()
	of := func(name string) Template {
		read, err := ReadTemplate(name, []byte(strings.Replace(promTemplate, "name: prom", "name: "+name, 1)), noneTaken)
		if err != nil {
			t.Fatal(err)
		}
		read.Path = "templates/" + name + ".yaml"
		return read
	}
	all := Templates{All: []Template{of(strings.Repeat("long", 60)), of("short")}}
	all.Lint(nil, func(*Book, *Book, []Ref) []Finding {
		return []Finding{{Check: "some-check", Severity: SeverityError, Text: "not so"}}
	})
	if long, short := all.All[0].Flaw, all.All[1].Flaw; !strings.Contains(long, "at most") || short != "some-check: not so" {
		t.Errorf("flaws %q and %q", long, short)
	}
}
