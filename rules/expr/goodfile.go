package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

// goodGroups returns the groups of a file that rulefmt would find nothing wrong with, at a fraction of the cost: it reads no YAML again, and
// no template again that was found good. nil when there is something wrong, or when it cannot be told; what that is, and where, is rulefmt's
// to say.
func (l language) goodGroups(root *yaml.Node) []rulefmt.RuleGroup {
	var file rulefmt.RuleGroups
	if root == nil || !knownKeys(root) || root.Decode(&file) != nil {
		return nil
	}
	names := map[string]bool{}
	for _, g := range file.Groups {
		if g.Name == "" || names[g.Name] || !l.goodLabels(g.Labels) {
			return nil
		}
		names[g.Name] = true
		for i := range g.Rules {
			if !l.isGood(&g.Rules[i]) {
				return nil
			}
		}
	}
	return file.Groups
}

// The keys that rulefmt knows in a file, a group and a rule.
var (
	fileKeys  = []string{"groups"}
	groupKeys = []string{"name", "interval", "query_offset", "limit", "rules", "labels"}
	ruleKeys  = []string{"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
)

// knownKeys reports whether a file, its groups and its rules have no other keys than those: decoding a node does not refuse them.
func knownKeys(root *yaml.Node) bool {
	if !hasOnly(root, fileKeys) {
		return false
	}
	for _, g := range elements(value(root, "groups")) {
		if !hasOnly(g, groupKeys) {
			return false
		}
		for _, r := range elements(value(g, "rules")) {
			if !hasOnly(r, ruleKeys) {
				return false
			}
		}
	}
	return true
}

// hasOnly reports whether a node is a mapping that has keys among these alone, written as plain texts: it merges nothing.
func hasOnly(mapping *yaml.Node, keys []string) bool {
	if mapping.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		if key := mapping.Content[i]; key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || !slices.Contains(keys, key.Value) {
			return false
		}
	}
	return true
}

// isGood reports whether rulefmt finds nothing wrong with a rule.
func (l language) isGood(r *rulefmt.Rule) bool {
	if !l.goodLabels(r.Labels) {
		return false
	}
	rest := *r
	if r.Alert != "" { // rulefmt parses the templates of alerts alone
		for name := range r.Annotations {
			if !l.names.IsValidLabelName(name) {
				return false
			}
		}
		rest.Labels, rest.Annotations = unknownTemplates(r.Labels), unknownTemplates(r.Annotations)
	}
	if len(rest.Validate(rulefmt.RuleNode{}, l.names, adapter{promQLParser, l})) > 0 {
		return false
	}
	addTemplates(rest.Labels)
	addTemplates(rest.Annotations)
	return true
}

// goodLabels reports whether names and values can be those of labels.
func (l language) goodLabels(labels map[string]string) bool {
	for name, value := range labels {
		if !l.names.IsValidLabelName(name) || name == model.MetricNameLabel || !utf8.ValidString(value) {
			return false
		}
	}
	return true
}

// goodTemplates are the actions of templates that parse: most rules share theirs with many others, and what stands between the actions matters to
// nobody. goodExpressions are expressions, each behind its dialect: a file is read anew for every change of one of its rules.
var goodTemplates, goodExpressions goodTexts

// unknownTemplates returns the templates among texts that may not parse.
func unknownTemplates(texts map[string]string) map[string]string {
	var rest map[string]string
	for name, text := range texts {
		if !strings.Contains(text, "{{") || goodTemplates.has(actions(text)) {
			continue
		}
		if rest == nil {
			rest = map[string]string{}
		}
		rest[name] = text
	}
	return rest
}

// addTemplates remembers texts that parse as templates.
func addTemplates(texts map[string]string) {
	for _, text := range texts {
		if text = actions(text); strings.Contains(text, "{{") {
			goodTemplates.add(text)
		}
	}
}

// actions returns a template with an x for each text between its actions, and a space for white space: to the parser these are nodes of which
// it asks no more than whether there is anything in them. A template is returned as it is where it would take the parser's own lexer to tell
// the end of an action: where quotes, comments or other braces stand in one.
func actions(template string) string {
	var b strings.Builder
	rest := template
	for {
		text, action, found := strings.Cut(rest, "{{")
		switch {
		case text == "":
		case strings.Trim(text, " \t\r\n") == "":
			b.WriteByte(' ')
		default:
			b.WriteByte('x')
		}
		if !found {
			return b.String()
		}
		action, after, closed := strings.Cut(action, "}}")
		if !closed || strings.ContainsAny(action, "\"'`/{}") {
			return template
		}
		b.WriteString("{{" + action + "}}")
		rest = after
	}
}
