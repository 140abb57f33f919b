package rules

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// block is a mapping that is written line by line, one key below the other, and the line after its last one.
type block struct {
	node  *yaml.Node
	limit int
}

// blockOf returns a mapping as a block; false when it is written in another way: in braces, or as an alias.
func blockOf(node *yaml.Node, limit int) (block, bool) {
	ok := node != nil && node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle == 0 && len(node.Content) > 0
	return block{node, limit}, ok
}

// index returns where in the node's content a key of its own stands; -1 when it has not got it.
func (b block) index(key string) int {
	for i := 0; i+1 < len(b.node.Content); i += 2 {
		if b.node.Content[i].Value == key && b.node.Content[i].Kind == yaml.ScalarNode {
			return i
		}
	}
	return -1
}

// pair returns the lines of the key at an index and its value. Comments and blank lines below them are not part of it.
func (d *document) pair(b block, index int) span {
	key, value, limit := b.node.Content[index], b.node.Content[index+1], b.limit
	if index+2 < len(b.node.Content) {
		limit = min(limit, b.node.Content[index+2].Line-1)
	}
	text, end := d.textEnd(value, b.node.Column-1, limit), limit
	for end > text && (d.isBlank(end-1) || d.isComment(end-1)) {
		end--
	}
	return span{key.Line - 1, end}
}

// patch puts a text in place of the bytes from from up to, not including, to.
type patch struct {
	from, to int
	text     []byte
}

// put returns the patch that puts other lines in the place of some.
func (d *document) put(s span, text []byte) patch {
	from := d.starts[s.first]
	if len(text) > 0 && from > 0 && d.text[from-1] != '\n' {
		text = slices.Concat([]byte(d.newline()), text)
	}
	return patch{from, d.starts[s.end], text}
}

// patched returns the text with patches, in the order of their places and else in that in which they are given. false: two of them are about
// the same bytes.
func (d *document) patched(patches []patch) ([]byte, bool) {
	patches = slices.Clone(patches)
	slices.SortStableFunc(patches, func(p, q patch) int { return p.from - q.from })
	var out []byte
	at := 0
	for _, p := range patches {
		if p.from < at {
			return nil, false
		}
		out = append(append(out, d.text[at:p.from]...), p.text...)
		at = p.to
	}
	return append(out, d.text[at:]...), true
}

// setField sets a key of a block to a value. A key that is there keeps its place, its quotes and the comment behind it; a new one comes behind
// the last of those that stand before it in order, or at the end. Errors are *Error.
func (d *document) setField(b block, key string, value *yaml.Node, order []string) (patch, error) {
	index := b.index(key)
	if index < 0 {
		return d.insertField(b, key, value, order), nil
	}
	old, at := b.node.Content[index+1], d.pair(b, index)
	if alias := aliasInto(d.root, old); alias != nil {
		return patch{}, byHand("line %d refers to %s (*%s)", alias.Line, key, alias.Value)
	}
	if old.Kind == yaml.ScalarNode && old.Tag == "!!null" || old.Kind == yaml.MappingNode || old.Kind == yaml.SequenceNode || value.Kind != yaml.ScalarNode {
		if hasComments(old) {
			return patch{}, byHand("there are comments in %s", key)
		}
		lines := bytes.TrimLeft(d.indented(rendered(key, value), b.node.Column-1), " ")
		return patch{d.offset(b.node.Content[index]), d.starts[at.end], lines}, nil
	}
	return d.setScalar(old, value, at, b.node.Column-1), nil
}

// setScalar puts another value in the place of a scalar or an alias, which ends with the lines of its pair. column is where the key stands.
func (d *document) setScalar(old, value *yaml.Node, at span, column int) patch {
	end := d.starts[at.end]
	var comment string // behind the value, with the white space before it
	if isBlockScalar(old) {
		header := d.lineAt(d.content(old))
		comment = commentBehind(string(d.text[d.content(old):d.starts[header+1]]))
	} else {
		comment = strings.TrimRight(string(d.text[d.scalarEnd(old, at):end]), " \t\r\n")
	}
	lines := rendered("k", keepQuotes(old, value))
	text := []byte(strings.TrimPrefix(lines[0], "k: ") + comment)
	if endsLine(d.text[:end]) || len(lines) > 1 {
		text = append(text, d.newline()...)
	}
	return patch{d.offset(old), end, append(text, d.indented(lines[1:], column)...)}
}

func endsLine(text []byte) bool { return len(text) > 0 && text[len(text)-1] == '\n' }

// isBlockScalar reports whether a scalar is written below its key, behind | or >.
func isBlockScalar(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// scalarEnd returns where the text of a plain or quoted scalar, or of an alias, ends.
func (d *document) scalarEnd(node *yaml.Node, at span) int {
	if node.Kind == yaml.ScalarNode && node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return quotedEnd(d.text, d.content(node)) + 1
	}
	last := max(d.starts[at.end-1], d.offset(node))
	line := strings.TrimRight(string(d.text[last:d.starts[at.end]]), " \t\r\n")
	return last + len(strings.TrimRight(strings.TrimSuffix(line, commentBehind(line)), " \t"))
}

// commentBehind returns the comment at the end of a line, with the white space before it; "" when there is none. The line holds no quotes
// that could hold a number sign.
func commentBehind(line string) string {
	line = strings.TrimRight(line, " \t\r\n")
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return line[len(strings.TrimRight(line[:i], " \t")):]
		}
	}
	return ""
}

// keepQuotes returns a value in the quotes of the one that it takes the place of, where it is one line.
func keepQuotes(old, value *yaml.Node) *yaml.Node {
	quotes := old.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
	if old.Kind != yaml.ScalarNode || quotes == 0 || value.Style != 0 {
		return value
	}
	own := *value
	own.Style = quotes
	return &own
}

// insertField adds a key that the block has not got.
func (d *document) insertField(b block, key string, value *yaml.Node, order []string) patch {
	behind := len(b.node.Content) - 2
	if rank := slices.Index(order, key); rank >= 0 {
		for i := 0; i+1 < len(b.node.Content); i += 2 {
			if before := slices.Index(order, b.node.Content[i].Value); before >= 0 && before < rank {
				behind = i
			}
		}
	}
	end := d.pair(b, behind).end
	return d.put(span{end, end}, d.indented(rendered(key, value), b.node.Column-1))
}

// removeField takes a key and its value out of a block that has others. The comment behind it goes with it; those above it and below it stay.
// Errors are *Error.
func (d *document) removeField(b block, key string) (patch, error) {
	index := b.index(key)
	if index < 0 {
		return patch{}, byHand("%s comes from elsewhere in the file (<<)", key)
	}
	if alias := aliasInto(d.root, b.node.Content[index+1]); alias != nil {
		return patch{}, byHand("line %d refers to %s (*%s)", alias.Line, key, alias.Value)
	}
	at, start := d.pair(b, index), d.offset(b.node.Content[index])
	if end := d.starts[at.end]; len(bytes.TrimLeft(d.text[d.starts[at.first]:start], " ")) > 0 {
		// It stands behind the dash of its list: what is below it moves up there.
		return patch{from: start, to: end + len(d.text[end:]) - len(bytes.TrimLeft(d.text[end:], " "))}, nil
	}
	return d.put(at, nil), nil
}

// rendered returns a key and its value as lines without indentation.
func rendered(key string, value *yaml.Node) []string {
	return strings.Split(strings.TrimSuffix(string(encode(mapping(key, value))), "\n"), "\n")
}

// hasComments reports whether there are comments in a node's own lines: behind it, or between them.
func hasComments(node *yaml.Node) bool {
	found := node.LineComment != ""
	walk(node, func(n *yaml.Node) { found = found || n != node && n.HeadComment+n.LineComment+n.FootComment != "" })
	return found
}
