package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// latest is what template= takes in an edit.
const latest = "latest"

// templateEdit is `edit NAME parameter=value …` or `edit NAME template=latest`, where NAME remembers a template; or the same of a copy.
type templateEdit struct {
	names  []word // NAME; of a copy NAME NEW
	entry  rules.Entry
	others []word // parameter=value and option=value
	origin rules.Origin
	dry    *argument // that it is a dry run
	absent error     // that no ruler has such a rule, or which are meant
}

// templateEdit reads such a command, which has so many names; false for any other, which is read as if this had never been tried. Where the rule
// is not found, that is what is wrong, and not what its template would have taken.
func (c *call) templateEdit(names int) (e templateEdit, meant bool) {
	try := *c
	try.args = arguments{}
	words, err := try.takeSource()
	if err != nil || try.args["yaml"].end > 0 || c.book == nil {
		return e, false // whoever reads it next tells of that
	}
	words = try.args.takeFlag(words, flagDry)
	if dry, given := try.args[flagDry]; given {
		e.dry = &dry
	}
	unknown := slices.ContainsFunc(words, func(w word) bool { return w.key != "" && !isOption(w.key) })
	own := unknown || slices.ContainsFunc(words, func(w word) bool { return w.key == "template" })
	for _, w := range words {
		if w.key == "" && len(e.names) < names {
			e.names = append(e.names, w)
		} else {
			e.others = append(e.others, w)
		}
	}
	if !own || len(e.names) < names || slices.ContainsFunc(words, func(w word) bool { return w.keyword() == "where" }) {
		return e, false
	}
	book, err := c.book()
	if err != nil {
		return e, false
	}
	if e.entry, e.absent = book.Find(address(e.names[0])); e.absent != nil {
		return e, unknown
	}
	e.origin, meant = e.entry.Origin()
	return e, meant
}

// remake makes the intent of such an edit.
func (c *call) remake(ctx context.Context, e templateEdit) (rules.Remake, error) {
	anew, err := c.anew(ctx, e, nil)
	return rules.Remake{Address: address(e.names[0]), Anew: anew, Reason: c.args["reason"].value}, err
}

// anew returns what the rule is made from anew, and takes the words of the command into its arguments. Options beside the parameters are
// remembered as those of the add were, but for those that say where the rule is to stand.
func (c *call) anew(ctx context.Context, e templateEdit, place []string) (anew rules.Anew, err error) {
	c.args["name"] = e.names[0].whole()
	if e.dry != nil {
		c.args[flagDry] = *e.dry
	}
	if e.absent != nil {
		return anew, e.absent
	}
	templates, err := c.backend.Templates(ctx)
	if err != nil {
		return anew, err
	}
	template, err := templates.Find(e.origin.Template)
	if err != nil {
		return anew, err
	}
	wanted := e.origin
	if wanted.Arguments, err = c.otherArguments(e.origin, template, e.others, place); err != nil {
		return anew, err
	}
	if e.origin.Version != template.Version && fold(c.args["template"].value) != latest {
		return anew, c.otherVersion(e, template)
	}
	if anew.Now, err = madeAnew(wanted, template); err == nil {
		anew.Was, err = madeAnew(e.origin, template)
	}
	return anew, err
}

// otherVersion refuses to make a rule anew from another version of its template than it was made from, unless that is asked for: it may say
// something else then, and what was changed in it by hand is not known any more.
func (c *call) otherVersion(e templateEdit, template rules.Template) error {
	head := []string{c.command}
	for _, name := range e.names {
		head = append(head, c.text[name.start:name.end])
	}
	anew, byHand := slices.Clone(head), slices.Clone(head)
	for _, w := range e.others {
		if w.key != "template" {
			anew = append(anew, c.text[w.start:w.end])
		}
		if isOption(w.key) && w.key != "template" {
			byHand = append(byHand, c.text[w.start:w.end])
		}
	}
	if e.dry != nil {
		anew, byHand = append(anew, flagDry), append(byHand, flagDry)
	}
	fixes := []string{strings.Join(append(anew, "template="+latest), " ")}
	if expression, known := e.byHand(); known {
		fixes = append(fixes, strings.Join(append(byHand, "expr="+quote(expression)), " "))
	}
	err := mistake(-1, fmt.Sprintf("%q was made from v%d of the template %s, which is at v%d now. With template=latest it is made anew from v%[4]d with the parameters "+
		"and options that its comment remembers, and loses what else was changed in it since. To leave it at v%[2]d, change its expression by hand with expr=, from what it is now: %[5]s",
		e.entry.Ref.Name, e.origin.Version, template.Name, template.Version, e.entry.Rule.Expr), fixes...)
	err.Kind = rules.Conflict
	return err
}

// byHand returns the rule's expression with the parameters that are given put where those that it remembers stand; false where that is not to be
// seen in it.
func (e templateEdit) byHand() (string, bool) {
	expression := e.entry.Rule.Expr
	for _, w := range e.others {
		if isOption(w.key) {
			continue
		}
		was := slices.IndexFunc(e.origin.Arguments, func(a rules.Argument) bool { return a.Name == w.key })
		is := fold(w.value[w.keyLen:])
		if was < 0 || !plainValue.MatchString(is) || !plainValue.MatchString(e.origin.Arguments[was].Value) {
			return "", false
		}
		place := regexp.MustCompile(`(^|[^\w.:])` + regexp.QuoteMeta(e.origin.Arguments[was].Value) + `($|[^\w.:])`)
		if len(place.FindAllString(expression, 2)) != 1 {
			return "", false
		}
		expression = place.ReplaceAllString(expression, "${1}"+is+"${2}")
	}
	return expression, true
}

// plainValue is a number or a duration as an expression has it too.
var plainValue = regexp.MustCompile(`^\d+(?:\.\d+)?(?:[smhdw])?$`)

// otherArguments returns what a rule is to remember instead of what its origin says.
func (c *call) otherArguments(origin rules.Origin, template rules.Template, words []word, place []string) ([]rules.Argument, error) {
	wanted := slices.Clone(origin.Arguments)
	for _, w := range words {
		if w.key == "" {
			return nil, c.args.unexpected(w, nil, "This word is one too many: after the name comes parameter=value and option=value. Quotes go around a value that has spaces.")
		}
		if _, twice := c.args[w.key]; twice {
			return nil, c.args.twice(w)
		}
		arg := w.afterKey()
		if w.key == "reason" {
			arg.value = redact(arg.value)
		}
		c.args[w.key] = arg
		value := arg.value
		o, isOption := findOption(w.key)
		switch {
		case w.key == "reason" || slices.Contains(place, w.key):
			continue
		case w.key == "template" && (fold(value) == latest || value == template.Name):
			continue
		case w.key == "template":
			return nil, invalidOption("template", "takes "+latest+" in an edit: the rule is made from "+template.Name+". Another template makes another rule", latest)
		case isOption && !o.ofRule():
			return nil, invalidOption(w.key, "goes into an edit of its own: here the rule is made from its template")
		case !isOption:
			plain, err := c.parameter(template, w.key)
			if err != nil {
				return nil, err
			}
			value = plain
		}
		argument := rules.Argument{Name: w.key, Value: redact(w.key + "=" + value)[len(w.key)+1:]}
		if i := slices.IndexFunc(wanted, func(a rules.Argument) bool { return fieldOf(a.Name) == fieldOf(w.key) }); i >= 0 {
			wanted[i] = argument
		} else {
			wanted = append(wanted, argument)
		}
	}
	// A parameter without a value is one that is not given, and an option without one takes away what the template says.
	return slices.DeleteFunc(wanted, func(a rules.Argument) bool { return a.Value == "" && !isOption(a.Name) }), nil
}
