package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	const content = `# A file.
groups:
  - name: g
    rules:
      # why
      - alert: Plain
        expr: up == 0
        labels: {severity: page}
      - expr: |
          up
            == 0
        alert: Block
      - {alert: Flow, expr: 'up{é="ü"} == 0'}
      - {alert: Escaped, expr: "up\x20== 0"}
`
	book := rules.NewBook([]rules.RulerInfo{{Name: "r", Dialect: expr.PromQL}}).With(map[string][]byte{"a.yml": []byte(content)})
	type at struct{ line, column int }
	got := map[string]at{}
	for _, e := range book.Entries("") {
		p := placer{book: book, entry: e}
		for _, field := range []string{"", "name", "expr", "label severity", "for"} {
			line, column := p.place(field, 0)
			got[e.Ref.Name+" "+field] = at{line, column}
		}
		line, column := p.place("expr", len(e.Rule.Expr)-1)
		got[e.Ref.Name+" end"] = at{line, column}
	}
	want := map[string]at{
		"Plain ": {6, 9}, "Plain name": {6, 16}, "Plain expr": {7, 15}, "Plain label severity": {8, 28}, "Plain for": {6, 9}, "Plain end": {7, 21},
		"Block ": {9, 9}, "Block name": {12, 16}, "Block expr": {10, 11}, "Block label severity": {9, 9}, "Block for": {9, 9}, "Block end": {11, 17},
		"Flow ": {13, 9}, "Flow name": {13, 17}, "Flow expr": {13, 30}, "Flow label severity": {13, 9}, "Flow for": {13, 9}, "Flow end": {13, 43},
		"Escaped ": {14, 9}, "Escaped name": {14, 17}, "Escaped expr": {14, 32}, "Escaped label severity": {14, 9}, "Escaped for": {14, 9}, "Escaped end": {14, 32},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(at{})); diff != "" {
		t.Error(diff)
	}
}
