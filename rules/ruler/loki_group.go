package ruler

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules"
)

// lokiGroup is a rule group with the fields that Loki's rule API stores; it drops any other. Two are equal by reflect.DeepEqual.
type lokiGroup struct {
	Name     string       `yaml:"name"`
	Interval lokiDuration `yaml:"interval,omitempty"`
	Limit    int          `yaml:"limit,omitempty"`
	Rules    []lokiRule   `yaml:"rules"`
}

type lokiRule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         lokiDuration      `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// lokiDuration is a duration as rule files write it: "1m30s".
type lokiDuration time.Duration

// UnmarshalYAML reads the duration as Prometheus does.
func (d *lokiDuration) UnmarshalYAML(node *yaml.Node) error {
	if node.Value == "" || node.Value == "0" {
		return nil
	}
	parsed, err := model.ParseDuration(node.Value)
	*d = lokiDuration(parsed)
	return err
}

// MarshalYAML writes the duration as Prometheus does.
func (d lokiDuration) MarshalYAML() (any, error) { return model.Duration(d).String(), nil }

// groupsOf returns the groups of a rule file with anchors resolved. The file was checked; that it cannot be read is our own fault.
func groupsOf(file rules.RuleFile) ([]lokiGroup, error) {
	var content struct {
		Groups []lokiGroup `yaml:"groups"`
	}
	if err := yaml.Unmarshal(file.Content, &content); err != nil {
		return nil, &rules.Error{Kind: rules.Refused, Text: fmt.Sprintf("%s is not a rule file.", file.Path), Offset: -1, Cause: err}
	}
	for i := range content.Groups {
		content.Groups[i].normalize()
	}
	return content.Groups, nil
}

// normalize makes equal groups deeply equal.
func (g *lokiGroup) normalize() {
	if g.Rules == nil {
		g.Rules = []lokiRule{}
	}
	for i := range g.Rules {
		r := &g.Rules[i]
		if len(r.Labels) == 0 {
			r.Labels = nil
		}
		if len(r.Annotations) == 0 {
			r.Annotations = nil
		}
	}
}

// escaped prepares a name for one element of Loki's paths beyond the escaping of URLs: Loki unescapes it once more.
func escaped(name string) string { return strings.ReplaceAll(name, "%", "%25") }
