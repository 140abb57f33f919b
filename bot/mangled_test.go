package bot

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// mangledRows is how many rows the table has at least.
const mangledRows = 600

// mangledRow is one record of testdata/mangled.txt, whose head says how it is written.
type mangledRow struct {
	group, name string
	line        int
	text        string   // as typed, after "/alert "
	how         string   // "=>" as it is, "~>" told, "?>" offered, "!>" refused
	lines       []string // what it becomes; several only where offered
}

// readMangled reads the table.
func readMangled(t testing.TB) []mangledRow {
	t.Helper()
	content, err := os.ReadFile("testdata/mangled.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []mangledRow
	var row *mangledRow
	into := func(string) {}
	for i, line := range strings.Split(string(content), "\n") {
		how, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "## "):
		case how == "==":
			group, name, _ := strings.Cut(rest, ": ")
			rows = append(rows, mangledRow{group: group, name: name, line: i + 1})
			row = &rows[len(rows)-1]
			into = func(more string) { row.text = joined(row.text, more) }
		case how == "=>" || how == "~>" || how == "?>" || how == "!>":
			row.how, row.lines = how, append(row.lines, unhidden(rest))
			into = func(more string) { last := &row.lines[len(row.lines)-1]; *last += "\n" + more }
		default:
			into(unhidden(line))
		}
	}
	for i := range rows {
		rows[i].text = strings.TrimRight(rows[i].text, "\n")
		for j := range rows[i].lines {
			rows[i].lines[j] = strings.TrimRight(rows[i].lines[j], "\n")
		}
	}
	return rows
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}

var hiddenSign = regexp.MustCompile(`⟦U\+([0-9A-F]{4,6})⟧`)

// unhidden puts in the characters that nobody sees, which the table names.
func unhidden(s string) string {
	return hiddenSign.ReplaceAllStringFunc(s, func(sign string) string {
		code, _ := strconv.ParseInt(hiddenSign.FindStringSubmatch(sign)[1], 16, 32)
		return string(rune(code))
	})
}

// Every row does what the table says, and nothing else.
func TestMangled(t *testing.T) {
	t.Parallel()
	rows := readMangled(t)
	if len(rows) < mangledRows {
		t.Errorf("the table has %d rows, want %d at least", len(rows), mangledRows)
	}
	for _, row := range rows {
		t.Run(fmt.Sprintf("%d %s: %s", row.line, row.group, row.name), func(t *testing.T) {
			t.Parallel()
			typed := obey(t, row.text)
			switch row.how {
			case "=>":
				if typed.refused || len(typed.told) > 0 {
					t.Fatalf("not taken as it is: %s", typed.answer)
				}
			case "~>":
				if diff := cmp.Diff(row.lines, typed.told); diff != "" {
					t.Fatalf("told (-want +got): %s\n%s", diff, typed.answer)
				}
			case "?>":
				if diff := cmp.Diff(row.lines, typed.offered); diff != "" || !typed.refused {
					t.Fatalf("offered (-want +got): %s\n%s", diff, typed.answer)
				}
			case "!>":
				if !typed.refused || len(typed.offered) > 0 || !strings.Contains(typed.answer, row.lines[0]) {
					t.Fatalf("not refused so: %s", typed.answer)
				}
				return
			default:
				t.Fatal("the row does not say what it becomes")
			}
			for _, line := range row.lines {
				plain := obey(t, line)
				if plain.refused || len(plain.told) > 0 {
					t.Fatalf("%s\nis not taken as it is: %s", line, plain.answer)
				}
				if row.how == "=>" && plain.canonical != "" && plain.canonical != line {
					t.Errorf("written plainly it is\n%s\nnot\n%s", plain.canonical, line)
				}
				if row.how == "?>" {
					continue
				}
				if diff := cmp.Diff(plain.effect, typed.effect); diff != "" {
					t.Errorf("not what the line does (-want +got): %s", diff)
				}
			}
		})
	}
}

// No row is there twice, not even under another name.
func TestMangledRowsDiffer(t *testing.T) {
	t.Parallel()
	names, texts := map[string]int{}, map[string]int{}
	for _, row := range readMangled(t) {
		name := row.group + ": " + row.name
		text := strings.Join(strings.FieldsFunc(row.text, func(r rune) bool { return r == ' ' }), " ")
		if names[name] > 0 || texts[text] > 0 {
			t.Errorf("line %d says what line %d says", row.line, names[name]+texts[text])
		}
		names[name], texts[text] = row.line, row.line
	}
}

// obeyed is what came of a command.
type obeyed struct {
	answer    string
	refused   bool
	told      []string // the line that it was taken as
	offered   []string // the corrected lines
	effect    effect
	canonical string // an add in its plain form; "" for another command
}

// effect is all that a command did.
type effect struct {
	Action, Reason, Reply string
	Files                 map[string]string
}

var takenAs = regexp.MustCompile("(?s)^Taken as:\n```+\n(.*?)\n```+\n")

// obey gives a command to a chat that has the rules sshd-ban and node-down.
func obey(t *testing.T, text string) obeyed {
	t.Helper()
	c := newChat(t, nil)
	c.say("add sshd-ban job=sshd Ban 5m")
	c.say(`add node-down expr="up == 0" for=1m severity=critical`)
	c.say(`add quiet expr="up == 2"`)
	c.say(`pause quiet`)
	var o obeyed
	apply := c.handler.backend.Apply
	c.handler.backend.Apply = func(ctx context.Context, request rules.Request, intent rules.Intent) rules.Outcome {
		if add, ok := intent.(rules.Add); ok {
			o.canonical = plainAdd(add)
		}
		return apply(ctx, request, intent)
	}
	o.answer = c.say(text).Text
	last := c.last()
	o.refused = last.Outcome.Result != rules.Success
	if m := takenAs.FindStringSubmatch(o.answer); m != nil {
		o.told = []string{strings.TrimPrefix(m[1], "/alert ")}
	}
	if o.refused {
		if _, lines, found := strings.Cut(o.answer, "\nTry:\n"); found {
			o.offered = blocks(lines)
		}
		return o
	}
	o.effect = effect{Action: last.Action, Reason: last.Outcome.Reason, Files: map[string]string{}}
	head, err := c.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, err := head.List("")
	if err != nil {
		t.Fatal(err)
	}
	for path := range paths {
		if content, err := head.Read(path); err == nil && !strings.HasPrefix(path, "journal/") {
			o.effect.Files[path] = string(content)
		}
	}
	if len(last.Outcome.Refs) == 0 {
		o.effect.Reply = o.answer
	}
	return o
}

// blocks returns the contents of code blocks, without the trigger.
func blocks(text string) []string {
	var all []string
	ticks := ""
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case ticks == "":
			ticks = line
			all = append(all, "")
		case line == ticks:
			ticks = ""
			last := &all[len(all)-1]
			*last = strings.TrimPrefix(strings.TrimPrefix(*last, "\n"), "/alert ")
		default:
			all[len(all)-1] += "\n" + line
		}
	}
	return all
}

// plainAdd returns the plain form of an add.
func plainAdd(add rules.Add) string {
	words := []string{"add"}
	o := add.Options
	say := func(key, value string) {
		if value != "" {
			words = append(words, key+"="+quote(value))
		}
	}
	sayDuration := func(key string, d *time.Duration) {
		if d != nil {
			say(key, rules.FormatDuration(*d))
		}
	}
	if add.Name != "" {
		words = append(words, quote(add.Name))
	}
	if add.Log != nil {
		pattern := quote(add.Log.Pattern)
		if add.Log.Pattern == "*" {
			pattern = "*"
		}
		window, err := rules.ParseDuration("time", add.Log.Time)
		if err != nil {
			return err.Error()
		}
		words = append(words, add.Log.Label, pattern, rules.FormatDuration(window))
	}
	say("expr", add.Expr)
	if add.From != nil {
		say("template", add.From.Template.Name)
		for _, a := range add.From.Arguments {
			say(a.Name, a.Value)
		}
	}
	say("ruler", o.Ruler)
	say("namespace", o.Namespace)
	say("group", o.Group)
	sayDuration("for", o.For)
	sayDuration("keep_firing_for", o.KeepFiringFor)
	sayDuration("interval", o.Interval)
	if o.Threshold != nil {
		say("threshold", strconv.FormatFloat(*o.Threshold, 'g', -1, 64))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Labels)) {
		say(strings.TrimPrefix("label."+name, map[bool]string{true: "label."}[name == "severity"]), o.Labels[name])
	}
	for _, name := range slices.Sorted(maps.Keys(o.Annotations)) {
		key := "annotation." + name
		switch name {
		case "summary", "description":
			key = name
		case "runbook_url":
			key = "runbook"
		}
		say(key, o.Annotations[name])
	}
	say("reason", o.Reason)
	line := strings.Join(words, " ")
	if add.YAML != "" {
		line += "\n" + strings.TrimRight(add.YAML, "\n")
	}
	return line
}
