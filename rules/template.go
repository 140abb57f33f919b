package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// Template is an alert rule with parameters. Its file has its name, ends in .yaml, and holds the fields below by their keys and no others.
type Template struct {
	Name          string         `yaml:"name"`
	Version       int            `yaml:"version"` // from 1; a rule remembers which one it was made from
	Description   string         `yaml:"description"`
	DescriptionJA string         `yaml:"description_ja"`
	Dialect       expr.Dialect   `yaml:"dialect"`
	Parameters    []Parameter    `yaml:"parameters"` // in the order in which they are shown
	Rule          TemplateRule   `yaml:"rule"`
	Tests         []TemplateTest `yaml:"tests"`

	Path     string `yaml:"-"` // of its file in the rulebook; "" for one that is built in
	Replaces bool   `yaml:"-"` // it stands in the rulebook, and one of this name is built in

	shape string // of the expression, whatever the parameters
}

// Parameter is what a template leaves to whoever uses it.
type Parameter struct {
	Name        string   `yaml:"name"`
	Type        string   `yaml:"type"` // one of ParameterTypes
	Description string   `yaml:"description"`
	Values      []string `yaml:"values"`  // of an enum
	Default     *string  `yaml:"default"` // nil where a value must be given
	Example     string   `yaml:"example"`
}

// TemplateRule is the body of a template's rule. A parameter stands as ${name} in its expression, and in labels and annotations; a duration
// stands as ${name:seconds} where a number is needed. Prometheus's own {{ }} stay as they are.
type TemplateRule struct {
	Expr          string            `yaml:"expr"`
	For           model.Duration    `yaml:"for"`
	KeepFiringFor model.Duration    `yaml:"keep_firing_for"`
	Labels        map[string]string `yaml:"labels"`
	Annotations   map[string]string `yaml:"annotations"`
}

// TemplateTest is a unit test in the words of promtool's: what goes in, and which alerts are to fire when. Series are for PromQL, streams
// for LogQL. The parameters that it does not give are the template's examples.
type TemplateTest struct {
	Name       string            `yaml:"name"`
	Parameters map[string]string `yaml:"parameters"`
	Interval   model.Duration    `yaml:"interval"` // between two evaluations; 1m by default
	Series     []TestSeries      `yaml:"input_series"`
	Streams    []TestStream      `yaml:"input_streams"`
	Alerts     []TestMoment      `yaml:"alert_rule_test"`
}

// TestSeries is a series and its samples, one an interval, as promtool writes them: 'up{job="x"}', '1x10 0x5'.
type TestSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// TestStream is a log stream and its lines.
type TestStream struct {
	Labels map[string]string `yaml:"stream"`
	Lines  []TestLines       `yaml:"lines"`
}

// TestLines is one log line, or the same one again and again: at, and then every so often, times in all.
type TestLines struct {
	At    model.Duration `yaml:"at"`
	Every model.Duration `yaml:"every"`
	Times int            `yaml:"times"`
	Line  string         `yaml:"line"`
}

// TestMoment is what must fire at a time, and nothing else.
type TestMoment struct {
	At     model.Duration `yaml:"eval_time"`
	Alerts []TestAlert    `yaml:"exp_alerts"`
}

// TestAlert is an alert without the label alertname.
type TestAlert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// Parameter returns the parameter of a name, and whether there is one.
func (t Template) Parameter(name string) (Parameter, bool) {
	i := slices.IndexFunc(t.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return t.Parameters[i], true
}

// Examples returns an example for every parameter.
func (t Template) Examples() []Argument {
	var arguments []Argument
	for _, p := range t.Parameters {
		arguments = append(arguments, Argument{p.Name, p.Example})
	}
	return arguments
}

// maxTemplate is the largest template file, in bytes.
const maxTemplate = 64 << 10

var (
	templateName  = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)
	parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// ReadTemplate reads a template file and checks it: that it is complete, that its rule is one with the examples and with the defaults of
// its parameters, and that no parameter has a name that taken reports, which has a meaning beside parameters already. name is the file's name
// without .yaml. The error is for a person.
func ReadTemplate(name string, content []byte, taken func(name string) bool) (Template, error) {
	var t Template
	if len(content) > maxTemplate {
		return t, fmt.Errorf("the file is %d bytes long; at most %d are allowed", len(content), maxTemplate)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&t); err != nil {
		return t, fmt.Errorf("the file is no template: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "rules.", ""))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return t, errors.New("the file has a second YAML document: each template has a file of its own")
	}
	if err := t.checkHead(name); err != nil {
		return t, err
	}
	if err := t.checkParameters(taken); err != nil {
		return t, err
	}
	return t, t.checkRule()
}

func (t Template) checkHead(name string) error {
	switch {
	case t.Name != name:
		return fmt.Errorf("name is %q and must be the file's, %q", t.Name, name)
	case !templateName.MatchString(t.Name):
		return fmt.Errorf("the name %q has something else than small letters, digits and single dashes", t.Name)
	case t.Version < 1:
		return errors.New("version must be a whole number from 1")
	case strings.TrimSpace(t.Description) == "" || checkPlain(t.Description+t.DescriptionJA) != "":
		return errors.New("description must be one line of text, and description_ja too where it is given")
	case !slices.Contains(expr.Dialects(), t.Dialect):
		return fmt.Errorf("dialect is %q and must be promql or logql", t.Dialect)
	case t.Rule.For < 0 || t.Rule.KeepFiringFor < 0:
		return errors.New("for and keep_firing_for must not be below zero")
	}
	return nil
}

func (t Template) checkParameters(taken func(string) bool) error {
	seen := map[string]bool{}
	for _, p := range t.Parameters {
		switch _, known := findParameterType(p.Type); {
		case !parameterName.MatchString(p.Name):
			return fmt.Errorf("the parameter %q has something else in its name than small letters, digits and underscores", p.Name)
		case seen[p.Name]:
			return fmt.Errorf("there are two parameters %q", p.Name)
		case taken(p.Name):
			return fmt.Errorf("the parameter %q has the name of an option, so it could never be given", p.Name)
		case !known:
			return fmt.Errorf("the parameter %q has the type %q; the types are %s", p.Name, p.Type, strings.Join(ParameterTypes(), ", "))
		case (p.Type == enumType) != (len(p.Values) > 0):
			return fmt.Errorf("the parameter %q: values belong to an enum, which needs them", p.Name)
		case strings.TrimSpace(p.Description) == "" || checkPlain(p.Description) != "":
			return fmt.Errorf("the parameter %q needs one line of description", p.Name)
		}
		seen[p.Name] = true
		for what, value := range map[string]*string{"example": &p.Example, "default": p.Default} {
			if value == nil {
				continue
			}
			if _, err := p.read(t.Dialect, *value); err != nil {
				return fmt.Errorf("the %s of the parameter %q: %s", what, p.Name, err.Text)
			}
		}
	}
	return nil
}

// checkRule demands that the rule is one that its ruler takes, and remembers the shape of its expression.
func (t *Template) checkRule() error {
	used := map[string]bool{}
	if err := t.checkExpr(used); err != nil {
		return err
	}
	for _, texts := range []map[string]string{t.Rule.Labels, t.Rule.Annotations} {
		for _, name := range sortedKeys(texts) {
			if err := t.checkAnnotation(name, texts[name], used); err != nil {
				return err
			}
		}
	}
	for _, p := range t.Parameters {
		if !used[p.Name] {
			return fmt.Errorf("the parameter %q is not used in the rule", p.Name)
		}
	}
	values, err := t.values(t.Examples())
	if err != nil {
		return err
	}
	shape, err := t.Dialect.Shape(t.expression(values))
	if err != nil {
		return fmt.Errorf("the expression with the examples, %s: %w", t.expression(values), err)
	}
	t.shape = shape
	if err := t.checkWith(t.Examples()); err != nil {
		return fmt.Errorf("with the examples: %w", err)
	}
	var least []Argument // what must be given and no more
	for _, p := range t.Parameters {
		if p.Default == nil {
			least = append(least, Argument{p.Name, p.Example})
		}
	}
	if err := t.checkWith(least); err != nil {
		return fmt.Errorf("with the defaults: %w", err)
	}
	return nil
}

// checkWith demands that the ruler takes the rule with these arguments.
func (t Template) checkWith(arguments []Argument) error {
	rule, err := t.Render(t.Name, arguments)
	if err != nil {
		return err
	}
	return checkAlone(t.Dialect, group{Name: t.Name, Rules: []placedRule{{Rule: rule}}})
}

// body returns the template's rule with its placeholders.
func (t Template) body(name string) Rule {
	return Rule{
		Alert: name, Expr: strings.TrimSpace(t.Rule.Expr), For: time.Duration(t.Rule.For), KeepFiringFor: time.Duration(t.Rule.KeepFiringFor),
		Labels: t.Rule.Labels, Annotations: t.Rule.Annotations,
	}
}
