package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// lintText returns what is found in a rule file of a check's first dialect.
func lintText(t *testing.T, c Check, content string) []rules.Finding {
	t.Helper()
	linter, err := New(Settings{c.With}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	info := rules.RulerInfo{Name: "ruler", Dialect: c.Dialects[0]}
	book := rules.NewBook([]rules.RulerInfo{info}).With(map[string][]byte{"ops/rules.yml": []byte(content)})
	for _, p := range book.Problems() {
		t.Errorf("line %d: %s", p.Line, p.Text)
	}
	return linter.Lint(book, book.Entries(""))
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for _, c := range checks {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			bad := lintText(t, c, c.Bad)
			if !slices.ContainsFunc(bad, func(f rules.Finding) bool { return f.Check == c.Name }) {
				t.Errorf("nothing was found in the bad example; other checks found %+v", bad)
			}
			for _, f := range lintText(t, c, c.Good) {
				t.Errorf("%s finds in the good example: %s", f.Check, f.Text)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(Names()) || !slices.IsSorted(checkNames()) {
		t.Errorf("the table is not in the order of names: %q", Names())
	}
	for i, c := range checks {
		if i > 0 && checks[i-1].Name == c.Name {
			t.Errorf("%s is there twice", c.Name)
		}
		if c.find == nil || c.What == "" || c.Why == "" || c.Bad == "" || c.Good == "" || len(c.Dialects) == 0 || c.Severity == "" {
			t.Errorf("%s is not complete", c.Name)
		}
		if strings.HasSuffix(c.Why, ".") || strings.HasSuffix(c.What, ".") {
			t.Errorf("%s: What and Why have no full stop: they are put into sentences", c.Name)
		}
	}
}

// TestDuplicates holds that the advice about rules that are alike can be followed for all of them: one stays.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	linter, err := New(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	const group = "groups:\n- name: %s\n  rules:\n  - alert: %[1]s\n    expr: up == 0\n  - alert: %[1]s2\n    expr: up==0\n"
	book := rules.NewBook([]rules.RulerInfo{{Name: "ruler", Dialect: expr.PromQL}}).With(map[string][]byte{
		"ops/a.yml": fmt.Appendf(nil, group, "A"), "ops/b.yml": fmt.Appendf(nil, group, "B"),
	})
	var fixes []string
	found := 0
	for _, f := range linter.Lint(book, book.Entries("")) {
		if f.Check == duplicate.Name {
			found++
			fixes = append(fixes, f.Fix)
		}
	}
	slices.Sort(fixes)
	if diff := cmp.Diff([]string{"", "delete A2", "delete B", "delete B2"}, fixes); diff != "" || found != 4 {
		t.Errorf("fixes of %d findings (-want +got): %s", found, diff)
	}
}

// TestPanic holds that a check's panic comes to whoever asked, who can recover from it.
func TestPanic(t *testing.T) {
	t.Parallel()
	linter := &Linter{checks: []Check{{Name: "x", Dialects: inPromQL, Severity: rules.SeverityInfo, find: func(*subject) []finding { panic("boom") }}}, now: time.Now}
	book := rules.NewBook([]rules.RulerInfo{{Name: "ruler", Dialect: expr.PromQL}}).With(map[string][]byte{"ops/rules.yml": []byte(duplicate.Good)})
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "boom") {
			t.Errorf("recovered %v", p)
		}
	}()
	linter.Lint(book, book.Entries(""))
}
