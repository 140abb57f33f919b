package main

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// problems collects what is wrong with a configuration file.
type problems struct {
	name   string
	source *yaml.Node
	found  []error
}

func newProblems(name string, document *yaml.Node) *problems {
	p := &problems{name: name}
	if len(document.Content) == 1 {
		p.source = document.Content[0]
	}
	return p
}

// at notes a problem with the value at a key, which is written as in `rulers[1].http_config.url`.
func (p *problems) at(key, format string, args ...any) {
	p.found = append(p.found, problemAt(p.name, p.line(key), key+": "+fmt.Sprintf(format, args...)))
}

// err returns everything that was noted, or nil.
func (p *problems) err() error { return errors.Join(p.found...) }

var keyStep = regexp.MustCompile(`[^.\[\]]+`)

// line returns where the key stands, or where the deepest part of it does that is there; 0 without a document.
func (p *problems) line(key string) int {
	node, line := p.source, 0
	for _, step := range keyStep.FindAllString(key, -1) {
		if node == nil {
			break
		}
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		node = child(node, step)
		if node != nil {
			line = node.Line
		}
	}
	return line
}

func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i < len(node.Content) {
			return node.Content[i]
		}
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 { // keys and values of a mapping; a scalar has none
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}

func problemAt(name string, line int, text string) error {
	if line == 0 {
		return fmt.Errorf("%s: %s", name, text)
	}
	return fmt.Errorf("%s:%d: %s", name, line, text)
}

// How yaml.v3 words its errors.
var (
	yamlLine       = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	yamlUnknownKey = regexp.MustCompile(`^field (.*) not found in type \w+\.(\w+)$`)
	yamlDuration   = regexp.MustCompile("^cannot unmarshal !!\\w+ `(.*)` into time.Duration$")
)

// decodeErrors rewrites YAML's errors for a person: the file's name, the line, and for an unknown key the nearest known one and all others.
func decodeErrors(name string, err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return decodeError(name, err.Error())
	}
	var all []error
	for _, text := range wrong.Errors {
		all = append(all, decodeError(name, text))
	}
	return errors.Join(all...)
}

func decodeError(name, text string) error {
	line := 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits, by the expression
		text = m[2]
	}
	if m := yamlUnknownKey.FindStringSubmatch(text); m != nil {
		text = unknownKey(m[1], m[2])
	} else if m := yamlDuration.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("%q is not a duration; write it like 30s or 3m", m[1])
	}
	return problemAt(name, line, strings.TrimPrefix(text, "yaml: "))
}

// sections are the types whose keys the configuration has.
var sections = []any{
	config{}, rulerConfig{}, mattermostConfig{}, gitConfig{}, journalConfig{}, liveConfig{}, webConfig{}, lint.Scope{},
	journal.SinkConfig{}, journal.NotifyRule{}, journal.WorkingHours{}, journal.Burst{},
}

func unknownKey(key, typeName string) string {
	for _, section := range sections {
		if t := reflect.TypeOf(section); t.Name() == typeName {
			text := fmt.Sprintf("unknown key %q; ", key)
			if near := rules.Nearest(key, yamlKeys(t)); len(near) > 0 {
				text += fmt.Sprintf("did you mean %s? ", near[0])
			}
			return text + "known here are " + strings.Join(yamlKeys(t), ", ")
		}
	}
	return fmt.Sprintf("unknown key %q", key)
}

func yamlKeys(t reflect.Type) (keys []string) {
	for field := range t.Fields() {
		keys = append(keys, field.Tag.Get("yaml"))
	}
	return keys
}
