package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var update = flag.Bool("update", false, "write generated parts into README.md")

const readme = "../../README.md"

// TestREADME holds the README's table of commands to the commands that there are.
func TestREADME(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- commands:begin -->\n", "<!-- commands:end -->"
	head, rest, found := strings.Cut(string(content), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("README.md has no place for the table of commands, between %q and %q", begin, end)
	}
	want := bot.CommandsTable()
	if *update {
		if err := os.WriteFile(readme, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the README's table of commands is stale; mend it with\n\n  make generate\n\nwant:\n%s", want)
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
