package rules

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// renderFile returns a rule file with one group, written the way a person would.
func renderFile(g group) []byte {
	list := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{groupNode(g)}}
	return encode(mapping("groups", list))
}

// renderRules returns rules as the items of a block sequence without indentation.
func renderRules(rules []placedRule) []byte {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, r := range rules {
		list.Content = append(list.Content, r.node())
	}
	return encode(list)
}

// YAML returns the rule as a rule file writes it: one item of a list of rules, without indentation, ending in a newline.
func (r Rule) YAML() string { return string(renderRules([]placedRule{{Rule: r}})) }

func groupNode(g group) *yaml.Node {
	node := mapping("name", text(g.Name))
	if g.Interval != 0 {
		extend(node, "interval", duration(g.Interval))
	}
	if g.QueryOffset != nil {
		extend(node, "query_offset", duration(*g.QueryOffset))
	}
	if g.Limit != 0 {
		extend(node, "limit", &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(g.Limit)})
	}
	if len(g.Labels) > 0 {
		extend(node, "labels", texts(g.Labels))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, r := range g.Rules {
		list.Content = append(list.Content, r.node())
	}
	extend(node, "rules", list)
	return node
}

// node returns the rule with its notes as comments below its name: inside the item, so that they stay with it wherever it goes.
func (r placedRule) node() *yaml.Node {
	node := ruleNode(r.Rule)
	if r.pasted != nil {
		r.withComments(node)
	}
	if len(r.notes) > 0 {
		node.HeadComment = withoutNotes(node.HeadComment, r.notes)
		below := node.Content[2]
		below.HeadComment = joined("# "+strings.Join(r.notes, "\n# "), withoutNotes(below.HeadComment, r.notes))
	}
	return node
}

func ruleNode(r Rule) *yaml.Node {
	kind := "alert"
	if r.Alert == "" {
		kind = "record"
	}
	node := mapping(kind, text(r.Name()))
	extend(node, "expr", text(r.Expr))
	if r.For != 0 {
		extend(node, "for", duration(r.For))
	}
	if r.KeepFiringFor != 0 {
		extend(node, "keep_firing_for", duration(r.KeepFiringFor))
	}
	if len(r.Labels) > 0 {
		extend(node, "labels", texts(r.Labels))
	}
	if len(r.Annotations) > 0 {
		extend(node, "annotations", texts(r.Annotations))
	}
	return node
}

func mapping(key string, value *yaml.Node) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	extend(node, key, value)
	return node
}

func extend(mapping *yaml.Node, key string, value *yaml.Node) {
	mapping.Content = append(mapping.Content, text(key), value)
}

func duration(d time.Duration) *yaml.Node { return text(model.Duration(d).String()) }

// foremost are the labels and annotations that people write and read first.
var foremost = []string{"severity", "summary", "description"}

// texts returns a mapping of labels or annotations, the foremost first, the others sorted.
func texts(values map[string]string) *yaml.Node {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	rank := func(key string) int {
		if i := slices.Index(foremost, key); i >= 0 {
			return i
		}
		return len(foremost)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if byRank := rank(a) - rank(b); byRank != 0 {
			return byRank
		}
		return strings.Compare(a, b)
	})
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range keys {
		extend(node, key, text(values[key]))
	}
	return node
}

// text returns a scalar that is read back as exactly s: as a block where s has several plain lines, in double quotes where it
// has characters that nobody can see, and else as the encoder sees fit.
func text(s string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case isLiteral(s):
		node.Style = yaml.LiteralStyle
	case !isPlainText(s), s == "<<": // unquoted, << is the merge key
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// isLiteral reports whether s is well written as a block: lines that end, none of which starts or ends in white space where
// the block's own indentation would have to be told from it.
func isLiteral(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if !strings.Contains(s, "\n") || body == "" || strings.TrimSpace(body) != body {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if !isPlainText(line) || strings.TrimRight(line, " ") != line {
			return false
		}
	}
	return true
}

// isPlainText reports whether all of s can be seen: printable characters and the space.
func isPlainText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == '\uFEFF' || r == unicode.ReplacementChar })
}

// encode writes nodes with two spaces of indentation.
func encode(node *yaml.Node) []byte {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	// Writing to memory cannot fail, and a node that cannot be encoded is none that this file makes.
	if err := encoder.Encode(node); err != nil {
		return nil
	}
	if err := encoder.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}

// sameRule reports whether two rules have the same fields; no labels and empty labels are the same.
func sameRule(a, b Rule) bool {
	for _, labels := range []*map[string]string{&a.Labels, &a.Annotations, &b.Labels, &b.Annotations} {
		if len(*labels) == 0 {
			*labels = nil
		}
	}
	return reflect.DeepEqual(a, b)
}
