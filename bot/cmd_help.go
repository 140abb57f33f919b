package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var helpCommand = Command{
	Name:     "help",
	Spelled:  []string{"ヘルプ"},
	Usage:    []string{"help [COMMAND]"},
	Summary:  "Explain the commands, or one of them",
	Examples: []string{"help", "help add"},
	Check:    reading(1, nil),
	Run:      runHelp,
}

func runHelp(_ context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	if len(words) == 0 {
		return told(helpText(call.table, call.trigger)), nil
	}
	command, _, err := lookUp(call.table, call.trigger, words[0].value)
	if err != nil {
		call.args[fieldUnknown] = words[0].whole()
		unknown := &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "There is no such command. The commands are " + commandNames(call.table) + "."}
		if near := nearest(words[0].value, strings.Split(commandNames(call.table), ", ")); near != "" {
			unknown.Fixes = []string{near}
		}
		return answer{}, unknown
	}
	return told(command.help(call.trigger)), nil
}

// CommandsTable returns the table of commands in Markdown, as the README shows it.
func CommandsTable() string {
	var b strings.Builder
	b.WriteString("| Command | What it does |\n|---|---|\n")
	for _, c := range Commands {
		lines := make([]string, len(c.Usage))
		for i, usage := range c.Usage {
			lines[i] = "`/alert " + strings.ReplaceAll(usage, "|", `\|`) + "`"
		}
		fmt.Fprintf(&b, "| %s | %s%s |\n", strings.Join(lines, "<br>"), c.Summary, also(c.Aliases))
	}
	return b.String()
}

// helpText returns the overview of all commands.
func helpText(table []Command, trigger string) string {
	var b strings.Builder
	for _, c := range table {
		fmt.Fprintf(&b, "**%s**: %s%s\n", c.Name, c.Summary, also(c.Aliases))
		b.WriteString(fence("", withTrigger(trigger, c.Usage)) + "\n")
	}
	b.WriteString("More about one of them: " + code(trigger+" help add"))
	return b.String()
}

// help returns what there is to know of a command.
func (c Command) help(trigger string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %s%s\n%s\n", c.Name, c.Summary, also(c.Aliases), fence("", withTrigger(trigger, c.Usage)))
	if c.Help != "" {
		b.WriteString(c.Help + "\n")
	}
	if len(c.Options) > 0 {
		b.WriteString("\n| Option | Such as | What it does |\n|---|---|---|\n")
		for _, o := range options {
			if slices.Contains(c.Options, o.name) {
				fmt.Fprintf(&b, "| `%s=` | `%s` | %s |\n", o.name, o.value, o.summary)
			}
		}
	}
	if c.Changes {
		b.WriteString("\n`--dry-run`, anywhere in it, changes nothing and says what would be done.\n")
	}
	if c.Forces != "" {
		b.WriteString("`force reason=\"…\"` " + c.Forces + ".\n")
	}
	b.WriteString("\nFor example:\n" + fence("", withTrigger(trigger, c.Examples)))
	return b.String()
}

// withTrigger returns lines as they are to be typed.
func withTrigger(trigger string, lines []string) string {
	return trigger + " " + strings.Join(lines, "\n"+trigger+" ")
}

// also says which other names a command has.
func also(aliases []string) string {
	if len(aliases) == 0 {
		return ""
	}
	return " (also `" + strings.Join(aliases, "`, `") + "`)"
}
