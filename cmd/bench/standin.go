package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// standIn answers as a Prometheus does that runs what is in its rule directory and evaluated it just now, without the time that a real
// one needs: to reload costs nothing, and only the files of the groups that are asked for are looked at.
type standIn struct {
	dir string

	mu     sync.Mutex
	groups map[string]map[string]bool // group → names of files that have or had it
	files  map[string]*runningFile    // name → what was read of it
}

// runningFile is a rule file as the rules API lists it.
type runningFile struct {
	size    int64
	changed time.Time
	groups  []runningGroup
}

type runningGroup struct {
	Name     string        `json:"name" yaml:"name"`
	File     string        `json:"file" yaml:"-"`
	Interval float64       `json:"interval" yaml:"-"`
	Rules    []runningRule `json:"rules" yaml:"rules"`
}

type runningRule struct {
	Type           string            `json:"type" yaml:"-"`
	Alert          string            `json:"name" yaml:"alert"`
	Query          string            `json:"query" yaml:"expr"`
	For            model.Duration    `json:"-" yaml:"for"`
	Duration       float64           `json:"duration" yaml:"-"`
	Labels         map[string]string `json:"labels" yaml:"labels"`
	Annotations    map[string]string `json:"annotations" yaml:"annotations"`
	Health         string            `json:"health" yaml:"-"`
	State          string            `json:"state" yaml:"-"`
	LastEvaluation time.Time         `json:"lastEvaluation" yaml:"-"`
}

func newStandIn(dir string) *standIn {
	return &standIn{dir: dir, groups: map[string]map[string]bool{}, files: map[string]*runningFile{}}
}

// ServeHTTP answers what package rules/ruler asks of a Prometheus.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/-/reload":
	case "/api/v1/rules":
		groups, err := s.running(r.URL.Query()["rule_group[]"])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.answer(w, groups)
	default:
		http.NotFound(w, r)
	}
}

func (s *standIn) answer(w http.ResponseWriter, groups []runningGroup) {
	var answer struct {
		Status string `json:"status"`
		Data   struct {
			Groups []runningGroup `json:"groups"`
		} `json:"data"`
	}
	answer.Status, answer.Data.Groups = "success", groups
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// running returns the groups with these names; all without names.
func (s *standIn) running(names []string) ([]runningGroup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[string]bool{}
	var candidates []string
	for _, name := range names {
		wanted[name] = true
		candidates = append(candidates, ownNamespace+"."+name+".yaml") // where a rule stands that was added without group=
		for file := range s.groups[name] {
			if file != candidates[len(candidates)-1] {
				candidates = append(candidates, file)
			}
		}
	}
	if len(names) == 0 {
		entries, err := os.ReadDir(s.dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			candidates = append(candidates, e.Name())
		}
	}
	groups := []runningGroup{}
	for _, name := range candidates {
		file, err := s.file(name)
		if err != nil {
			return nil, err
		}
		for _, g := range file.groups {
			if len(names) == 0 || wanted[g.Name] {
				groups = append(groups, g.evaluated())
			}
		}
	}
	return groups, nil
}

// evaluated returns the group as evaluated just now.
func (g runningGroup) evaluated() runningGroup {
	now := time.Now()
	evaluated := make([]runningRule, len(g.Rules))
	for i, r := range g.Rules {
		r.LastEvaluation = now
		evaluated[i] = r
	}
	g.Rules = evaluated
	return g
}

// file returns what is in a rule file; one that is gone has nothing.
func (s *standIn) file(name string) (*runningFile, error) {
	path := filepath.Join(s.dir, filepath.Base(name))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (info.IsDir() || !strings.HasSuffix(name, ".yaml")) {
		return &runningFile{}, nil
	}
	if err != nil {
		return nil, err
	}
	if known := s.files[name]; known != nil && known.size == info.Size() && known.changed.Equal(info.ModTime()) {
		return known, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var read struct {
		Groups []runningGroup `yaml:"groups"`
	}
	if err := yaml.Unmarshal(content, &read); err != nil {
		return nil, err
	}
	for i := range read.Groups {
		g := &read.Groups[i]
		g.File, g.Interval = path, 30
		for j := range g.Rules {
			r := &g.Rules[j]
			r.Type, r.Health, r.State, r.Duration = "alerting", "ok", "inactive", time.Duration(r.For).Seconds()
			if r.Query, err = expr.PromQL.Canonical(r.Query); err != nil {
				return nil, err
			}
		}
		if s.groups[g.Name] == nil {
			s.groups[g.Name] = map[string]bool{}
		}
		s.groups[g.Name][name] = true
	}
	s.files[name] = &runningFile{size: info.Size(), changed: info.ModTime(), groups: read.Groups}
	return s.files[name], nil
}
