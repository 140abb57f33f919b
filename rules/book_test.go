package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// corpusDir holds real rule files that nobody here wrote.
const corpusDir = "../../shared/corpus/awesome-prometheus-alerts/rules"

// memoryTree is a rulebook in memory; a file's content is its id.
type memoryTree map[string]string

func (t memoryTree) Revision() string { return "0123456789012345678901234567890123456789" }

func (t memoryTree) List(dir string) (map[string]string, error) {
	list := map[string]string{}
	for path, content := range t {
		if dir == "" || strings.HasPrefix(path, dir+"/") {
			list[path] = content
		}
	}
	return list, nil
}

func (t memoryTree) Read(path string) ([]byte, error) {
	content, ok := t[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return []byte(content), nil
}

// bothRulers are a Prometheus and a Loki with the directories that they have by default.
var bothRulers = []RulerInfo{
	{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"},
	{Name: "loki", Dialect: expr.LogQL, Dir: "loki"},
}

// bookOf returns the book of a rulebook that holds these files.
func bookOf(t testing.TB, files memoryTree) *Book {
	t.Helper()
	book, err := NewBook(bothRulers).At(files)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// corpus returns the corpus as files of the Prometheus.
func corpus(t testing.TB) memoryTree {
	t.Helper()
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skipf("SKIPPED: the corpus of real rule files is not at %s: %v", corpusDir, err)
	}
	files := memoryTree{}
	err := filepath.WalkDir(corpusDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		relative, _ := filepath.Rel(corpusDir, path)
		files["prometheus/"+filepath.ToSlash(relative)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// countingTree counts how often a file is read; files are read side by side.
type countingTree struct {
	memoryTree
	mu    *sync.Mutex
	reads map[string]int
}

func (t countingTree) Read(path string) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads[path]++
	return t.memoryTree.Read(path)
}

func TestAtReadsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	files := memoryTree{
		"prometheus/a.yaml":  string(renderFile(oneRule("A"))),
		"prometheus/b.yaml":  string(renderFile(oneRule("B"))),
		"prometheus/c.txt":   "not a rule file",
		"elsewhere/d.yaml":   "nobody's",
		"journal/2026/11.md": "a page",
	}
	tree := countingTree{files, new(sync.Mutex), map[string]int{}}
	first, err := NewBook(bothRulers).At(tree)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"prometheus/a.yaml": 1, "prometheus/b.yaml": 1}, tree.reads); diff != "" {
		t.Fatalf("first reading (-want +got):\n%s", diff)
	}
	changed := maps.Clone(files)
	changed["prometheus/b.yaml"] = string(renderFile(oneRule("Other")))
	changed["prometheus/moved.yaml"] = changed["prometheus/a.yaml"]
	delete(changed, "prometheus/a.yaml")
	tree = countingTree{changed, new(sync.Mutex), map[string]int{}}
	second, err := first.At(tree)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"prometheus/b.yaml": 1}, tree.reads); diff != "" {
		t.Errorf("second reading (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Other", "A"}, entryNames(second)); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A", "B"}, entryNames(first)); diff != "" {
		t.Errorf("the first book has changed (-want +got):\n%s", diff)
	}
	if second.Revision() != tree.Revision() {
		t.Errorf("revision %q", second.Revision())
	}
}

func oneRule(name string) group {
	return group{Name: "g", Rules: []placedRule{{Rule: Rule{Alert: name, Expr: "up"}}}}
}

func entryNames(b *Book) []string {
	var names []string
	for _, e := range b.Entries("") {
		names = append(names, e.Ref.Name)
	}
	return names
}

func TestAtReportsAnUnreadableTree(t *testing.T) {
	t.Parallel()
	_, err := NewBook(bothRulers).At(brokenTree{})
	var e *Error
	if !errors.As(err, &e) || e.Kind != Unavailable || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %#v", err)
	}
}

type brokenTree struct{ memoryTree }

func (brokenTree) List(string) (map[string]string, error) { return nil, fs.ErrPermission }

func TestEntry(t *testing.T) {
	t.Parallel()
	book := bookOf(t, memoryTree{"prometheus/ops/a.yaml": "groups:\n  - name: g\n    interval: 30s\n    rules:\n      # why\n      - alert: A\n        expr: |\n          up\n            == 0\n        for: 5m # long\n"})
	want := []Entry{{
		Ref:      Ref{"prometheus", "ops/a.yaml", "g", "A", 1},
		Rule:     Rule{Alert: "A", Expr: "up\n  == 0\n", For: 5 * time.Minute},
		Source:   "# why\n- alert: A\n  expr: |\n    up\n      == 0\n  for: 5m # long\n",
		Interval: 30 * time.Second,
		Settings: []Field{{"group interval", "30s"}},
		Line:     6,
	}}
	if diff := cmp.Diff(want, book.Entries("prometheus")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if entries := book.Entries("loki"); len(entries) != 0 {
		t.Errorf("the other ruler has %+v", entries)
	}
}

func TestCheckAndProblems(t *testing.T) {
	t.Parallel()
	bad := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up ==\n"
	long := "prometheus/" + strings.Repeat("x", 251) + ".yaml"
	before := bookOf(t, memoryTree{"prometheus/old.yaml": bad})
	for _, test := range []struct {
		name  string
		files map[string][]byte
		want  []string // paths and lines of the problems
	}{
		{"nothing", nil, nil},
		{"a good file beside an old bad one", map[string][]byte{"prometheus/new.yaml": renderFile(oneRule("A"))}, nil},
		{"the bad file goes", map[string][]byte{"prometheus/old.yaml": nil}, nil},
		{"the bad file with the same content", map[string][]byte{"prometheus/old.yaml": []byte(bad)}, nil},
		{"the bad file with other content", map[string][]byte{"prometheus/old.yaml": []byte(bad + "# x\n")}, []string{"prometheus/old.yaml:5"}},
		{"another bad file", map[string][]byte{"prometheus/new.yaml": []byte("- x")}, []string{"prometheus/new.yaml:1"}},
		{"a path too long for a live name", map[string][]byte{long: renderFile(oneRule("A"))}, []string{long + ":0"}},
		{"an alias in a circle", map[string][]byte{"prometheus/new.yaml": []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: &l\n      <<: *l\n")}, []string{"prometheus/new.yaml:7"}},
		{"a bad file of another ruler", map[string][]byte{"loki/new.yaml": []byte("- x")}, nil},
	} {
		err := before.With(test.files).Check("prometheus", before)
		var got []string
		if e, ok := errors.AsType[*Error](err); ok {
			for _, p := range e.Problems {
				got = append(got, fmt.Sprintf("%s:%d", p.Path, p.Line))
			}
			if e.Kind != Invalid || !strings.Contains(e.Text, e.Problems[0].Path) {
				t.Errorf("%s: %#v", test.name, e)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	book := before.With(map[string][]byte{"prometheus/new.yaml": renderFile(oneRule("B"))})
	var files []string
	for _, f := range book.RuleFiles("prometheus") {
		files = append(files, fmt.Sprintf("%s %t", f.Path, f.Bad))
	}
	if diff := cmp.Diff([]string{"new.yaml false", "old.yaml true"}, files); diff != "" {
		t.Errorf("rule files (-want +got):\n%s", diff)
	}
	if problems := book.Problems(); len(problems) != 1 || problems[0].Path != "prometheus/old.yaml" || problems[0].Line != 5 {
		t.Errorf("problems %+v", problems)
	}
	if live := book.liveEntries("prometheus"); len(live) != 1 || live[0].Ref.Name != "B" || len(book.Entries("")) != 2 {
		t.Errorf("live are %+v", live)
	}
}

func TestRulersOfAnyDirectory(t *testing.T) {
	t.Parallel()
	rulers := []RulerInfo{
		{Name: "all", Dialect: expr.PromQL, Dir: ""},
		{Name: "deep", Dialect: expr.PromQL, Dir: "rules/prometheus"},
	}
	book, err := NewBook(rulers).At(memoryTree{
		"a.yaml": string(renderFile(oneRule("A"))), "rules/b.yaml": string(renderFile(oneRule("B"))), "rules/prometheus/x/c.yaml": string(renderFile(oneRule("C"))),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Ref{{"all", "a.yaml", "g", "A", 1}, {"all", "rules/b.yaml", "g", "B", 1}, {"deep", "x/c.yaml", "g", "C", 1}}
	var got []Ref
	for _, e := range book.Entries("") {
		got = append(got, e.Ref)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if path := book.rulebookPath(want[2]); path != "rules/prometheus/x/c.yaml" {
		t.Errorf("path %q", path)
	}
	if path := book.rulebookPath(want[0]); path != "a.yaml" {
		t.Errorf("path %q", path)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	book := bookOf(t, memoryTree{"prometheus/a.yaml": "a\nb\n", "prometheus/b.yaml": "x\n"})
	want := `--- a/prometheus/a.yaml
+++ b/prometheus/a.yaml
@@ -1,2 +1,3 @@
 a
 b
+c
--- a/prometheus/b.yaml
+++ /dev/null
@@ -1,1 +0,0 @@
-x
--- /dev/null
+++ "b/prometheus/c\n+x.yaml"
@@ -0,0 +1,1 @@
+y
`
	got := book.Diff(Change{Files: map[string][]byte{"prometheus/a.yaml": []byte("a\nb\nc\n"), "prometheus/b.yaml": nil, "prometheus/c\n+x.yaml": []byte("y\n")}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// largeTree is 1,000 files of 10 rules.
func largeTree() memoryTree {
	files := memoryTree{}
	for i := range 1000 {
		g := group{Name: fmt.Sprintf("g%d", i)}
		for j := range 10 {
			g.Rules = append(g.Rules, placedRule{Rule: Rule{Alert: fmt.Sprintf("Alert%d-%d", i, j), Expr: "rate(x[5m]) > 0", Annotations: map[string]string{"summary": "{{ $value }}"}}})
		}
		files[fmt.Sprintf("prometheus/ns%d/f%d.yaml", i%20, i)] = string(renderFile(g))
	}
	return files
}

func BenchmarkBookAt(b *testing.B) {
	tree := largeTree()
	book := bookOf(b, tree)
	for i := 0; b.Loop(); i++ {
		tree["prometheus/ns0/f0.yaml"] = string(renderFile(oneRule(fmt.Sprint(i))))
		if _, err := book.At(tree); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWithAndCheck(b *testing.B) {
	book := bookOf(b, largeTree())
	change := map[string][]byte{"prometheus/ns0/f0.yaml": renderFile(oneRule("A"))}
	for b.Loop() {
		if err := book.With(change).Check("prometheus", book); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlanAndCheck(b *testing.B) {
	book := bookOf(b, largeTree())
	add := Add{Name: "New", Expr: "up == 0", Options: Options{Ruler: "prometheus", Namespace: "ns1", Group: "g1"}}
	for b.Loop() {
		change, err := add.Plan(book)
		if err != nil {
			b.Fatal(err)
		}
		if err := book.With(change.Files).Check("prometheus", book); err != nil {
			b.Fatal(err)
		}
	}
}
