package rules

import (
	"strings"
	"time"
)

// Rule is an alerting or recording rule as rule files write it. Exactly one of Alert and Record is set.
type Rule struct {
	Alert         string
	Record        string
	Expr          string
	For           time.Duration
	KeepFiringFor time.Duration
	Labels        map[string]string
	Annotations   map[string]string
}

// Name returns the alert's or the recorded series' name.
func (r Rule) Name() string {
	if r.Alert != "" {
		return r.Alert
	}
	return r.Record
}

// Ref addresses one rule in the rulebook.
type Ref struct {
	Ruler string
	Path  string // of its file, relative to the ruler's directory
	Group string
	Name  string
	Nth   int // from 1: which of the rules with this name in this group
}

// Namespace returns the path of the file's directory: "ops", "team/web", "" at the top.
func (r Ref) Namespace() string {
	if i := strings.LastIndexByte(r.Path, '/'); i >= 0 {
		return r.Path[:i]
	}
	return ""
}
