package expr

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// group returns a file with one group of rules.
func group(rules ...string) string {
	return "groups:\n- name: g\n  rules:\n" + strings.Join(rules, "\n") + "\n"
}

func TestCheckFile(t *testing.T) {
	t.Parallel()
	const ignored = "; remove it, and "
	for name, c := range map[string]struct {
		dialect Dialect
		content string
		want    []Problem
	}{
		"good":            {PromQL, group("  - {alert: A, expr: up == 0, for: 1m, keep_firing_for: 1m, labels: {é: x}}"), nil},
		"good log rule":   {LogQL, group(`  - {alert: A, expr: 'rate({a="b"}[5m]) > 0', for: 1m}`), nil},
		"group options":   {PromQL, "groups: [{name: g, labels: {a: b}, query_offset: 1m, limit: 1, interval: 1m}]", nil},
		"empty":           {PromQL, "", nil},
		"empty for Loki":  {LogQL, "# nothing\n", []Problem{{0, 0, "the file is empty, and Loki would stop reading any rules because of it: write `groups: []`, or remove the file"}}},
		"no groups":       {LogQL, "groups: []", nil},
		"end of document": {PromQL, "groups: []\n...\n", nil},
		"two documents": {PromQL, group("  - {alert: A, expr: up}") + "---\n" + group("  - {alert: B, expr: up}"),
			[]Problem{{5, 1, "a second YAML document begins here, and rulers read the first one only: put it into a file of its own, or remove the line ---"}}},
		"expression": {PromQL, group("  - alert: A", "    expr: up =="),
			[]Problem{{5, 16, `group "g", rule "A": unexpected end of input`}}},
		"expression in a block": {PromQL, group("  - alert: A", "    expr: |", "      up", "        === 1"),
			[]Problem{{7, 11, `group "g", rule "A": unexpected "="`}}},
		"expression with escapes": {PromQL, group("  - alert: A", `    expr: "up\x20== = 1"`),
			[]Problem{{5, 11, `group "g", rule "A": unexpected "="`}}},
		"expression in quotes": {PromQL, group("  - alert: é", `    expr: 'up{a="é"} = up'`),
			[]Problem{{5, 22, `group "g", rule "é": unexpected "="`}}},
		"recording rule": {PromQL, group("  - {record: a b, expr: up}", "  - {record: 'a{}', expr: up}"),
			[]Problem{{5, 14, `group "g", rule "a{}": braces present in the recording rule name; should it be in expr?: a{}`}}},
		"no name": {PromQL, group("  - expr: up"),
			[]Problem{{4, 5, `group "g", rule number 1: one of 'record' or 'alert' must be set`}}},
		"an empty element before": {PromQL, group("  -", "  - {alert: A, expr: '+'}"),
			[]Problem{{5, 24, `group "g", rule "A": unexpected end of input`}}},
		"duration": {PromQL, group("  - {alert: A, expr: up, for: 1m}", "  - {alert: A, expr: up, for: 5min}"),
			[]Problem{{5, 31, `for: unknown unit "min" in duration "5min"`}}},
		"template": {PromQL, group("  - alert: A", "    expr: up", "    annotations:", "      summary: ok", "      description: '{{ $labels.a '"),
			[]Problem{{8, 7, `group "g", rule "A": annotation "description": the template is wrong in its line 1: unclosed action`}}},
		"template function": {LogQL, group("  - {alert: A, expr: vector(1), labels: {a: '{{ boom 1 }}'}}"),
			[]Problem{{4, 42, `group "g", rule "A": label "a": the template is wrong in its line 1: function "boom" not defined`}}},
		"label name": {LogQL, group("  - {alert: A, expr: vector(1), labels: {é: x}}"),
			[]Problem{{4, 42, `group "g", rule "A": invalid label name: é`}}},
		"unknown keys": {PromQL, "groups:\n- name: g\n  source: x\n  rules:\n  - alert: A\n    exp: up\n",
			[]Problem{{3, 0, `a group has no key "source"`}, {6, 0, `a rule has no key "exp"`}}},
		"key twice": {PromQL, group("  - {alert: A, expr: up, expr: up}"),
			[]Problem{{4, 26, `the key "expr" is here twice; the first is in line 4`}}},
		"group twice": {PromQL, "groups:\n- name: g\n- name: h\n- name: g\n- rules: []\n",
			[]Problem{{4, 9, `a group has the name "g" already`}, {5, 3, "a group must have a name"}}},
		"wrong type": {PromQL, "groups:\n- name: g\n  rules:\n    alert: A\n",
			[]Problem{{4, 0, "this is a mapping, and should be a list of rules"}}},
		"text":          {LogQL, "# Read me\n\nHello", []Problem{{3, 0, "this is a text, and should be a mapping with the key groups"}}},
		"not YAML":      {PromQL, "groups: [\n", []Problem{{1, 0, "did not find expected node content"}}},
		"not UTF-8":     {PromQL, "groups:\n- name: \xff\n", []Problem{{2, 0, "it is not valid UTF-8"}}},
		"NUL":           {PromQL, "groups:\n\x00", []Problem{{2, 0, "it contains a NUL character"}}},
		"too large":     {PromQL, strings.Repeat("#", MaxFile+1), []Problem{{0, 0, "the file is 4194305 bytes long; at most 4194304 are allowed"}}},
		"long text":     {PromQL, group("  - {alert: A, expr: " + strings.Repeat("a", MaxAdopted+1) + "}"), []Problem{{4, 22, "this text is 65537 bytes long; at most 65536 are allowed"}}},
		"log query":     {LogQL, group("  - alert: A", `    expr: '{a="b"}'`), []Problem{{5, 12, `group "g", rule "A": this selects log lines and counts nothing, so Loki could not evaluate it as a rule; count the lines, as in: count_over_time({a="b"} [5m]) > 0`}}},
		"Loki's stages": {LogQL, group("  - alert: A", `    expr: rate({a="b"} |~ "("[5m])`), []Problem{{5, 24, `group "g", rule "A": stage '|~ "("' : error parsing regexp: missing closing ): ` + "`(`"}}},
		"what Loki drops": {LogQL, "groups:\n- name: g\n  labels: {a: b}\n  query_offset: 1m\n  rules:\n  - &a\n    alert: A\n    expr: vector(1)\n    keep_firing_for: 1m\n  - <<: *a\n    alert: B\n",
			[]Problem{
				{3, 3, `group "g": Loki ignores labels` + ignored + "write the labels into each of the group's rules"},
				{4, 3, `group "g": Loki ignores query_offset` + ignored + "write `offset` into the expressions where it matters"},
				{9, 5, `group "g", rule "A": Loki ignores keep_firing_for` + ignored + "count over a longer time in the expression to keep the alert firing longer"},
				{9, 5, `group "g", rule "B": Loki ignores keep_firing_for` + ignored + "count over a longer time in the expression to keep the alert firing longer"},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.dialect.CheckFile([]byte(c.content))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// bombs are files that cost the YAML reader, the templates or the parsers more than their size suggests.
func bombs() map[string]string {
	rep := strings.Repeat
	annotation := func(text string) string {
		return group("  - alert: A", "    expr: up", "    annotations: {a: '"+text+"'}")
	}
	var aliases, nested strings.Builder
	aliases.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 100; i++ {
		fmt.Fprintf(&aliases, "a%d: &a%d [%s*a%d]\n", i, i, rep(fmt.Sprintf("*a%d,", i-1), 8), i-1)
	}
	for i := range 120 {
		nested.WriteString(rep(" ", i) + "a:\n")
	}
	return map[string]string{
		"flow sequences":      rep("[", 8000),
		"flow mappings":       rep("{a: ", 2000),
		"nested mappings":     nested.String(),
		"sequences":           rep("- ", 4000),
		"same key":            "groups: {" + rep("a,", 4000) + "}",
		"aliases":             aliases.String(),
		"comments":            rep("# a\n", 2000),
		"documents":           rep("---\n", 2000),
		"template brackets":   annotation("{{" + rep("(", 3900) + "1" + rep(")", 3900) + "}}"),
		"template conditions": annotation(rep("{{if 1}}", 530) + rep("{{end}}", 530)),
		"template variables":  annotation(rep("{{$a:=1}}", 880)),
		"template width":      annotation(`{{printf "%100000000d" 1}}{{printf "%*d" 1000000000 1}}`),
		"bad rules":           group(rep("  - {alert: A, expr: '+'}\n", 300)),
	}
}

func TestBombsEnd(t *testing.T) {
	t.Parallel()
	for name, content := range bombs() {
		for _, d := range Dialects() {
			if got := len(d.CheckFile([]byte(content))); got > maxProblems+1 {
				t.Errorf("%s: %s: %d problems", name, d, got)
			}
		}
	}
}

// corpus returns the rule files of a real collection.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	root := filepath.Join("..", "..", "..", "shared", "corpus", "awesome-prometheus-alerts", "rules")
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		tb.Skipf("SKIPPED: the corpus of real rule files is not beside this repository: %v", err)
	}
	return files
}

func TestCorpusIsAccepted(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	if len(files) < 100 {
		t.Fatalf("only %d files", len(files))
	}
	for path, content := range files {
		for _, p := range PromQL.CheckFile(content) {
			t.Errorf("%s:%d:%d: %s", path, p.Line, p.Column, p.Text)
		}
	}
}

func BenchmarkCheckFile(b *testing.B) {
	rule := "  - alert: HostOutOfMemory\n    expr: (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < .10)\n    for: 2m\n" +
		"    labels: {severity: warning}\n    annotations: {summary: 'Out of memory (instance {{ $labels.instance }})', description: 'VALUE = {{ $value }}'}\n"
	content := []byte(group(strings.TrimSuffix(strings.Repeat(rule, 5), "\n")))
	for b.Loop() {
		if p := PromQL.CheckFile(content); p != nil {
			b.Fatal(p)
		}
	}
}

func BenchmarkBombs(b *testing.B) {
	for name, content := range bombs() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				PromQL.CheckFile([]byte(content))
			}
		})
	}
}

// TestCheckFileOfATextThatContainsItself holds that a merge that leads back to its own mapping is walked once.
func TestCheckFileOfATextThatContainsItself(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"labels":      "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: vector(1)\n    labels: &p {<<: *p}\n",
		"annotations": "groups:\n- name: g\n  rules:\n  - &r\n    alert: A\n    expr: vector(1)\n    annotations: &p\n      a: b\n      <<: [*p, *p]\n",
		"rule":        "groups:\n- name: g\n  rules:\n  - &r\n    alert: A\n    expr: vector(1)\n    <<: *r\n",
		"group":       "groups:\n- &g\n  name: g\n  <<: *g\n  rules: []\n",
	} {
		for _, d := range Dialects() {
			if problems := d.CheckFile([]byte(content)); len(problems) == 0 {
				t.Errorf("%s, %s: no problem was found", d, name)
			}
		}
	}
}
