package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var update = flag.Bool("update", false, "write generated parts into README.md")

const readme = "../../README.md"

// generated are the parts of the README that are made from what there is.
var generated = []struct {
	name  string
	write func(t *testing.T) string
}{
	{"commands", func(*testing.T) string { return bot.CommandsTable() }},
	{"templates", func(t *testing.T) string {
		t.Helper()
		templates, err := builtIn()
		if err != nil {
			t.Fatal(err)
		}
		return bot.TemplatesTable(templates)
	}},
}

// TestREADME holds the README's tables to the commands and templates that there are.
func TestREADME(t *testing.T) {
	t.Parallel()
	read, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	content := string(read)
	for _, part := range generated {
		begin, end := "<!-- "+part.name+":begin -->\n", "<!-- "+part.name+":end -->"
		head, rest, found := strings.Cut(content, begin)
		table, tail, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("README.md has no place for the table of %s, between %q and %q", part.name, begin, end)
		}
		want := part.write(t)
		if table != want && !*update {
			t.Errorf("the README's table of %s is stale; mend it with\n\n  make generate\n\nwant:\n%s", part.name, want)
		}
		content = head + begin + want + end + tail
	}
	if *update {
		if err := os.WriteFile(readme, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestREADMETemplate holds the template that the README shows to what a template is.
func TestREADMETemplate(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "```yaml\nname: ")
	shown, _, _ := strings.Cut("name: "+rest, "```")
	if _, err := rules.ReadTemplate("queue-long", []byte(shown), bot.IsOption); err != nil {
		t.Errorf("the README's template: %v", err)
	}
}

// TestREADMETranscript holds the rules that the README's transcript shows to what is written today.
func TestREADMETranscript(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "<!-- transcript -->")
	transcript, _, _ := strings.Cut(rest, "<!-- /transcript -->")
	want, err := expr.LogCount{Selector: `{job="amane_fail2ban_log"}`, Substring: "Ban", Window: "5m"}.Render()
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^ *expr: (.*)$`).FindAllStringSubmatch(transcript, -1)
	if len(shown) == 0 {
		t.Error("the transcript shows no rule")
	}
	for _, line := range shown {
		if line[1] != want {
			t.Errorf("the transcript shows %s, and what is written is %s; copy a new one from DEMO_EXIT=1 make demo", line[1], want)
		}
	}
}
