package rules

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/templates"
)

// hostile are values that try to be more than a value.
var hostile = []string{
	"", "x", `"`, "`", `\`, `\"`, `"} or vector(1) > 0 #`, "` |= `", `a" or "b`, "x # y", "{{ $value }}", "{{", "{{{", "}}", "{", `{{ "`, `{{/*`, "5m] offset 1h [", "1 or up", "1e400", "0x10",
	"-1", "Inf", "sum", "by", "job) (up", "a,b", "{}", `{job="x"}`, `{job="x"} | json`, `{a="b"}, {c="d"}`, `job=x} or {y=z`, "${limit}", "$1", "(?i)a|b", "(", "[[:alpha:]", "\u2028", "\x00", "\xff",
	"日本語「漢字」", "５０％", "a\nb", "%!s(x)", "<script>", "time()", "1d", "/a/", "//",
}

// Whatever a parameter says, the expression keeps its shape or the parameter is refused; a text stands in it as exactly that text; and the
// annotations expand to exactly what was said.
func FuzzTemplate(f *testing.F) {
	for i, value := range hostile {
		f.Add(uint8(i), value)
		f.Add(uint8(i+4), value)
	}
	both := []Template{mustTemplate(f, "prom", promTemplate), mustTemplate(f, "logs", logTemplate)}
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		for _, one := range both {
			requireShape(t, one, one.Parameters[int(which)%len(one.Parameters)], value)
		}
	})
}

// No parameter of a template that is built in can be more than a value either.
func TestBuiltInKeepShape(t *testing.T) {
	t.Parallel()
	builtIn, err := ReadTemplates(templates.Files, noneTaken)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range builtIn {
		for _, p := range one.Parameters {
			for _, value := range []string{`"} or vector(1) > 0 #`, "` |= `{{ 1 }}", `{a="b"}, {c="d"}`, "job) (up", "(?i)a|b"} {
				requireShape(t, one, p, value)
			}
		}
	}
}

const sentinel = "SENTINEL"

func requireShape(t *testing.T, one Template, p Parameter, value string) {
	t.Helper()
	rule, err := one.Render("x", one.with(p.Name, value))
	if err != nil {
		if KindOf(err) != Invalid {
			t.Fatalf("%s=%q: %v", p.Name, value, err)
		}
		return
	}
	example, err := one.Render("x", one.Examples())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := one.Dialect.Shape(example.Expr)
	if got, err := one.Dialect.Shape(rule.Expr); err != nil || got != want {
		t.Fatalf("%s: %s=%q makes %s of %s: %v", one.Name, p.Name, value, rule.Expr, example.Expr, err)
	}
	said, readErr := p.read(one.Dialect, value)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if p.Type == "text" || p.Type == "label value" {
		other, err := one.Render("x", one.with(p.Name, sentinel))
		if err != nil {
			t.Fatal(err)
		}
		marked, _ := one.Dialect.Canonical(other.Expr)
		if got, err := one.Dialect.Canonical(rule.Expr); err != nil || got != strings.ReplaceAll(marked, strconv.Quote(sentinel), strconv.Quote(said.text)) {
			t.Fatalf("%s=%q reads back as %s: %v", p.Name, value, got, err)
		}
	}
	for name, text := range rule.Annotations {
		marked := placeholder.ReplaceAllStringFunc(one.Rule.Annotations[name], func(found string) string {
			if strings.Trim(found, "${}") == p.Name {
				return sentinel
			}
			v, _ := p.read(one.Dialect, value)
			if other, ok := one.Parameter(strings.Trim(found, "${}")); ok {
				v, _ = other.read(one.Dialect, other.Example)
			}
			return literal(v.text)
		})
		if got, want := printed(t, text), strings.ReplaceAll(printed(t, marked), sentinel, said.text); got != want {
			t.Fatalf("%s=%q: the %s %q expands to %q, want %q", p.Name, value, name, text, got, want)
		}
	}
}

// printed returns what a text with {{ }} prints. What is in them is not looked at: the functions print their names.
func printed(t *testing.T, text string) string {
	t.Helper()
	functions := template.FuncMap{}
	for _, name := range []string{"humanize", "humanize1024", "humanizeDuration", "humanizePercentage"} {
		functions[name] = func(any) string { return name }
	}
	parsed, err := template.New("").Funcs(functions).Parse("{{ $labels := .Labels }}{{ $value := .Value }}" + text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, map[string]any{"Labels": map[string]string{}, "Value": 1.0}); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out.String()
}

// What a rule remembers is one line of comment, whatever it says: it comes back as it was, and the file says what it says without it.
func FuzzOrigin(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) {
			t.Skip("chat is UTF-8")
		}
		want := Origin{"log-text", 7, []Argument{{"text", value}, {"label.team", value}, {"for", "5m"}}}
		g := oneRule("A")
		plain := readFile("", bothRulers[0].Dialect, renderFile(g))
		g.Rules[0].notes = []string{want.note()}
		noted := readFile("", bothRulers[0].Dialect, renderFile(g))
		if len(noted.problems) > 0 || len(noted.groups) != 1 || !sameGroup(noted.groups[0], plain.groups[0]) {
			t.Fatalf("%s: %+v", noted.content, noted.problems)
		}
		got, remembered := (Entry{Source: noted.groups[0].Rules[0].source}).Origin()
		if diff := cmp.Diff(want, got); !remembered || diff != "" {
			t.Fatalf("%s: %v\n%s", noted.content, remembered, diff)
		}
	})
}
