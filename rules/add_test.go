package rules

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules/expr"
)

func TestAddPlansAFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		add           Add
		path, content string
		subject       string
	}{
		{
			name: "an expression with every option",
			add: Add{Name: " node-down ", Expr: "up == 0", Channel: "ops", Options: Options{
				Namespace: "team/web", Group: "nodes", For: new(time.Minute), KeepFiringFor: new(90 * time.Second), Interval: new(15 * time.Second),
				Labels:      map[string]string{"severity": "critical", "area": "web"},
				Annotations: map[string]string{"summary": "{{ $labels.instance }} is down", "runbook_url": "https://example.org"},
			}},
			path: "prometheus/team/web/nodes.yaml",
			content: `groups:
  - name: nodes
    interval: 15s
    rules:
      - alert: node-down
        expr: up == 0
        for: 1m
        keep_firing_for: 1m30s
        labels:
          severity: critical
          area: web
        annotations:
          summary: '{{ $labels.instance }} is down'
          runbook_url: https://example.org
`,
			subject: "add node-down",
		},
		{
			name: "an expression that the chat has escaped",
			add:  Add{Name: "a", Expr: "up &lt; 1 and a &gt; 2", Channel: "ops"},
			path: "prometheus/ops/a.yaml",
			content: `groups:
  - name: a
    rules:
      - alert: a
        expr: up < 1 and a > 2
`,
			subject: "add a",
		},
		{
			name: "an expression that is right with what looks escaped",
			add:  Add{Name: "a", Expr: `up{a="&lt;"} < 1`, Channel: "ops"},
			path: "prometheus/ops/a.yaml",
			content: `groups:
  - name: a
    rules:
      - alert: a
        expr: up{a="&lt;"} < 1
`,
			subject: "add a",
		},
		{
			name: "a name in another script with what no file name has",
			add:  Add{Name: "監視 / ../サーバー", Expr: "up", Channel: "町の広場"},
			path: "prometheus/町の広場/監視---..-サーバー-d460b37b.yaml",
			content: `groups:
  - name: 監視 / ../サーバー
    rules:
      - alert: 監視 / ../サーバー
        expr: up
`,
			subject: "add 監視 / ../サーバー",
		},
		{
			name: "a pasted list, its first line's indentation lost",
			add:  Add{YAML: "- alert: A\n      expr: up # why\n    - record: a:b\n      expr: |\n        sum(up)\n", Channel: "ops"},
			path: "prometheus/ops/A.yaml",
			content: `groups:
  - name: A
    rules:
      - alert: A
        expr: up # why
      - record: a:b
        expr: |
          sum(up)
`,
			subject: "add A and 1 more",
		},
		{
			name: "a pasted rule",
			add:  Add{YAML: "alert: A\nexpr: up\nlabels: &l {a: b}\nannotations: *l", Channel: "ops", Options: Options{Group: "g", Interval: new(time.Minute)}},
			path: "prometheus/ops/g.yaml",
			content: `groups:
  - name: g
    interval: 1m
    rules:
      - alert: A
        expr: up
        labels:
          a: b
        annotations:
          a: b
`,
			subject: "add A",
		},
		{
			name: "a pasted group",
			add:  Add{YAML: "name: g\ninterval: 2m\nlimit: 5\nquery_offset: 0s\nlabels: {a: b}\nrules:\n- alert: A\n  expr: up", Channel: "ops"},
			path: "prometheus/ops/g.yaml",
			content: `groups:
  - name: g
    interval: 2m
    query_offset: 0s
    limit: 5
    labels:
      a: b
    rules:
      - alert: A
        expr: up
`,
			subject: "add A",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := bookOf(t, nil)
			change := requirePlan(t, book, test.add)
			if diff := cmp.Diff(map[string]string{test.path: test.content}, asTexts(change.Files)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if change.Subject != test.subject {
				t.Errorf("subject %q, want %q", change.Subject, test.subject)
			}
			requireOnlyNew(t, book, change, change.Refs...)
		})
	}
}

func asTexts(files map[string][]byte) map[string]string {
	texts := map[string]string{}
	for path, content := range files {
		texts[path] = string(content)
	}
	return texts
}

func TestAddLogForm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		form          LogForm
		threshold     *float64
		expr, summary string
	}{
		{LogForm{"amane_fail2ban_log", "Ban", "5m"}, nil,
			`sum by (job) (count_over_time({job="amane_fail2ban_log"} |= "Ban" [5m])) > 0`,
			`"Ban" in {job="amane_fail2ban_log"}: 3 lines within 5m`},
		{LogForm{"job=x", "*", "1h30m"}, new(10.0),
			`sum by (job) (count_over_time({job="x"} [1h30m])) > 10`,
			`{job="x"}: 3 lines within 1h30m`},
		{LogForm{`job="a,b" , level!=debug,host=~"web.*"`, "/ban(ned)?/", "1d"}, nil,
			`sum by (job,level,host) (count_over_time({job="a,b",level!="debug",host=~"web.*"} |~ "ban(ned)?" [1d])) > 0`,
			`/ban(ned)?/ in {job="a,b", level!="debug", host=~"web.*"}: 3 lines within 1d`},
		{LogForm{`{job=~"a|b"}`, `say "{{ .Secret }}" \ {{`, "30s"}, nil,
			`sum by (job) (count_over_time({job=~"a|b"} |= "say \"{{ .Secret }}\" \\ {{" [30s])) > 0`,
			`"say "{{ .Secret }}" \ {{" in {job=~"a|b"}: 3 lines within 30s`},
		{LogForm{"日本語", "/var/log", "5m"}, nil,
			`sum by (job) (count_over_time({job="日本語"} |= "/var/log" [5m])) > 0`,
			`"/var/log" in {job="日本語"}: 3 lines within 5m`},
	} {
		change := requirePlan(t, bookOf(t, nil), Add{Name: "ban", Log: &test.form, Channel: "ops", Options: Options{Threshold: test.threshold}})
		if change.Ruler != "loki" {
			t.Errorf("%+v goes to %s", test.form, change.Ruler)
		}
		entry, err := bookOf(t, nil).With(change.Files).Find("ban")
		if err != nil {
			t.Fatal(err)
		}
		want, err := expr.LogQL.Canonical(test.expr)
		if got, gotErr := expr.LogQL.Canonical(entry.Rule.Expr); err != nil || gotErr != nil || got != want {
			t.Errorf("%+v makes %s, want %s (%v, %v)", test.form, got, want, gotErr, err)
		}
		if got := expand(t, entry.Rule.Annotations["summary"], 3); got != test.summary {
			t.Errorf("%+v has the summary\n%s\nwant\n%s", test.form, got, test.summary)
		}
		if entry.Rule.For != 0 {
			t.Errorf("for: %s", entry.Rule.For)
		}
	}
}

// expand runs a template as Prometheus and Loki do.
func expand(t *testing.T, text string, value any) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=zero").Parse("{{$value := .Value}}" + text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, map[string]any{"Value": value}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out.String()
}

// FuzzLiteral holds that no pattern runs as a template.
func FuzzLiteral(f *testing.F) {
	for _, text := range []string{"a{{b}}", "{{{", "{{{{", `{{ "x" }}`, "}}", "{{- 1 -}}", "{{/*", "\\{{"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := expand(t, literal(`"`+text+`"`)+": {{ $value }}", 1); got != `"`+text+`": 1` {
			t.Errorf("%q prints as %q", text, got)
		}
	})
}

// addBook has what additions can run into.
var addBook = memoryTree{
	"prometheus/ops/web.yaml": "groups:\n- name: web\n  interval: 30s\n  rules:\n  - alert: Slow\n    expr: up > 1\n",
	"prometheus/ops/own.yaml": "groups:\n- name: renamed\n  rules:\n  - alert: x\n    expr: up\n",
	"prometheus/ops/bad.yaml": "groups:\n- name: bad\n  rules:\n  - alert: Broken\n    expr: up ==\n",
	"prometheus/ops/one.yaml": "groups:\n- name: twice\n  rules:\n  - alert: x\n    expr: up\n",
	"prometheus/ops/two.yaml": "groups:\n- name: twice\n  rules:\n  - alert: x\n    expr: up\n",
}

func TestAddFindsItsPlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		add  Add
		want string
	}{
		{"into a group", Add{Name: "New", Expr: "up", Channel: "ops", Options: Options{Group: "web"}}, "prometheus/ops/web.yaml"},
		{"into a group, with its interval", Add{Name: "New", Expr: "up", Channel: "ops", Options: Options{Group: "web", Interval: new(30 * time.Second)}}, "prometheus/ops/web.yaml"},
		{"into a group of its name", Add{Name: "web", Expr: "up", Channel: "ops"}, "prometheus/ops/web.yaml"},
		{"a group of this name in another namespace", Add{Name: "New", Expr: "up", Channel: "dev", Options: Options{Group: "web"}}, "prometheus/dev/web.yaml"},
		{"a file of this name with another group", Add{Name: "own", Expr: "up", Channel: "ops"}, "prometheus/ops/own-00000000.yaml"},
		{"a hidden name", Add{Name: ".hidden", Expr: "up", Channel: "ops"}, "prometheus/ops/hidden-00000000.yaml"},
		{"only signs", Add{Name: "///", Expr: "up", Channel: "ops"}, "prometheus/ops/dcf4982d.yaml"},
		{"no channel", Add{Name: "New", Expr: "up"}, "prometheus/default/New.yaml"},
		{"an extension", Add{Name: "New.yaml", Expr: "up", Channel: "x.yml"}, "prometheus/x-yml/New-yaml-00000000.yaml"},
	} {
		book := bookOf(t, addBook)
		change, err := test.add.Plan(book)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := sortedKeys(change.Files)
		if len(got) != 1 || !sameButHash(got[0], test.want) {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}

// sameButHash compares paths up to the hash that may end them.
func sameButHash(a, b string) bool {
	cut := func(path string) string {
		stem := strings.TrimSuffix(path, ".yaml")
		if i := strings.LastIndexByte(stem, '-'); i >= 0 && len(stem)-i == len("-12345678") {
			return stem[:i]
		}
		return stem
	}
	return cut(a) == cut(b)
}

func TestAddIsRefused(t *testing.T) {
	t.Parallel()
	log := &LogForm{"job=x", "Ban", "5m"}
	for _, test := range []struct {
		name   string
		add    Add
		kind   Kind
		field  string
		offset int
		fixes  []string
		text   string // a part of it
	}{
		{"no name", Add{Expr: "up"}, Invalid, "name", -1, nil, "needs a name"},
		{"a line break in the name", Add{Name: "a\nb", Expr: "up"}, Invalid, "name", -1, nil, "line break"},
		{"a direction mark in the name", Add{Name: "a\u202eb", Expr: "up"}, Invalid, "name", -1, nil, "invisible"},
		{"a long name", Add{Name: strings.Repeat("x", 201), Expr: "up"}, Invalid, "name", -1, nil, "201 bytes"},
		{"no UTF-8", Add{Name: "a\xff", Expr: "up"}, Invalid, "name", -1, nil, "UTF-8"},
		{"an open bracket", Add{Name: "a", Expr: "rate(x[5m]", Options: Options{Ruler: "prometheus"}}, Invalid, "expr", 10, []string{"rate(x[5m])"}, "PromQL: unclosed left parenthesis"},
		{"a long expression", Add{Name: "a", Expr: strings.Repeat("(", expr.MaxExpression+1)}, Invalid, "expr", -1, nil, "8193 bytes"},
		{"LogQL for Prometheus", Add{Name: "a", Expr: `rate({job="x"} |= "y" [5m]) > 0`, Options: Options{Ruler: "prometheus"}}, Invalid, "ruler", -1, []string{"loki"}, "looks like LogQL"},
		{"PromQL for Loki", Add{Name: "a", Expr: `up == 0`, Options: Options{Ruler: "loki"}}, Invalid, "ruler", -1, []string{"prometheus"}, "looks like PromQL"},
		{"a log query", Add{Name: "a", Expr: `{job="x"} |= "y"`}, Invalid, "expr", 0, []string{`count_over_time({job="x"} |= "y" [5m]) > 0`}, "counts nothing"},
		{"both languages", Add{Name: "a", Expr: `vector(1)`}, Conflict, "ruler", -1, []string{"prometheus", "loki"}, "More than one ruler"},
		{"no such ruler", Add{Name: "a", Expr: "up", Options: Options{Ruler: "promtheus"}}, Invalid, "ruler", -1, []string{"prometheus"}, "no ruler"},
		{"lines for Prometheus", Add{Name: "a", Log: log, Options: Options{Ruler: "prometheus"}}, Invalid, "ruler", -1, []string{"loki"}, "by a Loki"},
		{"threshold with an expression", Add{Name: "a", Expr: "up", Options: Options{Threshold: new(1.0)}}, Invalid, "threshold", -1, nil, "Write it into"},
		{"keep_firing_for for Loki", Add{Name: "a", Log: log, Options: Options{KeepFiringFor: new(time.Minute)}}, Invalid, "keep_firing_for", -1, nil, "Loki ignores"},
		{"negative threshold", Add{Name: "a", Log: log, Options: Options{Threshold: new(-1.0)}}, Invalid, "threshold", -1, nil, "zero or greater"},
		{"negative for", Add{Name: "a", Expr: "up", Options: Options{For: new(-time.Second)}}, Invalid, "for", -1, nil, "zero or more"},
		{"two documents", Add{YAML: "- alert: A\n  expr: up == 0\n---\n- alert: B\n  expr: up == 0"}, Invalid, "yaml", -1, []string{"- alert: A\n  expr: up == 0\n- alert: B\n  expr: up == 0"}, "Line 3: a second YAML document"},
		{"an interval of a millisecond", Add{Name: "a", Expr: "up", Options: Options{Interval: new(time.Millisecond)}}, Invalid, "interval", -1, nil, "at least 1s"},
		{"no pattern", Add{Name: "a", Log: &LogForm{"x", "", "5m"}}, Invalid, "pattern", -1, []string{"*"}, "empty"},
		{"a broken regular expression", Add{Name: "a", Log: &LogForm{"x", "/a(b/", "5m"}}, Invalid, "pattern", 1, nil, "regular expression"},
		{"a time without unit", Add{Name: "a", Log: &LogForm{"x", "y", "5"}}, Invalid, "time", -1, []string{"5m", "5s", "5h"}, "no duration"},
		{"no time", Add{Name: "a", Log: &LogForm{"x", "y", "0s"}}, Invalid, "time", -1, nil, "more than zero"},
		{"no label", Add{Name: "a", Log: &LogForm{"", "y", "5m"}}, Invalid, "label", -1, nil, "job=NAME"},
		{"a label without name", Add{Name: "a", Log: &LogForm{"job=x,=y", "y", "5m"}}, Invalid, "label", 6, nil, "name=value"},
		{"a label that is none", Add{Name: "a", Log: &LogForm{"a-b=x", "y", "5m"}}, Invalid, "label", 0, nil, "name=value"},
		{"an open selector", Add{Name: "a", Log: &LogForm{`{job="x"`, "y", "5m"}}, Invalid, "label", 8, []string{`{job="x"}`}, ""},
		{"injection into the selector", Add{Name: "a", Log: &LogForm{`job="x"} |= "y`, "y", "5m"}}, Invalid, "label", 7, nil, "comma"},
		{"a label option that is none", Add{Name: "a", Expr: "up", Options: Options{Labels: map[string]string{"a b": "c"}}}, Invalid, "label.a b", -1, nil, "no label name"},
		{"the name as a label", Add{Name: "a", Expr: "up", Options: Options{Labels: map[string]string{"alertname": "c"}}}, Invalid, "label.alertname", -1, nil, "rule's name"},
		{"a control character in the severity", Add{Name: "a", Expr: "up", Options: Options{Labels: map[string]string{"severity": "\x1b"}}}, Invalid, "severity", -1, nil, "U+001B"},
		{"a broken template", Add{Name: "a", Expr: "up", Options: Options{Annotations: map[string]string{"summary": "{{ $x }"}}}, Invalid, "", -1, nil, "summary"},
		{"out of the namespace", Add{Name: "a", Expr: "up", Options: Options{Namespace: "../../etc"}}, Invalid, "namespace", -1, []string{"etc"}, "cannot be used"},
		{"a rule of this name in the group", Add{Name: "Slow", Expr: "up", Channel: "ops", Options: Options{Group: "web"}}, Conflict, "", -1, []string{"delete Slow"}, "prometheus/ops/web.yaml, line 5. To replace it, delete it first."},
		{"another interval", Add{Name: "a", Expr: "up", Channel: "ops", Options: Options{Group: "web", Interval: new(time.Minute)}}, Conflict, "interval", -1, []string{"30s"}, "every 30s"},
		{"a bad file", Add{Name: "a", Expr: "up", Channel: "ops", Options: Options{Group: "bad"}}, Conflict, "group", -1, nil, "bad.yaml, line 5"},
		{"two groups of one name", Add{Name: "a", Expr: "up", Channel: "ops", Options: Options{Group: "twice"}}, Conflict, "group", -1, nil, "ops/one.yaml, ops/two.yaml"},
		{"pasted: not YAML", Add{YAML: "alert: A\nexpr: a: b"}, Invalid, "yaml", 9, nil, "Line 2: mapping values are not allowed"},
		{"pasted: unknown key", Add{YAML: "- alert: A\n  expr: up\n  lables: {}"}, Invalid, "yaml", 24, nil, `Line 3: A rule has no "lables". Did you mean "labels"?`},
		{"pasted: a text", Add{YAML: "hello"}, Invalid, "yaml", -1, nil, "no rule"},
		{"pasted: nothing", Add{YAML: "# nothing"}, Invalid, "yaml", -1, nil, "no rule"},
		{"pasted: empty group", Add{YAML: "groups: [{name: g, rules: []}]"}, Invalid, "yaml", -1, nil, "no rule"},
		{"pasted: no expression", Add{YAML: "alert: A"}, Invalid, "yaml", 0, nil, "needs an expr"},
		{"pasted: both kinds", Add{YAML: "alert: A\nrecord: b\nexpr: up"}, Invalid, "yaml", 0, nil, "either"},
		{"pasted: a wrong duration", Add{YAML: "alert: A\nexpr: up\nfor: 5 minutes"}, Invalid, "yaml", 23, []string{"alert: A\nexpr: up\nfor: 5m"}, `Line 3: for: "5 minutes" is no duration`},
		{"pasted: Japanese minutes", Add{YAML: "alert: A\nexpr: up\nfor: 5分"}, Invalid, "yaml", 23, []string{"alert: A\nexpr: up\nfor: 5m"}, "Line 3: for:"},
		{"pasted: a template without quotes", Add{YAML: "alert: A\nexpr: up\nannotations:\n  summary: {{ $labels.instance }} is down"}, Invalid, "yaml", 42,
			[]string{"alert: A\nexpr: up\nannotations:\n  summary: \"{{ $labels.instance }} is down\""}, "Line 4: Put quotes"},
		{"pasted: the second expression", Add{YAML: "- alert: A\n  expr: up\n- alert: B\n  expr: |\n    up =="}, Invalid, "yaml", 43, nil, `Line 5: The expression of "B"`},
		{"pasted: a broken expression", Add{YAML: "alert: A\nexpr: up ==", Options: Options{Ruler: "prometheus"}}, Invalid, "yaml", 9, nil, `Line 2: The expression of "A": This is no PromQL`},
		{"pasted: with an option", Add{YAML: "alert: A\nexpr: up", Options: Options{For: new(time.Minute)}}, Invalid, "for", -1, nil, "into the YAML"},
		{"pasted: two group names", Add{YAML: "name: g\nrules: [{alert: A, expr: up}]", Options: Options{Group: "h"}}, Conflict, "group", -1, nil, "Leave one"},
		{"pasted: dropped by Loki", Add{YAML: "alert: A\nexpr: 'rate({a=\"b\"} |= \"x\" [5m]) > 0'\nkeep_firing_for: 5m"}, Invalid, "", -1, nil, "keep_firing_for"},
		{"pasted: an alias bomb", Add{YAML: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nalert: *b"}, Invalid, "yaml", 0, nil, `has no "a"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			change, err := test.add.Plan(bookOf(t, addBook))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, %v; want an error", change, err)
			}
			if e.Kind != test.kind || e.Field != test.field || e.Offset != test.offset || !strings.Contains(e.Text, test.text) {
				t.Errorf("got kind %q, field %q, offset %d, %q\nwant %q, %q, %d, …%q…", e.Kind, e.Field, e.Offset, e.Text, test.kind, test.field, test.offset, test.text)
			}
			if diff := cmp.Diff(test.fixes, e.Fixes); diff != "" {
				t.Errorf("fixes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddSeveralGroups(t *testing.T) {
	t.Parallel()
	book := bookOf(t, addBook)
	change := requirePlan(t, book, Add{Channel: "ops", YAML: `groups:
- name: web
  rules:
  - {alert: A, expr: up}
  - {alert: A, expr: up > 1}
- name: new
  rules:
  - {record: 'a:b', expr: up}
`})
	want := []Ref{
		{"prometheus", "ops/web.yaml", "web", "A", 1},
		{"prometheus", "ops/web.yaml", "web", "A", 2},
		{"prometheus", "ops/new.yaml", "new", "a:b", 1},
	}
	if diff := cmp.Diff(want, change.Refs); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	if want := "add A and 2 more"; change.Subject != want {
		t.Errorf("subject %q, want %q", change.Subject, want)
	}
	requireOnlyNew(t, book, change, change.Refs...)
	requireNoLines(t, book.Diff(change), "-")
}

func TestAddWithoutRulers(t *testing.T) {
	t.Parallel()
	for _, add := range []Add{{Name: "a", Expr: "up"}, {Name: "a", Log: &LogForm{"x", "y", "5m"}}, {YAML: "alert: A\nexpr: up"}} {
		if _, err := add.Plan(NewBook(nil)); KindOf(err) != Invalid {
			t.Errorf("%+v: %v", add, err)
		}
	}
	prometheus := NewBook(bothRulers[:1])
	_, err := Add{Name: "a", Log: &LogForm{"x", "y", "5m"}}.Plan(prometheus)
	if err == nil || !strings.Contains(err.Error(), "No Loki is configured") {
		t.Errorf("got %v", err)
	}
	_, err = Add{Name: "a", Expr: `rate({a="b"} |= "x" [5m])`}.Plan(prometheus)
	if err == nil || !strings.Contains(err.Error(), "looks like LogQL, and no ruler for that is configured") {
		t.Errorf("got %v", err)
	}
}

// FuzzAddPlace holds that no name leads out of its directory, or makes a file that a ruler could not read.
func FuzzAddPlace(f *testing.F) {
	f.Add("a", "", "", "town-square")
	f.Add("../../x", "/etc/passwd", "..", "..")
	f.Add(`..\..\x`, "{{ . }}", "", "ops")
	f.Add(`..\..\x`, "", "", "ops")
	f.Add(strings.Repeat("監", 60), strings.Repeat(".", 100)+"x", strings.Repeat("a.", 45)+"a", "")
	f.Add("a.yaml", "b.yml", "x.yaml/y", ".")
	f.Fuzz(func(t *testing.T, name, group, namespace, channel string) {
		book := NewBook(bothRulers)
		change, err := Add{Name: name, Expr: "up == 0", Channel: channel, Options: Options{Group: group, Namespace: namespace}}.Plan(book)
		if err != nil {
			if kind := KindOf(err); kind != Invalid {
				t.Errorf("kind %q: %v", kind, err)
			}
			return
		}
		for path := range change.Files {
			inside, ok := strings.CutPrefix(path, "prometheus/")
			if !ok || !isRuleFile(inside) || len(LiveName(inside)) > maxLiveName || checkPlain(path) != "" {
				t.Errorf("%q makes the file %q", name, path)
			}
		}
		if err := book.With(change.Files).Check("prometheus", book); err != nil {
			t.Errorf("the check refuses what was planned: %v", err)
		}
	})
}
