package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// file is one rule file: its bytes, what a ruler would say of it, and the rules in it. It is immutable, and knows neither its
// place nor its neighbours, so that books can share it.
type file struct {
	id       string
	dialect  expr.Dialect
	content  []byte
	groups   []group
	problems []expr.Problem
	// asksForAlerts is false when no expression has the word alertname: deleting an alert looks for those that read it, in a file of few.
	asksForAlerts bool
	lentAt        string     // its path in the rulebook where it is lent its groups; see lending
	memory        *readFiles // where what is made of it is remembered; nil for nowhere
}

// group is a group of rules as a file has it.
type group struct {
	Name        string
	Interval    time.Duration
	QueryOffset *time.Duration
	Limit       int
	Labels      map[string]string
	Rules       []placedRule
}

// placedRule is a rule with its place in the file.
type placedRule struct {
	Rule
	line   int // from 1, where the rule itself starts
	source string
	notes  []string // of a rule that is to be written: what is remembered beside it, a line each

	held, pushed bool // see Entry

	// Of a rule that was pasted, to be written with its comments:
	pasted *yaml.Node
	above  string // the comments above it
	below  string // those at the end of what was pasted; only the last rule has them
}

// readFile parses and checks a rule file. What is wrong with it is in its problems; what of its rules can be told is in its groups.
func readFile(id string, dialect expr.Dialect, content []byte) *file {
	f, _ := readWithText(id, dialect, content)
	return f
}

// readWithText is readFile, and returns the text to be edited; nil when it cannot be.
func readWithText(id string, dialect expr.Dialect, content []byte) (*file, *document) {
	f := &file{id: id, dialect: dialect, content: content}
	text := expr.ReadDocument(content)
	if text.Root != nil {
		// Whoever follows aliases must not be led round in a circle.
		if alias := selfReference(text.Root, map[*yaml.Node]bool{}); alias != nil {
			f.problems = []expr.Problem{{Line: alias.Line, Column: alias.Column, Text: fmt.Sprintf("the alias *%s stands within what it names", alias.Value)}}
			return f, nil
		}
	}
	f.problems = dialect.Check(text)
	if text.Root == nil {
		return f, nil
	}
	d := newDocument(content, text.Root)
	f.groups = d.readGroups()
	f.asksForAlerts = slices.ContainsFunc(f.groups, func(g group) bool {
		return slices.ContainsFunc(g.Rules, func(r placedRule) bool { return strings.Contains(r.Expr, alertsWord) })
	})
	return f, d
}

// readGroups returns the groups of a rule file and their rules, as far as they can be told.
func (d *document) readGroups() []group {
	var groups []group
	located := d.groups()
	for i, node := range located.items {
		g := decodeGroup(node)
		rules := d.rules(node, located.spans[i].end)
		for j, item := range rules.items {
			r := placedRule{Rule: decodeRule(item), line: item.Line}
			if r.source = d.source(rules, j); r.source == "" {
				r.source = string(renderRules([]placedRule{r}))
			}
			g.Rules = append(g.Rules, r)
		}
		groups = append(groups, g)
	}
	return groups
}

// sequence is a list in a document: of groups, or of one group's rules.
type sequence struct {
	node  *yaml.Node
	items []*yaml.Node
	spans []span // the lines of each item where the list can be edited line by line, else of the whole list
	block bool   // it can: it is written with dashes, and where it is used
}

// groups returns the document's list of groups.
func (d *document) groups() sequence {
	if d.root == nil {
		return sequence{}
	}
	return d.list(d.root, "groups", d.end())
}

// rules returns a group's list of rules; limit is the line after the group's last one.
func (d *document) rules(group *yaml.Node, limit int) sequence {
	return d.list(group, "rules", limit)
}

// list returns the list that a mapping has under a key.
func (d *document) list(mapping *yaml.Node, key string, limit int) sequence {
	node, own := field(mapping, key)
	s := sequence{node: node}
	if resolved := resolve(node); resolved != nil && resolved.Kind == yaml.SequenceNode {
		s.items = resolved.Content
	}
	s.block = own && node.Kind == yaml.SequenceNode && node.Style&yaml.FlowStyle == 0 && mapping.Style&yaml.FlowStyle == 0
	if s.block {
		s.spans = d.items(node, d.after(mapping, node, limit))
		return s
	}
	for range s.items {
		s.spans = append(s.spans, span{first: d.root.Line - 1, end: limit})
	}
	return s
}

// source returns the text of an item without its indentation, or "" where the list is not written line by line.
func (d *document) source(s sequence, i int) string {
	if !s.block {
		return ""
	}
	at := s.spans[i]
	var text strings.Builder
	text.Grow(d.starts[at.end] - d.starts[at.first])
	for line := at.first; line < at.end; line++ {
		content := d.line(line)
		text.WriteString(content[min(d.indent(line), s.node.Column-1, len(content)):])
		text.WriteByte('\n')
	}
	return text.String()
}

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	for range 10 {
		if node == nil || node.Kind != yaml.AliasNode {
			return node
		}
		node = node.Alias
	}
	return nil
}

// selfReference returns an alias that stands within what it names; nil when there is none. above are the nodes around node.
func selfReference(node *yaml.Node, above map[*yaml.Node]bool) *yaml.Node {
	if node.Kind == yaml.AliasNode && above[node.Alias] {
		return node
	}
	above[node] = true
	defer delete(above, node)
	for _, child := range node.Content {
		if alias := selfReference(child, above); alias != nil {
			return alias
		}
	}
	return nil
}

// field returns the value of a mapping's key, and whether it stands in the mapping itself rather than in one that is
// merged into it (<<).
func field(mapping *yaml.Node, key string) (value *yaml.Node, own bool) {
	if mapping == nil {
		return nil, false
	}
	value = fieldWithin(mapping, key, 10)
	own = mapping.Kind == yaml.MappingNode && value != nil && slices.Contains(mapping.Content, value)
	return value, own
}

// fieldWithin looks through aliases and at most depth merges: an alias may contain itself.
func fieldWithin(node *yaml.Node, key string, depth int) *yaml.Node {
	node = resolve(node)
	if node == nil || depth == 0 {
		return nil
	}
	if node.Kind == yaml.SequenceNode {
		for _, merged := range node.Content {
			if value := fieldWithin(merged, key, depth-1); value != nil {
				return value
			}
		}
		return nil
	}
	var merged *yaml.Node
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		switch k := resolve(node.Content[i]); {
		case k == nil:
		case k.Value == key:
			return node.Content[i+1]
		case k.Tag == "!!merge":
			merged = node.Content[i+1]
		}
	}
	return fieldWithin(merged, key, depth-1)
}

// yamlRule is a rule as YAML has it.
type yamlRule struct {
	Alert         string            `yaml:"alert,omitempty"`
	Record        string            `yaml:"record,omitempty"`
	Expr          string            `yaml:"expr"`
	For           model.Duration    `yaml:"for,omitempty"`
	KeepFiringFor model.Duration    `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

// yamlGroup is a group as YAML has it; its rules are read one by one.
type yamlGroup struct {
	Name        string            `yaml:"name"`
	Interval    model.Duration    `yaml:"interval,omitempty"`
	QueryOffset *model.Duration   `yaml:"query_offset,omitempty"`
	Limit       int               `yaml:"limit,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
}

// decodeRule returns what of a rule can be decoded; what cannot is a problem that the check reports.
func decodeRule(node *yaml.Node) Rule {
	rule, _ := decodeRuleStrictly(node)
	return rule
}

func decodeRuleStrictly(node *yaml.Node) (Rule, error) {
	var r yamlRule
	err := node.Decode(&r)
	return Rule{
		Alert: r.Alert, Record: r.Record, Expr: r.Expr, For: time.Duration(r.For), KeepFiringFor: time.Duration(r.KeepFiringFor),
		Labels: r.Labels, Annotations: r.Annotations,
	}, err
}

func decodeGroup(node *yaml.Node) group {
	g, _ := decodeGroupStrictly(node)
	return g
}

func decodeGroupStrictly(node *yaml.Node) (group, error) {
	var g yamlGroup
	err := node.Decode(&g)
	return group{
		Name: g.Name, Interval: time.Duration(g.Interval), QueryOffset: (*time.Duration)(g.QueryOffset), Limit: g.Limit, Labels: g.Labels,
	}, err
}

// pathProblems returns what is wrong with the path of a ruler's rule file, relative to the ruler's directory.
func (b *Book) pathProblems(ruler, path string) []expr.Problem {
	info, _ := b.ruler(ruler)
	name := info.Layout.LiveName(path)
	if len(name) > maxLivePath {
		return []expr.Problem{{Text: fmt.Sprintf("the path is too long: it has %d bytes of at most %d", len(name), maxLivePath)}}
	}
	for element := range strings.SplitSeq(name, "/") {
		if len(element) > maxLiveName {
			return []expr.Problem{{Text: fmt.Sprintf("the path is too long: rulers read the file as %q, %d bytes of at most %d", element, len(element), maxLiveName)}}
		}
	}
	if err := checkPlain(path); err != "" {
		return []expr.Problem{{Text: "the path " + err}}
	}
	return nil
}
