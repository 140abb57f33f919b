package rules

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// document is a YAML text with its node tree and its lines, so that an edit can be made by position. Lines count from 0
// here and from 1 in the nodes. Of a file with several documents only the first is read, as the rulers do.
type document struct {
	text   []byte
	starts []int      // where each line starts, and at the end the text's length
	root   *yaml.Node // nil when the text holds no node

	above, below string // the comments above and below all nodes, apart from them by a blank line, where readDocument read it
}

// readDocument parses text.
func readDocument(text []byte) (*document, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("the file is not UTF-8")
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, err
	}
	var root *yaml.Node
	if len(node.Content) > 0 {
		root = node.Content[0]
		for _, p := range expr.CheckAliases(root) {
			return nil, errors.New(p.Text)
		}
	}
	d := newDocument(text, root)
	d.above, d.below = node.HeadComment, node.FootComment
	return d, nil
}

// newDocument returns text that is parsed already.
func newDocument(text []byte, root *yaml.Node) *document {
	return &document{text: text, starts: lineStarts(text), root: root}
}

// lineStarts finds the lines as YAML 1.1 counts them: a carriage return alone, NEL, LS and PS end a line too.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
		case text[i] == '\r', text[i] == '\n':
		case text[i] == 0xC2 && bytes.HasPrefix(text[i:], []byte("\u0085")):
			i++
		case text[i] == 0xE2 && (bytes.HasPrefix(text[i:], []byte("\u2028")) || bytes.HasPrefix(text[i:], []byte("\u2029"))):
			i += 2
		default:
			continue
		}
		starts = append(starts, i+1)
	}
	if starts[len(starts)-1] != len(text) {
		starts = append(starts, len(text))
	}
	return starts
}

// lines returns how many lines there are.
func (d *document) lines() int { return len(d.starts) - 1 }

// line returns a line without the white space at its end.
func (d *document) line(i int) string {
	return strings.TrimRight(string(d.text[d.starts[i]:d.starts[i+1]]), " \t\r\n\u0085\u2028\u2029")
}

// indent returns how many spaces a line starts with.
func (d *document) indent(i int) int {
	line := d.text[d.starts[i]:d.starts[i+1]]
	return len(line) - len(bytes.TrimLeft(line, " "))
}

func (d *document) isBlank(i int) bool { return d.line(i) == "" }

func (d *document) isComment(i int) bool {
	return strings.HasPrefix(strings.TrimLeft(d.line(i), " \t"), "#")
}

// end returns the line after the first document's last one.
func (d *document) end() int {
	for i := d.root.Line; i < d.lines(); i++ {
		if line := d.line(i); isMarker(line, "---") || isMarker(line, "...") {
			return i
		}
	}
	return d.lines()
}

// isMarker reports whether a line is a document marker.
func isMarker(line, marker string) bool {
	rest, ok := strings.CutPrefix(line, marker)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// span is the lines from first up to, not including, end.
type span struct{ first, end int }

// items returns the lines of each item of a block sequence: the comments directly above it at its own indentation, the
// item, and the comments directly below it that are indented deeper. limit is the line after the sequence's last one.
func (d *document) items(sequence *yaml.Node, limit int) []span {
	spans := make([]span, len(sequence.Content))
	dash := sequence.Column - 1
	next := limit
	for i, item := range slices.Backward(sequence.Content) {
		first := d.dashLine(sequence, item)
		spans[i].end = d.itemEnd(item, dash, max(next, first+1))
		above := 0
		if i > 0 {
			above = d.textEnd(sequence.Content[i-1], dash, first)
		}
		for first > above && d.isComment(first-1) && d.indent(first-1) == dash {
			first--
		}
		spans[i].first, next = first, first
	}
	return spans
}

// dashLine returns the line that holds an item's dash.
func (d *document) dashLine(sequence, item *yaml.Node) int {
	dash := sequence.Column - 1
	for i := item.Line - 1; i >= sequence.Line-1; i-- {
		if line := d.line(i); len(line) > dash && line[dash] == '-' && strings.Trim(line[:dash], " ?:-") == "" {
			return i
		}
	}
	return item.Line - 1
}

// itemEnd returns the line after an item's last one.
func (d *document) itemEnd(item *yaml.Node, dash, limit int) int {
	text := d.textEnd(item, dash, limit)
	end := limit
	for end > text && (d.isBlank(end-1) || d.isComment(end-1)) {
		end--
	}
	for end < limit && d.isComment(end) && d.indent(end) > dash {
		end++
	}
	return end
}

// after returns the line on which the key after the given one stands in a mapping, limit for the last.
func (d *document) after(mapping, value *yaml.Node, limit int) int {
	for i := 1; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i] != value {
			continue
		}
		line := mapping.Content[i+1].Line - 1
		return min(line, limit)
	}
	return limit
}
