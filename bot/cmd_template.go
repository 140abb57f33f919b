package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var templateCommand = Command{
	Name:     "template",
	Usage:    []string{"template T"},
	Summary:  "Explain a template: its parameters, the line to type, and the rule that comes of it",
	Examples: []string{"template disk-full"},
	Check:    reading(1, nil),
	Run:      runTemplate,
}

func runTemplate(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	if len(words) == 0 {
		return runTemplates(ctx, call)
	}
	if len(words) > 1 {
		return answer{}, call.args.unexpected(words[1], nil, "One name is enough.")
	}
	call.args["template"] = words[0].whole()
	templates, err := call.backend.Templates(ctx)
	if err != nil {
		return answer{}, err
	}
	template, err := templates.Find(words[0].value)
	if err != nil {
		return answer{}, err
	}
	text, err := templateText(call.trigger, template)
	if err != nil {
		return answer{}, err
	}
	return told(text), nil
}

// templateText returns what there is to know of a template.
func templateText(trigger string, t rules.Template) (string, error) {
	from := rules.FromTemplate{Template: t, Arguments: t.Examples(), Remembered: t.Examples()}
	rule, err := from.Preview(t.Name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, version %d\n", strings.TrimPrefix(templateLine(t), "- "), t.Version)
	if len(t.Parameters) > 0 {
		b.WriteString("\n| Parameter | What it is | By default | Such as |\n|---|---|---|---|\n")
		for _, p := range t.Parameters {
			fmt.Fprintf(&b, "| `%s=` | %s (%s) | %s | %s |\n", p.Name, cell(p.Description), cell(p.Expects()), byDefault(p), cellCode(p.Example))
		}
	}
	b.WriteString("\n" + fence("", trigger+" "+templateUsage(t)) + "\nwrites\n" + fence("yaml", cut(rule, pageSize-2000)) + "\n")
	b.WriteString("Options such as for=, severity= and label.X= go before what the template says: " + code(trigger+" help add"))
	return b.String(), nil
}

// templateUsage returns the line that makes a rule of a template, with an example for each parameter.
func templateUsage(t rules.Template) string {
	words := []string{"add", t.Name, "template=" + t.Name}
	for _, a := range t.Examples() {
		words = append(words, a.Name+"="+quote(a.Value))
	}
	return strings.Join(words, " ")
}

func byDefault(p rules.Parameter) string {
	if p.Default == nil {
		return "must be given"
	}
	return cellCode(*p.Default)
}

// cell returns a text as it can stand in a table.
func cell(s string) string { return strings.ReplaceAll(escape(s), "|", `\|`) }

// cellCode returns a text as code in a table: there a bar ends the cell even in code.
func cellCode(s string) string { return strings.ReplaceAll(code(s), "|", `\|`) }

// dialectName is what people call the language of a template.
func dialectName(d expr.Dialect) string {
	if d == expr.LogQL {
		return "LogQL"
	}
	return "PromQL"
}

// TemplatesTable returns the table of templates in Markdown, as the README shows it.
func TemplatesTable(templates []rules.Template) string {
	var b strings.Builder
	b.WriteString("| Template | Language | What it finds | Parameters (a star: must be given) |\n|---|---|---|---|\n")
	for _, t := range templates {
		var parameters []string
		for _, p := range t.Parameters {
			name := "`" + p.Name + "`"
			if p.Default == nil {
				name += "\\*"
			}
			parameters = append(parameters, name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s<br>%s | %s |\n", t.Name, dialectName(t.Dialect), cell(t.Description), cell(t.DescriptionJA), strings.Join(parameters, ", "))
	}
	return b.String()
}
