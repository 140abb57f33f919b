package bot

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var addCommand = Command{
	Name:    "add",
	Spelled: []string{"create", "new", "追加", "登録", "作成"},
	Usage: []string{
		`add NAME LABEL PATTERN TIME [option=value …]`,
		`add NAME expr='EXPR' [option=value …]`,
		`add NAME template=T [parameter=value …] [option=value …]`,
		"add [option=value …] ⏎ YAML",
	},
	Summary: "Add a rule: count log lines, any PromQL or LogQL expression, from a template, or pasted YAML",
	Help: "LABEL is `job=sshd`, several joined by commas, a whole `{…}` selector, or a bare word, which means `job=word`.\n" +
		"PATTERN is a text that the line contains, a `/regular expression/`, or `*` for any line.\n" +
		"TIME is the window that lines are counted in. The alert fires at the first evaluation that counts a line; `for=` and `threshold=` change that.\n" +
		"The command `templates` lists the templates and `template T` explains one; an option goes before what its template says.\n" +
		"Quotes go around whatever has spaces. Pasted YAML is one rule, a list of rules, or a group.",
	Examples: []string{
		`add sshd-ban job=amane_fail2ban_log "Ban" 5m`,
		`add oom job=kernel,host=web1 "Out of memory" 10m severity=critical reason="the night of the 3rd"`,
		`add login-fails {job="sshd"} "/Failed password for .* from/" 5m threshold=20`,
		`add node-down expr='up == 0' for=1m severity=critical summary="{{ $labels.instance }} is down"`,
		`add disk template=disk-full percent=90 severity=critical`,
		"add\n- alert: DiskFull\n  expr: node_filesystem_avail_bytes < 1e9\n  for: 10m",
	},
	Options: addOptions(),
	Changes: true,
	Check:   checkAdd,
	Run:     runAdd,
}

func runAdd(ctx context.Context, call *call) (answer, error) {
	add, err := call.read()
	if err != nil {
		return answer{}, call.fromTemplate(ctx, err)
	}
	if add.From != nil {
		if err := call.takeTemplate(ctx, &add); err != nil {
			return answer{}, err
		}
	}
	return call.apply(ctx, add)
}

// parseAdd makes the intent of an add. Which of its forms it is shows in what is there: YAML on the lines below (or in a
// fence), expr=, or else the words of the log form.
func parseAdd(call *call) (rules.Add, error) {
	add := rules.Add{Channel: namespaceOf(call.request.Channel)}
	words, err := call.takeSource()
	if err != nil {
		return add, err
	}
	rest, err := call.args.takeOptions(words, addOptions())
	if err != nil {
		return add, err
	}
	if err := call.setOptions(&add); err != nil {
		return add, err
	}
	yaml, pasted := call.args["yaml"]
	_, expr := call.args["expr"]
	switch {
	case pasted:
		add.YAML = yaml.value
		return add, call.onlyYAML(rest, expr)
	case add.From != nil:
		return call.templateForm(add, rest)
	case expr:
		return call.exprForm(add, rest)
	default:
		return call.logForm(add, rest)
	}
}

// setOptions sets every option that the call has.
func (c *call) setOptions(add *rules.Add) error {
	inOrder := func(a, b string) int { return c.args[a].start - c.args[b].start }
	for _, name := range slices.SortedFunc(maps.Keys(c.args), inOrder) {
		o, known := findOption(name)
		if !known {
			continue
		}
		arg := c.args[name]
		if name == "expr" && linkTarget(strings.TrimSpace(arg.value)) != "" {
			return linkError("expr", linkTarget(strings.TrimSpace(arg.value)))
		}
		if err := o.set(add, name, arg.value); err != nil {
			var e *rules.Error
			if errors.As(err, &e) && e.Field == "" {
				e.Field = name
			}
			return err
		}
	}
	expires, err := c.later("expires")
	if !expires.IsZero() {
		add.Options.Expires = &expires
	}
	if err != nil {
		return err
	}
	return c.completeAccepted(&add.Options)
}

// takeName takes the NAME that the words begin with.
func (c *call) takeName(add *rules.Add, rest []word) ([]word, error) {
	if len(rest) == 0 {
		return nil, &rules.Error{Kind: rules.Invalid, Field: wholeCommand, Offset: -1,
			Text:  "The name of the rule is missing. Write add NAME LABEL PATTERN TIME, or add NAME expr='EXPR', or paste YAML below add.",
			Fixes: []string{`add sshd-ban job=sshd "Ban" 5m`, `add node-down expr='up == 0' for=1m`}}
	}
	if w := rest[0]; w.likeFlag() {
		return nil, c.args.unexpected(w, addOptions(), likeFlagText)
	} else if w.key != "" || strings.HasPrefix(w.value, "{") && !w.quoted {
		return nil, c.args.unexpected(w, addOptions(), "The name comes first, and this is a selector.")
	}
	c.args["name"] = rest[0].whole()
	add.Name = rest[0].value
	return rest[1:], nil
}

// groupMessage is the name of a channel that holds the direct messages of several people.
var groupMessage = regexp.MustCompile(`^[0-9a-f]{40}$`)

// namespaceOf returns the namespace of a channel: its name, or "default" for direct and group messages.
func namespaceOf(channel rules.Place) string {
	if channel.Name == "" || strings.Contains(channel.Name, "__") || groupMessage.MatchString(channel.Name) {
		return "default"
	}
	return channel.Name
}
