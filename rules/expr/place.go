package expr

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// inside returns p moved to the byte at an offset in a text of the file, or to the text's beginning when the file does not write it
// literally there: with escapes, or folded.
func (f *file) inside(text *yaml.Node, offset int, p Problem) Problem {
	p = p.at(text)
	if text == nil || offset < 0 || offset > len(text.Value) {
		return p
	}
	before := text.Value[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(text.Value[start:], "\n")
	number := text.Line + strings.Count(before, "\n") // from 1
	if text.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		number++ // the text begins below its | or >
	}
	source := f.line(number)
	from := 0
	if number == text.Line {
		from = min(len(source), text.Column-1)
	}
	if i := strings.Index(source[from:], line); i >= 0 && line != "" {
		p.Line, p.Column = number, utf8.RuneCountInString(source[:from+i]+before[start:])+1
	}
	return p
}

// line returns a line of the file, from 1; "" when there is none.
func (f *file) line(number int) string {
	rest := f.content
	for range number - 1 {
		_, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			return ""
		}
		rest = after
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(line)
}

// rule returns the i-th rule of the group with this name; nil when there is none.
func (f *file) rule(group string, i int) *yaml.Node {
	for _, g := range elements(value(f.root, "groups")) {
		if name := value(g, "name"); name != nil && name.Value == group {
			if rules := elements(value(g, "rules")); i < len(rules) {
				return rules[i]
			}
		}
	}
	return nil
}

// repeated is what rulefmt says of a group's name, with the name as %s prints it.
var repeated = regexp.MustCompile(`(?s)^groupname: "(.*)" is repeated in the same file$`)

// placeGroup finds the group that an error is about; rulefmt's own position is always 0:0.
func (f *file) placeGroup(p Problem) Problem {
	m := repeated.FindStringSubmatch(p.Text)
	if m == nil && p.Text != "Groupname must not be empty" {
		return p
	}
	before := map[string]bool{}
	for _, group := range elements(value(f.root, "groups")) {
		name := value(group, "name")
		switch {
		case m == nil && (name == nil || name.Value == ""):
			return problemAt(group, "a group must have a name")
		case m != nil && name != nil && name.Value == m[1] && before[m[1]]:
			return problemAt(name, "a group has the name %q already", m[1])
		case name != nil:
			before[name.Value] = true
		}
	}
	return p
}

// placeDuration finds the duration that an error is about; rulefmt does not tell.
func (f *file) placeDuration(node *yaml.Node, p Problem) Problem {
	if node == nil {
		return p
	}
	for _, key := range []string{"for", "keep_firing_for", "interval", "query_offset"} {
		if k, v := entry(node, key); k != nil && resolve(v).Kind == yaml.ScalarNode {
			if _, err := model.ParseDuration(resolve(v).Value); err != nil && err.Error() == p.Text {
				p.Text = key + ": " + p.Text
				return p.at(v)
			}
		}
	}
	for _, child := range node.Content {
		if found := f.placeDuration(child, p); found.Line != 0 {
			return found
		}
	}
	return p
}
