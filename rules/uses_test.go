package rules

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestTemplateUses holds that a recording rule which only the query in another rule's annotation reads is not deleted without force.
func TestTemplateUses(t *testing.T) {
	t.Parallel()
	for text, used := range map[string]bool{
		`{{ query "job:up:sum" | first | value }} are up`:                                              true,
		`{{ range query "sum(job:up:sum) > 1" }}{{ .Value }}{{ end }}`:                                 true,
		`{{ with printf "job:up:sum{job='%s'}" $labels.job | query }}{{ . | first | value }}{{ end }}`: true,
		`{{ if true }}{{ else }}{{ query "job:up:sum" | first | value }}{{ end }}`:                     true,
		`{{ define "n" }}{{ query "job:up:sum" | first | value }}{{ end }}{{ template "n" }}`:          true,
		`{{ query "job:up:sum2" | first | value }} are up`:                                             false,
		`{{ query "up" | first | label "job:up:sum" }}`:                                                false,
		`job:up:sum is recorded; {{ query "up" | first | value }}`:                                     false,
	} {
		content := "groups:\n- name: g\n  rules:\n  - record: job:up:sum\n    expr: sum by (job) (up)\n  - alert: A\n    expr: up == 0\n    annotations:\n      summary: >-\n        " + text + "\n"
		book := NewBook([]RulerInfo{{Name: "prometheus", Dialect: expr.PromQL}}).With(map[string][]byte{"prometheus/ops/g.yaml": []byte(content)})
		_, err := Delete{Address: "job:up:sum"}.Plan(book)
		if refused := err != nil && strings.Contains(err.Error(), "in use"); refused != used {
			t.Errorf("%s: %v", text, err)
		}
	}
}
