package lint

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules/expr"
)

var update = flag.Bool("update", false, "write CHECKS.md and the summary of the corpus")

// TestPage holds CHECKS.md to the checks that there are.
func TestPage(t *testing.T) {
	t.Parallel()
	const file = "CHECKS.md"
	if *update {
		if err := os.WriteFile(file, []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(content) != page() {
		t.Errorf("%s is stale; mend it with\n\n  make generate", file)
	}
}

// page returns CHECKS.md: what each check looks for, why that hurts, and an example of either kind.
func page() string {
	var text strings.Builder
	text.WriteString("# What is looked for in rules\n\n")
	text.WriteString("This page is written from the table of checks; do not edit it. Each example is a test: the check finds what it is about in the first one, and no " +
		"check anything in the second.\n\n")
	text.WriteString("An `error` refuses the change, a `warning` is told and journalled, an `info` is told where it is asked for. The configuration (`lint`) sets severities, " +
		"or `off`, for rulers and files. A finding that is meant can be accepted for a rule: `accept=CHECK reason=\"…\" until=2027-01-01` in a command, or a comment above the " +
		"rule in its file:\n\n```yaml\n# accept: promql-fragile until=2027-01-01 reason=\"until the exporter is replaced\"\n```\n\n")
	text.WriteString("| check | for | severity | finds |\n|---|---|---|---|\n")
	for _, c := range checks {
		fmt.Fprintf(&text, "| [%s](#%s) | %s | %s | %s |\n", c.Name, c.Name, languages(c), c.Severity, strings.ReplaceAll(c.What, "|", "\\|"))
	}
	for _, c := range checks {
		fmt.Fprintf(&text, "\n## %s\n\nFinds %s.\n\nWhy it hurts: %s.\n\n%s", c.Name, c.What, c.Why, examplesNeed(c.With))
		fmt.Fprintf(&text, "Bad:\n\n```yaml\n%s```\n\nGood:\n\n```yaml\n%s```\n", c.Bad, c.Good)
	}
	text.WriteString("\n# What a ruler is asked\n\nBefore a change, and by the command `lint NAME`, the rule's ruler is asked what it has of what the rule reads. " +
		"That refuses nothing: what a ruler has now says little about tomorrow. What is no warning is told by `lint NAME` only. Such a finding can be accepted like the others.\n\n")
	text.WriteString("| finding | for | severity | tells |\n|---|---|---|---|\n")
	for _, c := range online {
		fmt.Fprintf(&text, "| %s | %s | %s | %s: %s |\n", c.Name, languages(c), c.Severity, c.What, c.Why)
	}
	return text.String()
}

// languages returns whose rules a check looks at.
func languages(c Check) string {
	names := map[expr.Dialect]string{expr.PromQL: "PromQL", expr.LogQL: "LogQL"}
	var all []string
	for _, d := range c.Dialects {
		all = append(all, names[d])
	}
	return strings.Join(all, ", ")
}

// examplesNeed tells the settings of a check's examples; "" when they need none.
func examplesNeed(scope Scope) string {
	var all []string
	v := reflect.ValueOf(scope)
	for i := range v.NumField() {
		if field := v.Type().Field(i); !v.Field(i).IsZero() {
			all = append(all, fmt.Sprintf("`%s: %v`", field.Tag.Get("yaml"), v.Field(i).Interface()))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "The examples are with " + strings.Join(all, ", ") + ".\n\n"
}
