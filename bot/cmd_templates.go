package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var templatesCommand = Command{
	Name:     "templates",
	Spelled:  []string{"テンプレート"},
	Usage:    []string{`templates [WORD]`, `templates outdated`},
	Summary:  "List the templates that rules can be made from, or the rules whose template has a newer version",
	Help:     "WORD is looked for in names and descriptions, in English and Japanese. Templates of your own are files `templates/NAME.yaml` in the rulebook.",
	Examples: []string{`templates`, `templates disk`, `templates outdated`},
	Options:  templatesOptions,
	Check:    reading(mostWords, templatesOptions),
	Run:      runTemplates,
}

func runTemplates(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	rest, err := call.args.takeOptions(words, templatesOptions)
	if err != nil {
		return answer{}, err
	}
	page, err := call.page()
	if err != nil {
		return answer{}, err
	}
	for _, w := range rest {
		if w.key != "" {
			return answer{}, call.args.unexpected(w, templatesOptions, "")
		}
	}
	templates, err := call.backend.Templates(ctx)
	if err != nil {
		return answer{}, err
	}
	if len(rest) == 1 && rest[0].keyword() == "outdated" {
		return call.outdated(ctx, templates, page)
	}
	var wanted []string
	for _, w := range rest {
		wanted = append(wanted, w.value)
	}
	return told(call.templateList(templates, strings.Join(wanted, " "), page)), nil
}

// templateList returns one page of the templates that have the wanted words, and what is wrong with the rulebook's own.
func (c *call) templateList(templates rules.Templates, wanted string, page int) string {
	found := templates.Search(wanted)
	head := fmt.Sprintf("**%s**", count(len(found), "template"))
	if wanted != "" {
		head += " with " + code(wanted)
	}
	var blocks []string
	for _, t := range found {
		blocks = append(blocks, templateLine(t))
	}
	text := head + ": none"
	if len(found) > 0 {
		text = c.paged(head, blocks, page, "templates"+wordQuoted(wanted))
		text += "\nMore about one of them: " + code(c.trigger+" template "+found[0].Name)
	}
	var b strings.Builder
	if writeList(&b, templates.Problems, "in the rulebook that cannot be used", problemText); b.Len() > 0 {
		text += "\n" + strings.TrimRight(b.String(), "\n")
	}
	return text
}

// wordQuoted returns a text as words of a command, with a space before it; "" for none.
func wordQuoted(s string) string {
	if s == "" {
		return ""
	}
	return " " + quote(s)
}

// templateLine returns a template in a line.
func templateLine(t rules.Template) string {
	line := "- " + code(t.Name) + " (" + dialectName(t.Dialect) + "): " + escape(t.Description)
	if t.DescriptionJA != "" {
		line += " / " + escape(t.DescriptionJA)
	}
	switch {
	case t.Replaces:
		line += " (the rulebook's own, instead of the one that is built in)"
	case t.Path != "":
		line += " (the rulebook's own)"
	}
	if t.Flaw != "" {
		line += " **Its rule is refused** unless that is accepted: " + escape(t.Flaw)
	}
	return line
}

// outdated returns the rules whose template has a newer version, and what that would change.
func (c *call) outdated(ctx context.Context, templates rules.Templates, page int) (answer, error) {
	book, err := c.backend.Book(ctx)
	if err != nil {
		return answer{}, err
	}
	var blocks []string
	for _, e := range book.Entries("") {
		origin, remembered := e.Origin()
		if !remembered {
			continue
		}
		if template, err := templates.Find(origin.Template); err == nil && template.Version > origin.Version {
			blocks = append(blocks, c.update(book.Address(e.Ref), e, origin, template))
		}
	}
	if len(blocks) == 0 {
		return told("Every rule that was made from a template is of the template's newest version."), nil
	}
	return told(c.paged(fmt.Sprintf("**%s**, made from an older version of a template", count(len(blocks), "rule")), blocks, page, "templates outdated")), nil
}

// update says what a newer version of its template would change in a rule.
func (c *call) update(address string, e rules.Entry, origin rules.Origin, template rules.Template) string {
	head := fmt.Sprintf("**%s**, from %s v%d; the newest is v%d", escape(address), code(template.Name), origin.Version, template.Version)
	made, err := madeAnew(origin, template)
	if err != nil {
		return head + ". It cannot be made anew: " + escape(publicText(err))
	}
	difference, err := made.Update(e)
	line := "\nTo make it anew: " + code(c.trigger+" edit "+quote(address)+" template="+latest)
	switch {
	case err != nil:
		return head + ". It cannot be made anew: " + escape(publicText(err))
	case difference == "":
		return head + ", which changes nothing in it." + line
	}
	return head + ":\n" + fence("diff", cut(difference, 3000)) + line
}

// madeAnew returns what an origin says, put into a newer version of its template.
func madeAnew(origin rules.Origin, template rules.Template) (rules.Made, error) {
	from := rules.FromTemplate{Template: template, Remembered: origin.Arguments}
	var add rules.Add
	var without []string
	for _, a := range origin.Arguments {
		if strings.Contains(a.Value, cutOut) {
			return rules.Made{}, &rules.Error{Kind: rules.Invalid, Offset: -1, Text: a.Name + "= had a secret in it, which the rule does not remember."}
		}
		o, isOption := findOption(a.Name)
		if !isOption || !o.ofRule() {
			from.Arguments = append(from.Arguments, a)
			continue
		}
		if a.Value == "" {
			without = append(without, fieldOf(a.Name))
			continue
		}
		if err := o.set(&add, a.Name, a.Value); err != nil {
			return rules.Made{}, err
		}
	}
	return rules.Made{From: from, Options: add.Options, Without: without}, nil
}
