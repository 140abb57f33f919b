package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/bot"
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
