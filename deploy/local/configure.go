package local

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// container matches the address of a container in a deployed configuration: "alertmanager:9093".
var container = regexp.MustCompile(`\b[a-z][a-z_-]*:[0-9]{4}\b`)

// configuration is a deployed configuration on its way to one that runs on loopback.
type configuration struct {
	root    map[string]any
	replace map[string]string // what the containers call it (an address, a path) → what it is called here
}

func parseConfiguration(file []byte, replace map[string]string) (configuration, error) {
	c := configuration{replace: replace}
	if err := yaml.Unmarshal(file, &c.root); err != nil {
		return c, fmt.Errorf("deployed configuration: %w", err)
	}
	for key, value := range c.root {
		c.root[key] = c.here(value)
	}
	return c, nil
}

// here returns node with every string translated.
func (c configuration) here(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			node[key] = c.here(value)
		}
	case []any:
		for i, value := range node {
			node[i] = c.here(value)
		}
	case string:
		for container, local := range c.replace {
			node = strings.ReplaceAll(node, container, local)
		}
		return node
	}
	return node
}

// set sets one value; keys are the way to it and must be there already but for the last.
func (c configuration) set(value any, keys ...string) error {
	node := c.root
	for _, key := range keys[:len(keys)-1] {
		next, ok := node[key].(map[string]any)
		if !ok {
			return fmt.Errorf("deployed configuration: no section %q", strings.Join(keys, "."))
		}
		node = next
	}
	node[keys[len(keys)-1]] = value
	return nil
}

// keepReachable takes out of the list at section.key (or at key, with section "") every item that names a container for which
// nothing runs here.
func (c configuration) keepReachable(section, key string) error {
	node := c.root
	if section != "" {
		node, _ = c.root[section].(map[string]any)
	}
	items, ok := node[key].([]any)
	if !ok {
		return fmt.Errorf("deployed configuration: no list %s.%s", section, key)
	}
	kept := []any{}
	for _, item := range items {
		text, err := yaml.Marshal(item)
		if err != nil {
			return fmt.Errorf("deployed configuration: %w", err)
		}
		if !container.Match(text) {
			kept = append(kept, item)
		}
	}
	node[key] = kept
	return nil
}

// write writes the configuration to path and returns path.
func (c configuration) write(path string) (string, error) {
	text, err := yaml.Marshal(c.root)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o644)
}
