package templates_test

import (
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// accepted are the findings that are what a template is for.
var accepted = map[string]string{
	"log-rate":        "logql-rate", // lines a second are what its parameter says
	"postgres-errors": "logql-case", // PostgreSQL writes its severities in capitals
}

// TestLint holds that nothing is found in what a template makes, with its examples and with its defaults.
func TestLint(t *testing.T) {
	t.Parallel()
	linter, err := lint.New(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range all(t) {
		var required []rules.Argument
		for _, p := range template.Parameters {
			if p.Default == nil {
				required = append(required, rules.Argument{Name: p.Name, Value: p.Example})
			}
		}
		for _, arguments := range [][]rules.Argument{template.Examples(), required} {
			add := rules.Add{Name: template.Name, From: &rules.FromTemplate{Template: template, Arguments: arguments}}
			book := rules.NewBook([]rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}, {Name: "loki", Dialect: expr.LogQL, Dir: "loki"}})
			change, err := add.Plan(book)
			if err != nil {
				t.Errorf("%s: %v", template.Name, err)
				continue
			}
			book = book.With(change.Files)
			for _, found := range linter.Lint(book, book.Entries("")) {
				if accepted[template.Name] != found.Check {
					t.Errorf("%s %v: %s %s: %s", template.Name, arguments, found.Severity, found.Check, found.Text)
				}
			}
		}
	}
}
