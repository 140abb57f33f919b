package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// FromTemplate is a template and what is put into it.
type FromTemplate struct {
	Template  Template
	Arguments []Argument
	// Remembered is what the rule is to remember: the arguments, and the options that changed the rule by their names, without secrets.
	Remembered []Argument
}

// Preview returns the rule that an Add of this name would write, as a rule file writes it. Errors are as those of Render.
func (f FromTemplate) Preview(name string) (string, error) { return Made{From: f}.preview(name) }

func (f FromTemplate) origin() Origin {
	return Origin{f.Template.Name, f.Template.Version, f.Remembered}
}

// fromTemplate returns the rule of a template, as yet without options, and its ruler.
func (a Add) fromTemplate(book *Book, name string) (RulerInfo, Rule, error) {
	template := a.From.Template
	if a.Options.Threshold != nil {
		return RulerInfo{}, Rule{}, invalid("threshold", "threshold= goes with the counting of log lines. The template %s has parameters of its own.", template.Name)
	}
	candidates, err := book.candidates(a.Options.Ruler)
	if err != nil {
		return RulerInfo{}, Rule{}, err
	}
	language := languageName(template.Dialect)
	switch fitting := ofDialect(candidates, template.Dialect); {
	case len(fitting) == 1:
		rule, err := template.Render(name, a.From.Arguments)
		return fitting[0], rule, err
	case len(fitting) > 1:
		return RulerInfo{}, Rule{}, severalRulers(fitting)
	case a.Options.Ruler != "":
		e := invalid("ruler", "The template %s is %s, and %s does not evaluate that.", template.Name, language, a.Options.Ruler)
		e.Fixes = rulerNames(ofDialect(book.rulers, template.Dialect))
		return RulerInfo{}, Rule{}, e
	}
	return RulerInfo{}, Rule{}, invalid("template", "The template %s is %s, and no ruler for that is configured.", template.Name, language)
}

// Origin is what a rule remembers of the template that it was made from, in a comment of its own:
// `# template: log-silence v2 logs="{job=\"nginx\"}" window=30m severity=critical`.
type Origin struct {
	Template  string
	Version   int
	Arguments []Argument // parameters, and options by their names
}

// note returns the comment, without its sign: one line, whatever the arguments say.
func (o Origin) note() string {
	var b strings.Builder
	fmt.Fprintf(&b, "template: %s v%d", o.Template, o.Version)
	for _, a := range o.Arguments {
		b.WriteString(" " + a.Name + "=")
		if bareArgument.MatchString(a.Value) {
			b.WriteString(a.Value)
		} else {
			b.WriteString(strconv.Quote(a.Value))
		}
	}
	return b.String()
}

var (
	bareArgument = regexp.MustCompile(`^[A-Za-z0-9%][A-Za-z0-9%._/:+-]*$`)
	originHead   = regexp.MustCompile(`(?m)^[ \t]+# template: ([a-z0-9-]+) v([0-9]{1,9})((?: .*)?)$`)
	argumentHead = regexp.MustCompile(`^ +([A-Za-z_][A-Za-z0-9_.]*)=`)
)

// Origin returns what the rule remembers of its template; false when it remembers none, or when somebody rewrote that so that it cannot
// be read.
func (e Entry) Origin() (Origin, bool) {
	m := originHead.FindStringSubmatch(e.Source)
	if m == nil {
		return Origin{}, false
	}
	version, err := strconv.Atoi(m[2])
	if err != nil {
		return Origin{}, false
	}
	o := Origin{Template: m[1], Version: version}
	for rest := strings.TrimRight(m[3], " \t\r"); rest != ""; {
		head := argumentHead.FindStringSubmatch(rest)
		if head == nil {
			return Origin{}, false
		}
		rest = rest[len(head[0]):]
		length := strings.IndexByte(rest, ' ')
		if length < 0 {
			length = len(rest)
		}
		value := rest[:length]
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return Origin{}, false
			}
			length = len(quoted)
			value, _ = strconv.Unquote(quoted) // a quoted prefix is one
		}
		o.Arguments = append(o.Arguments, Argument{head[1], value})
		rest = rest[length:]
	}
	return o, true
}
