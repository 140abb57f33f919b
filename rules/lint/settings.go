package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Off in place of a severity switches a check off.
const Off rules.Severity = "off"

// Settings say what is looked for and how strictly: every scope that holds for a rule's ruler and path, in their order. What a later one
// says replaces what an earlier one said. The zero value is the default.
type Settings []Scope

// Scope is what the rules of some rulers and files must keep to. A zero field leaves it to the scopes before, and at last to the default.
type Scope struct {
	Rulers []string                  `yaml:"rulers"` // by name; none: all
	Paths  []string                  `yaml:"paths"`  // patterns as in rules.FilePatterns, below the ruler's directory; none: all
	Checks map[string]rules.Severity `yaml:"checks"` // check → error, warning, info, off

	Interval       time.Duration `yaml:"interval"`        // between evaluations, for groups that do not say it; default the ruler's own where it was asked, else 1m
	ScrapeInterval time.Duration `yaml:"scrape_interval"` // between samples of a series; default 15s
	MaxRange       time.Duration `yaml:"max_range"`       // that a ruler takes for one query; default 721h, Loki's
	Retention      time.Duration `yaml:"retention"`       // how long samples are kept; 0: that is not looked at
	MaxInterval    time.Duration `yaml:"max_interval"`    // of a group; default 5m, how far back Prometheus looks for a sample
	MaxFor         time.Duration `yaml:"max_for"`         // of for and keep_firing_for; default 168h
	MinFor         time.Duration `yaml:"min_for"`         // of an alert's for; default 0: none is needed

	RequiredLabels      []string `yaml:"required_labels"`      // of every alert
	RequiredAnnotations []string `yaml:"required_annotations"` // of every alert
	// LabelValues and AnnotationValues are what the values of labels and annotations, by name, must match where an alert has them.
	LabelValues      map[string]Pattern `yaml:"label_values"`
	AnnotationValues map[string]Pattern `yaml:"annotation_values"`

	RequiredMatchers []string `yaml:"required_matchers"` // labels that every PromQL selector must have a matcher for
	KeepLabels       []string `yaml:"keep_labels"`       // that no PromQL expression may take away
	DropLabels       []string `yaml:"drop_labels"`       // that every PromQL expression must take away
	ExternalLabels   []string `yaml:"external_labels"`   // that the ruler adds to what it sends; no rule may set them

	AlertNames  Pattern   `yaml:"alert_names"`  // of alerts
	RecordNames Pattern   `yaml:"record_names"` // of recording rules
	GroupNames  Pattern   `yaml:"group_names"`  // of groups
	Reject      []Pattern `yaml:"reject"`       // what no label or annotation may be
}

// defaults is the scope before all others. Intervals are Prometheus's and Loki's own; 15s is the scrape interval of Prometheus's example
// configuration, and shorter than most, so that nothing is said without reason.
var defaults = Scope{Interval: time.Minute, ScrapeInterval: 15 * time.Second, MaxRange: 721 * time.Hour, MaxInterval: 5 * time.Minute,
	MaxFor: 7 * 24 * time.Hour}

// of returns what holds for a ruler's file.
func (s Settings) of(ruler, path string) Scope {
	scope := defaults
	for _, next := range s {
		if next.holds(ruler, path) {
			scope = scope.under(next)
		}
	}
	return scope
}

// holds reports whether a scope is about a ruler's file.
func (s Scope) holds(ruler, path string) bool {
	return (len(s.Rulers) == 0 || slices.Contains(s.Rulers, ruler)) && rules.FilePatterns{Include: s.Paths}.Match(path)
}

// under returns what holds when next comes after s.
func (s Scope) under(next Scope) Scope {
	return Scope{
		Checks:         merged(s.Checks, next.Checks),
		Interval:       cmp.Or(next.Interval, s.Interval),
		ScrapeInterval: cmp.Or(next.ScrapeInterval, s.ScrapeInterval),
		MaxRange:       cmp.Or(next.MaxRange, s.MaxRange),
		Retention:      cmp.Or(next.Retention, s.Retention),
		MaxInterval:    cmp.Or(next.MaxInterval, s.MaxInterval),
		MaxFor:         cmp.Or(next.MaxFor, s.MaxFor),
		MinFor:         cmp.Or(next.MinFor, s.MinFor),

		RequiredLabels:      orList(next.RequiredLabels, s.RequiredLabels),
		RequiredAnnotations: orList(next.RequiredAnnotations, s.RequiredAnnotations),
		LabelValues:         merged(s.LabelValues, next.LabelValues),
		AnnotationValues:    merged(s.AnnotationValues, next.AnnotationValues),
		RequiredMatchers:    orList(next.RequiredMatchers, s.RequiredMatchers),
		KeepLabels:          orList(next.KeepLabels, s.KeepLabels),
		DropLabels:          orList(next.DropLabels, s.DropLabels),
		ExternalLabels:      orList(next.ExternalLabels, s.ExternalLabels),

		AlertNames:  cmp.Or(next.AlertNames, s.AlertNames),
		RecordNames: cmp.Or(next.RecordNames, s.RecordNames),
		GroupNames:  cmp.Or(next.GroupNames, s.GroupNames),
		Reject:      orList(next.Reject, s.Reject),
	}
}

// merged returns what either of two maps says; the second one where both do.
func merged[V any](first, second map[string]V) map[string]V {
	all := map[string]V{}
	maps.Copy(all, first)
	maps.Copy(all, second)
	return all
}

// orList returns the first of two lists that is given; an empty one is given too.
func orList[T any](first, second []T) []T {
	if first != nil {
		return first
	}
	return second
}

// check returns what is wrong with a scope.
func (s Scope) check() error {
	for name, severity := range s.Checks {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.Name == name }) {
			return fmt.Errorf("there is no check %q%s", name, didYouMean(name, checkNames()))
		}
		switch severity {
		case rules.SeverityError, rules.SeverityWarning, rules.SeverityInfo, Off:
		default:
			return fmt.Errorf("%s: %q is none of error, warning, info, off", name, severity)
		}
	}
	for _, pattern := range s.Paths {
		if err := rules.CheckPattern(pattern); err != nil {
			return err
		}
	}
	return nil
}

func didYouMean(name string, names []string) string {
	if near := rules.Nearest(name, names); len(near) > 0 {
		return "; did you mean " + near[0] + "?"
	}
	return ""
}
