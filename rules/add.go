package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// Add adds rules: from the positional log form, an expression, a template, or pasted YAML. Exactly one of Log, Expr, From and YAML is set.
type Add struct {
	Name    string // not with YAML
	Log     *LogForm
	Expr    string
	From    *FromTemplate
	YAML    string // one rule, a list of rules, one group, or a whole `groups:` document
	Options Options
	Channel string // the channel's name: the namespace where Options names none ("default" in a direct message)
}

// LogForm is the three words of the positional log form as typed.
type LogForm struct {
	Label   string // `job=x`, `a=b,c=d`, `{…}`, or a bare word: job=word
	Pattern string // a substring, /regular expression/, or * for any line
	Time    string // the window: "5m"
}

// Action returns "add".
func (Add) Action() string { return "add" }

// Plan implements Intent.
func (a Add) Plan(book *Book) (Change, error) {
	if err := a.Options.check(); err != nil {
		return Change{}, err
	}
	ruler, groups, err := a.groups(book)
	if err != nil {
		return Change{}, err
	}
	namespace, err := a.namespace(book, ruler)
	if err != nil {
		return Change{}, err
	}
	change := Change{Ruler: ruler.Name, Files: map[string][]byte{}, Reason: a.Options.Reason}
	for i, g := range groups {
		if err := checkAlone(book.read, ruler.Dialect, g); err != nil {
			return Change{}, err
		}
		path, content, err := book.put(ruler, namespace, g)
		if err != nil {
			return Change{}, err
		}
		at := Ref{Ruler: ruler.Name, Path: path, Group: g.Name}
		written := map[string][]byte{book.rulebookPath(at): content}
		maps.Copy(change.Files, written)
		change.Refs = append(change.Refs, refsIn(at, g)...)
		if i+1 < len(groups) {
			book = book.With(written)
		}
	}
	change.Subject = "add " + change.Refs[0].Name
	if more := len(change.Refs) - 1; more > 0 {
		change.Subject += fmt.Sprintf(" and %d more", more)
	}
	return change, nil
}

// refsIn returns the addresses of a group's rules; none of their names was in the group before.
func refsIn(at Ref, g group) []Ref {
	count := map[string]int{}
	var refs []Ref
	for _, r := range g.Rules {
		count[r.Name()]++
		at.Name, at.Nth = r.Name(), count[r.Name()]
		refs = append(refs, at)
	}
	return refs
}

// groups returns the ruler and what it is to get.
func (a Add) groups(book *Book) (RulerInfo, []group, error) {
	if a.YAML != "" {
		return a.pasted(book)
	}
	name := strings.TrimSpace(a.Name)
	if err := checkName("name", "rule", name); err != nil {
		return RulerInfo{}, nil, err
	}
	ruler, rule, err := a.rule(book, name)
	if err != nil {
		return RulerInfo{}, nil, err
	}
	if err := a.decorate(&rule, ruler); err != nil {
		return RulerInfo{}, nil, err
	}
	g, err := a.around([]Rule{rule})
	if err == nil && a.From != nil {
		g.Rules[0].notes = append(g.Rules[0].notes, a.From.origin().note())
	}
	return ruler, []group{g}, err
}

// rule returns the rule of the log form, the expression or the template, as yet without options, and its ruler.
func (a Add) rule(book *Book, name string) (RulerInfo, Rule, error) {
	if a.From != nil {
		return a.fromTemplate(book, name)
	}
	if a.Log == nil {
		if a.Options.Threshold != nil {
			return RulerInfo{}, Rule{}, invalid("threshold", "threshold= goes with the counting of log lines. Write it into the expression: expr=\"… > %v\".", *a.Options.Threshold)
		}
		if len(a.Expr) > expr.MaxExpression {
			return RulerInfo{}, Rule{}, invalid("expr", "The expression is %d bytes long; at most %d are allowed.", len(a.Expr), expr.MaxExpression)
		}
		ruler, rules, err := chooseRuler(book, a.Options.Ruler, "expr", []Rule{{Alert: name, Expr: strings.TrimSpace(a.Expr)}})
		if err != nil {
			return RulerInfo{}, Rule{}, err
		}
		return ruler, rules[0], nil
	}
	ruler, err := book.logRuler(a.Options.Ruler)
	if err != nil {
		return RulerInfo{}, Rule{}, err
	}
	threshold := 0.0
	if a.Options.Threshold != nil {
		threshold = *a.Options.Threshold
	}
	rule, err := a.Log.rule(name, threshold)
	return ruler, rule, err
}

// logRuler returns the ruler that counts log lines.
func (b *Book) logRuler(wanted string) (RulerInfo, error) {
	candidates, err := b.candidates(wanted)
	if err != nil {
		return RulerInfo{}, err
	}
	switch fitting := ofDialect(candidates, expr.LogQL); {
	case len(fitting) == 1:
		return fitting[0], nil
	case len(fitting) > 1:
		return RulerInfo{}, severalRulers(fitting)
	case wanted != "":
		e := invalid("ruler", "Log lines are counted by a Loki, and %s is none.", wanted)
		e.Fixes = rulerNames(ofDialect(b.rulers, expr.LogQL))
		return RulerInfo{}, e
	}
	return RulerInfo{}, invalid("", "No Loki is configured, so log lines cannot be counted. Write a PromQL expression: add NAME expr=\"…\".")
}

// decorate puts the options onto the rule.
func (a Add) decorate(rule *Rule, ruler RulerInfo) error {
	if a.Options.For != nil {
		rule.For = *a.Options.For
	}
	if keep := a.Options.KeepFiringFor; keep != nil && *keep != 0 {
		if ruler.Dialect == expr.LogQL {
			return ignoredByLoki(ruler)
		}
		rule.KeepFiringFor = *keep
	}
	rule.Labels = merged(rule.Labels, a.Options.Labels)
	rule.Annotations = merged(rule.Annotations, a.Options.Annotations)
	return nil
}

// merged returns both maps' values, those of over where both have one.
func merged(under, over map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, under)
	maps.Copy(all, over)
	return all
}

// around returns the group that rules without one get: the one that group= names, or one named after the first rule.
func (a Add) around(rules []Rule) (group, error) {
	g := group{Name: strings.TrimSpace(a.Options.Group)}
	if g.Name == "" {
		g.Name = rules[0].Name()
	}
	if err := checkName("group", "group", g.Name); err != nil {
		return group{}, err
	}
	if a.Options.Interval != nil {
		g.Interval = *a.Options.Interval
	}
	for _, r := range rules {
		g.Rules = append(g.Rules, placedRule{Rule: r, notes: a.Options.notes()})
	}
	return g, nil
}

// namespace returns where in the ruler's directory the files go: an existing directory by its name, a path of slugs, or "" for the
// directory itself, which is written as a dot.
func (a Add) namespace(book *Book, ruler RulerInfo) (string, error) {
	namespace := strings.Trim(strings.TrimSpace(a.Options.Namespace), "/")
	if namespace == "." {
		return "", nil
	}
	if namespace == "" {
		if namespace = slug(a.Channel); namespace == "" {
			namespace = "default"
		}
	}
	if slices.ContainsFunc(book.shelf(ruler.Name), func(f *shelved) bool { return (Ref{Path: f.path}).Namespace() == namespace }) {
		return namespace, nil
	}
	return namespace, checkNamespace(namespace)
}

// checkAlone refuses a group that the ruler would not take even on its own: it is written, read again and compared, and checked.
func checkAlone(memory *readFiles, dialect expr.Dialect, g group) error {
	content := renderFile(g)
	alone := memory.file(plannedID(content), dialect, content) // often what is written in the end
	if len(alone.problems) > 0 {
		e := invalid("", "The ruler would not take this: %s", sentence(alone.problems[0].Text))
		return e
	}
	if len(alone.groups) != 1 || !sameGroup(alone.groups[0], g) {
		return notChanged(fmt.Errorf("%+v reads back as %+v", g, alone.groups))
	}
	return nil
}
