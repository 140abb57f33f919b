package ruler

import (
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
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

// groupsOf returns the groups of a rule file with anchors resolved.
func groupsOf(content []byte) ([]lokiGroup, error) {
	var file struct {
		Groups []lokiGroup `yaml:"groups"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	for i := range file.Groups {
		file.Groups[i].normalize()
	}
	return file.Groups, nil
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
