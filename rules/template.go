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
	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// Template is an alert rule with parameters. Its file has its name, ends in .yaml, and holds the fields below by their keys and no others.
type Template struct {
	Name          string         `yaml:"name"`
	Version       int            `yaml:"version"` // from 1; a rule remembers which one it was made from
	Description   string         `yaml:"description"`
	DescriptionJA string         `yaml:"description_ja"`
	Keywords      []string       `yaml:"keywords"` // by which people look for it, in any language, where its name and descriptions have them not
	Dialect       expr.Dialect   `yaml:"dialect"`
	Parameters    []Parameter    `yaml:"parameters"` // in the order in which they are shown
	Rule          TemplateRule   `yaml:"rule"`
	Tests         []TemplateTest `yaml:"tests"`

	Path     string `yaml:"-"` // of its file in the rulebook; "" for one that is built in
	Flaw     string `yaml:"-"` // what a check finds in its rule, which is refused for that; "" where it was not looked for, or not found
	Replaces bool   `yaml:"-"` // it stands in the rulebook, and one of this name is built in

	shape string // of the expression, whatever the parameters
}

// Parameter is what a template leaves to whoever uses it.
type Parameter struct {
	Name        string   `yaml:"name"`
	Type        string   `yaml:"type"` // the name of one of parameterTypes
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
	err := t.checkRule()
	return t, err
}

// body returns the template's rule with its placeholders.
func (t Template) body(name string) Rule {
	return Rule{
		Alert: name, Expr: strings.TrimSpace(t.Rule.Expr), For: time.Duration(t.Rule.For), KeepFiringFor: time.Duration(t.Rule.KeepFiringFor),
		Labels: t.Rule.Labels, Annotations: t.Rule.Annotations,
	}
}
