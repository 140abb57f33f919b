package bot

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var editCommand = Command{
	Name:    "edit",
	Aliases: []string{"change", "set"},
	Spelled: []string{"modify", "update", "編集", "変更"},
	Usage: []string{
		"edit NAME option=value …",
		"edit NAME parameter=value …",
		"edit NAME ⏎ YAML",
		"edit option=value … where CONDITION=VALUE …",
	},
	Summary: "Change a rule where it stands, or all rules for which conditions hold",
	Help: "`option=` without a value takes away what the rule has. Only the lines that have to be are changed: comments stay.\n" +
		"Pasted YAML is the whole rule, as it is to be; comments stay, or are those that were pasted.\n" +
		"A rule that was made from a template takes the template's parameters: it is made anew with them, and what was changed by hand since stays. " +
		"Where the template has another version by now, that needs `template=latest`: parameters and options stay, and an expression that was changed by hand is lost.\n" +
		"A CONDITION is `name`, `group`, `namespace`, `ruler`, `kind` (`alert` or `recording`), `severity` or `label.X`; in its value `*` stands for any text, and no value means that there is none; `!=` instead of `=` is all others. " +
		"Such an edit is planned first: `apply` carries it out.",
	Examples: []string{
		`edit sshd-ban severity=critical summary="{{ $value }} bans"`,
		`edit sshd-ban threshold=20 for= reason="too loud"`,
		`edit sshd-ban expires=30d --dry-run`,
		`edit disk-full percent=80`,
		`edit severity=warning where name=sshd-*`,
	},
	Options: editOptions,
	Changes: true,
	Check: func(call *call) error {
		if _, meant := call.templateEdit(1); meant {
			return nil // whether the template has such parameters is seen when it is run
		}
		intent, err := parseEdit(call)
		return call.planning(intent, err)
	},
	Run: runEdit,
}

func runEdit(ctx context.Context, call *call) (answer, error) {
	if ofTemplate, meant := call.templateEdit(1); meant {
		anew, err := call.remake(ctx, ofTemplate)
		if err != nil {
			return answer{}, err
		}
		return call.apply(ctx, anew)
	}
	intent, err := parseEdit(call)
	if err = call.meant(err); err != nil {
		return answer{}, err
	}
	if all, bulk := intent.(rules.EditAll); bulk {
		return call.planAll(ctx, all)
	}
	return call.apply(ctx, intent)
}

// parseEdit makes the intent of an edit: a rules.Edit, or with `where` a rules.EditAll.
func parseEdit(call *call) (rules.Intent, error) {
	words, err := call.takeSource()
	if err != nil {
		return nil, err
	}
	for i, w := range words {
		if k := w.keyword(); k == "where" || k == "条件" {
			return call.editAll(words[:i], words[i+1:])
		}
	}
	rest, alteration, err := call.alteration(words)
	if err != nil {
		return nil, err
	}
	edit := rules.Edit{YAML: call.args["yaml"].value, Alteration: alteration}
	if err := call.onlyReason(); edit.YAML != "" && err != nil {
		return nil, err
	}
	if edit.Address, err = call.oneName(rest, editOptions); err != nil {
		return nil, err
	}
	if edit.YAML == "" && !call.alters() {
		return nil, mistake(len(strings.TrimRightFunc(call.text, isSpace)), "Say what is to be changed, such as severity=critical, or paste the whole rule below.")
	}
	return edit, nil
}

// onlyReason returns an error where an option says something of a rule that is pasted in full.
func (c *call) onlyReason() error {
	inOrder := func(a, b string) int { return c.args[a].start - c.args[b].start }
	for _, name := range slices.SortedFunc(maps.Keys(c.args), inOrder) {
		if _, known := findOption(name); known && name != "reason" {
			return &rules.Error{Kind: rules.Invalid, Field: name, Offset: -1,
				Text: "The pasted YAML is the whole rule, as it is to be: leave out " + name + "=, or give it in an edit of its own."}
		}
	}
	return nil
}

// alters reports whether an option says anything of a rule.
func (c *call) alters() bool {
	for name := range c.args {
		if _, known := findOption(name); known && name != "reason" {
			return true
		}
	}
	return false
}

// alteration takes the options that change a rule out of words. One without a value takes away what there is.
func (c *call) alteration(words []word) (rest []word, a rules.Alteration, err error) {
	for _, w := range words {
		if w.key == "group" || w.key == "namespace" || w.key == "ruler" {
			c.args[fieldUnknown] = w.whole()
			return nil, a, &rules.Error{Kind: rules.Invalid, Field: fieldUnknown,
				Text: "An edit leaves a rule where it stands. The command move puts it into another group or namespace, and copy makes another one of it."}
		}
	}
	if rest, err = c.args.takeOptions(words, editOptions); err != nil {
		return nil, a, err
	}
	for i, w := range rest {
		if i > 0 && w.key != "" {
			return nil, a, c.besideExpr(w)
		}
	}
	given := *c
	given.args = maps.Clone(c.args)
	inOrder := func(a, b string) int { return c.args[a].start - c.args[b].start }
	for _, name := range slices.SortedFunc(maps.Keys(c.args), inOrder) {
		o, known := findOption(name)
		if !known || c.args[name].value != "" || name == "reason" {
			continue
		}
		if o.name == "expr" || o.name == "threshold" {
			return nil, a, invalidOption(name, "needs a value: a rule cannot be without")
		}
		delete(given.args, name)
		a.Remove = append(a.Remove, fieldOf(name))
	}
	var add rules.Add
	err = given.setOptions(&add)
	if arg, typed := given.args["expr"]; typed {
		c.args["expr"] = arg
	}
	a.Expr, a.Options = add.Expr, add.Options
	return rest, a, err
}

// fieldOf returns the field of a rule that an option sets.
func fieldOf(option string) string {
	switch option {
	case "severity":
		return "label.severity"
	case "summary", "description":
		return "annotation." + option
	case "runbook":
		return "annotation.runbook_url"
	}
	return option
}
