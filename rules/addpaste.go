package rules

import (
	"errors"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// pasted returns the ruler and the groups of pasted YAML. Rules without a group get one as if they had been typed.
func (a Add) pasted(book *Book) (RulerInfo, []group, error) {
	if err := a.checkPastedOptions(); err != nil {
		return RulerInfo{}, nil, err
	}
	groups, err := readTyped(a.YAML)
	if err != nil {
		return RulerInfo{}, nil, err
	}
	var all []Rule
	var lines []int
	for _, g := range groups {
		for _, r := range g.Rules {
			all, lines = append(all, r.Rule), append(lines, r.line)
		}
	}
	typed := all
	ruler, all, err := chooseRuler(book, a.Options.Ruler, "yaml", typed)
	if err != nil {
		if wrong, ok := errors.AsType[*misfit](err); ok {
			e, _ := errors.AsType[*Error](err)
			atLine(e, a.YAML, lines[wrong.rule])
			e.Cause = nil
			if wrong.meant != nil && e.Field == "yaml" {
				e.Fixes = withExpressions(a.YAML, typed[wrong.rule].Expr, wrong.meant)
			}
		}
		return RulerInfo{}, nil, err
	}
	for i := range groups {
		n := len(groups[i].Rules)
		if groups[i], err = a.complete(groups[i], all[:n]); err != nil {
			return RulerInfo{}, nil, err
		}
		all = all[n:]
	}
	return ruler, groups, nil
}

// checkPastedOptions refuses options that belong into the YAML.
func (a Add) checkPastedOptions() error {
	o := a.Options
	for field, given := range map[string]bool{
		"for": o.For != nil, "keep_firing_for": o.KeepFiringFor != nil, "threshold": o.Threshold != nil,
	} {
		if given {
			return invalid(field, "Write %s into the YAML: an option beside pasted rules could not tell which of them is meant.", field)
		}
	}
	if len(o.Accept) > 0 {
		return invalid("accept", "accept= goes with one rule. Add the rules without it, and then: edit NAME accept=%s reason=\"…\".", o.Accept[0].Check)
	}
	for name := range o.Labels {
		return invalid("label."+name, "Write labels into the YAML: an option beside pasted rules could not tell which of them is meant.")
	}
	for name := range o.Annotations {
		return invalid(annotationField(name), "Write annotations into the YAML: an option beside pasted rules could not tell which of them is meant.")
	}
	if len(a.YAML) > expr.MaxAdopted {
		return invalid("yaml", "The YAML is %d bytes long; at most %d are allowed.", len(a.YAML), expr.MaxAdopted)
	}
	return nil
}

// complete gives a pasted group its parsed rules, and what the options say of it.
func (a Add) complete(g group, rules []Rule) (group, error) {
	around, err := a.around(rules)
	if err != nil {
		return group{}, err
	}
	for i, pasted := range g.Rules {
		around.Rules[i].pasted, around.Rules[i].above, around.Rules[i].below = pasted.pasted, pasted.above, pasted.below
	}
	switch {
	case g.Name == "":
		return around, nil
	case a.Options.Group != "" && a.Options.Group != g.Name:
		return group{}, conflict("group", "The YAML names the group %q, the option %q. Leave one of them out.", g.Name, a.Options.Group)
	case a.Options.Interval != nil && g.Interval != 0 && *a.Options.Interval != g.Interval:
		return group{}, conflict("interval", "The YAML says interval: %s, the option says %s. Leave one of them out.",
			FormatDuration(g.Interval), FormatDuration(*a.Options.Interval))
	}
	g.Rules = around.Rules
	if g.Interval == 0 {
		g.Interval = around.Interval
	}
	return g, checkName("yaml", "group", g.Name)
}
