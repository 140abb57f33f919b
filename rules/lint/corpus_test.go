package lint

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// corpusRoot is a collection of rule files that nobody here wrote.
const corpusRoot = "../../../shared/corpus/awesome-prometheus-alerts/rules"

// corpusBook returns the collection as a book.
func corpusBook(tb testing.TB) *rules.Book {
	tb.Helper()
	files := map[string][]byte{}
	root := os.DirFS(corpusRoot)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path.Ext(name) == ".yml" {
			files[name], err = fs.ReadFile(root, name)
		}
		return err
	})
	if err != nil {
		tb.Skipf("SKIPPED: the corpus of real rule files is not beside this repository: %v", err)
	}
	if len(files) < 112 {
		tb.Fatalf("the corpus has only %d files", len(files))
	}
	return rules.NewBook([]rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Layout: rules.TreeLayout}}).With(files)
}

// TestCorpus holds that no rule of the corpus, which Prometheus takes, has an error, and what else is found there: each finding by its place.
func TestCorpus(t *testing.T) {
	t.Parallel()
	book := corpusBook(t)
	for _, p := range book.Problems() {
		t.Errorf("%s:%d: %s", p.Path, p.Line, p.Text)
	}
	linter, err := New(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	path := ""
	for _, f := range linter.Lint(book, book.Entries("")) {
		if f.Severity == rules.SeverityError {
			t.Errorf("%s:%d: an error in what Prometheus takes: %s: %s", f.Ref.Path, f.Line, f.Check, f.Text)
		}
		if f.Line == 0 || f.Column == 0 {
			t.Errorf("%s: %s has no place in %s: %+v", f.Check, f.Text, f.Ref.Path, f)
		}
		if f.Ref.Path != path {
			path = f.Ref.Path
			fmt.Fprintln(&list, path)
		}
		fmt.Fprintf(&list, "  %d:%d %s: %s\n", f.Line, f.Column, f.Check, strings.ReplaceAll(f.Text, "\n", " "))
	}
	const golden = "testdata/corpus.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(list.String(), "\n")); diff != "" {
		t.Errorf("what is found in the corpus (go test ./rules/lint -run TestCorpus -update writes it anew):\n%s", diff)
	}
}

// BenchmarkLintOne lints one new rule in a book of ten thousand, as a command does: the books before and after the change.
func BenchmarkLintOne(b *testing.B) {
	files := map[string][]byte{}
	for i := range 1000 {
		var text strings.Builder
		fmt.Fprintf(&text, "groups:\n- name: g%d\n  rules:\n", i)
		for j := range 10 {
			fmt.Fprintf(&text, "  - alert: Rule%d_%d\n    expr: sum by (job) (rate(http_errors_total{code=\"%d\"}[5m])) > %d\n    for: 5m\n", i, j, i, j)
		}
		files[fmt.Sprintf("a%03d.yml", i)] = []byte(text.String())
	}
	before := rules.NewBook([]rules.RulerInfo{{Name: "p", Dialect: expr.PromQL}}).With(files)
	after := before.With(map[string][]byte{"b.yml": []byte("groups:\n- name: n\n  rules:\n  - alert: New\n    expr: topk(3, sum by (job) (rate(http_errors_total[5m]))) > 3\n")})
	_, added, _ := after.File("p", "b.yml")
	linter, err := New(nil, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	linter.Lint(before, nil)
	for b.Loop() {
		linter.Lint(before, nil)
		if found := linter.Lint(after, added); len(found) == 0 {
			b.Fatal("nothing was found")
		}
	}
}

// BenchmarkLintTree lints all of the corpus.
func BenchmarkLintTree(b *testing.B) {
	book := corpusBook(b)
	entries := book.Entries("")
	for b.Loop() {
		linter, err := New(nil, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		linter.Lint(book, entries)
	}
	b.ReportMetric(float64(len(entries)), "rules")
}
