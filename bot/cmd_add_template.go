package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

func setTemplate(add *rules.Add, name, value string) error {
	if value == "" {
		return invalidOption(name, "takes the name of a template; the command templates lists them")
	}
	add.From = &rules.FromTemplate{Template: rules.Template{Name: value}}
	return nil
}

// templateForm is `add NAME template=T parameter=value …`. An option keeps its meaning beside a template: no parameter has the name of one.
// Whether there is such a template, and what parameters it has, is looked up when it is run.
func (c *call) templateForm(add rules.Add, rest []word) (rules.Add, error) {
	if _, given := c.args["expr"]; given {
		return add, &rules.Error{Kind: rules.Invalid, Field: "expr", Offset: -1, Text: "The template has its own expression: leave out expr=, or template=."}
	}
	var plain []word
	for _, w := range rest {
		if w.key == "" {
			plain = append(plain, w)
			continue
		}
		if _, twice := c.args[w.key]; twice {
			return add, c.args.twice(w)
		}
		c.args[w.key] = w.afterKey()
		add.From.Arguments = append(add.From.Arguments, rules.Argument{Name: w.key, Value: c.args[w.key].value})
	}
	if len(plain) == 0 {
		return add, mistake(len(strings.TrimRightFunc(c.text, isSpace)), "The name of the rule is missing. Write add NAME template="+add.From.Template.Name+" and the template's parameters.")
	}
	plain, err := c.takeName(&add, plain)
	if err == nil && len(plain) > 0 {
		err = c.args.unexpected(plain[0], addOptions(), "With template= there is only NAME, and parameter=value and option=value. Quotes go around a value that has spaces.")
	}
	return add, err
}

// takeTemplate puts the template that an add names into it, and demands that its parameters are the template's.
func (c *call) takeTemplate(ctx context.Context, add *rules.Add) error {
	templates, err := c.backend.Templates(ctx)
	if err != nil {
		return err
	}
	template, err := templates.Find(add.From.Template.Name)
	if err != nil {
		return err
	}
	add.From.Template = template
	given := map[string]bool{}
	for i, a := range add.From.Arguments {
		if add.From.Arguments[i].Value, err = c.parameter(template, a.Name); err != nil {
			return err
		}
		given[a.Name] = true
	}
	missing := slices.DeleteFunc(slices.Clone(template.Parameters), func(p rules.Parameter) bool { return given[p.Name] || p.Default != nil })
	if len(missing) > 0 {
		return c.missingParameters(template, missing)
	}
	add.From.Remembered = c.remembered(add.From.Arguments)
	return nil
}

// parameter returns the value that was typed for a template's parameter of a name. Where it is no text of its own, its signs are made plain.
func (c *call) parameter(template rules.Template, name string) (string, error) {
	p, known := template.Parameter(name)
	arg := c.args[name]
	switch {
	case !known:
		return "", c.unknownParameter(template, name)
	case p.IsSelector():
		return rules.PlainSigns(arg.value), arg.equals(name)
	}
	return arg.value, p.Doubt(arg.value)
}

// unknownParameter returns the error for a parameter that the template has not got, with the nearest parameter or option.
func (c *call) unknownParameter(template rules.Template, name string) error {
	var own []string
	for _, p := range template.Parameters {
		own = append(own, p.Name)
	}
	arg := c.args[name]
	start := strings.LastIndexFunc(c.text[:arg.start], isSpace) + 1 // the key belongs to what is wrong
	arg.start, arg.place = start, func(int) int { return start }
	c.args[fieldUnknown] = arg
	err := &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "The template " + template.Name + " has no parameter " + name + "=."}
	if near := nearest(name, slices.Concat(own, addOptions())); near != "" {
		err.Text += " Did you mean " + near + "=?"
		err.Fixes = []string{near + "=" + quote(arg.value)}
		return err
	}
	if len(own) > 0 {
		err.Text += " Its parameters are " + strings.Join(own, ", ") + "."
	}
	return err
}

// missingParameters returns the error for parameters that are not given, with an example of each. There is no line to copy: an example is not
// what somebody meant.
func (c *call) missingParameters(template rules.Template, missing []rules.Parameter) error {
	var needs []string
	for _, p := range missing {
		needs = append(needs, p.Name+"= ("+p.Description+", such as "+p.Name+"="+quote(p.Example)+")")
	}
	return mistake(len(strings.TrimRightFunc(c.text, isSpace)), "The template "+template.Name+" needs "+strings.Join(needs, ", and ")+".")
}

// remembered returns what the rule is to remember of the command: parameters and the options that say something of the rule itself, by
// their names, in the order in which they were typed, without secrets.
func (c *call) remembered(arguments []rules.Argument) []rules.Argument {
	kept := slices.Clone(arguments)
	for name, arg := range c.args {
		if o, known := findOption(name); known && o.ofRule() {
			kept = append(kept, rules.Argument{Name: name, Value: arg.value})
		}
	}
	slices.SortFunc(kept, func(a, b rules.Argument) int { return c.args[a.Name].start - c.args[b.Name].start })
	for i, a := range kept {
		kept[i].Value = redact(a.Name + "=" + a.Value)[len(a.Name)+1:]
	}
	return kept
}

// ofRule reports whether an option sets a field of the rule itself, and not where it stands or why.
func (o option) ofRule() bool {
	return slices.Contains([]string{"for", "keep_firing_for", "severity", "summary", "description", "runbook", "label.X", "annotation.X"}, o.name)
}

// IsOption reports whether a name has a meaning of its own beside a template, so that no parameter can have it. Which options there are is
// one table for all commands.
func IsOption(name string) bool { return isOption(name) }
