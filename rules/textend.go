package rules

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// textEnd returns a line such that what stands on it and below, up to limit, is a comment or white space unless it can be
// told from them by looking at the line alone. parent is the indentation of what the node is in. The nodes only tell where
// they start: what looks like a comment inside a quoted or block scalar has to be found by reading on from there.
func (d *document) textEnd(node *yaml.Node, parent, limit int) int {
	start := node.Line - 1
	switch {
	case node.Kind == yaml.AliasNode || start >= limit:
		return min(start+1, limit)
	case node.Style&yaml.FlowStyle != 0:
		return min(d.lineAt(flowEnd(d.text, d.offset(node)))+1, limit)
	case node.Kind == yaml.ScalarNode && node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return min(d.lineAt(quotedEnd(d.text, d.content(node)))+1, limit)
	case node.Kind == yaml.ScalarNode && node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.blockEnd(d.content(node), parent, limit)
	case len(node.Content) > 0:
		return max(start+1, d.textEnd(node.Content[len(node.Content)-1], node.Column-1, limit))
	}
	return start + 1
}

// offset returns where a node starts. Columns count characters.
func (d *document) offset(node *yaml.Node) int {
	at := d.starts[node.Line-1]
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return at
}

// content returns where a node's text starts, its anchor and tag left out.
func (d *document) content(node *yaml.Node) int {
	at := d.offset(node)
	for at < len(d.text) {
		switch d.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '&', '!':
			for at < len(d.text) && strings.IndexByte(" \t\r\n", d.text[at]) < 0 {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// lineAt returns the line that holds the byte at offset.
func (d *document) lineAt(offset int) int {
	low, high := 0, d.lines()
	for low+1 < high {
		if mid := (low + high) / 2; d.starts[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// blockEnd returns the line after a block scalar's last one; at is where its | or > stands.
func (d *document) blockEnd(at, parent, limit int) int {
	header := d.lineAt(at)
	indicators, _, _ := strings.Cut(string(d.text[at:d.starts[header+1]]), "#")
	indent := 0
	if i := strings.IndexAny(indicators, "123456789"); i >= 0 {
		indent = max(parent, 0) + int(indicators[i]-'0')
	}
	end := header + 1
	for i := header + 1; i < limit; i++ {
		blank := d.indent(i) == d.starts[i+1]-d.starts[i] || d.isBlank(i) && (indent == 0 || d.indent(i) < indent)
		switch {
		case blank && strings.Contains(indicators, "+"):
			end = i + 1
		case blank:
		case indent == 0 && d.indent(i) <= parent, indent > 0 && d.indent(i) < indent:
			return end
		default:
			if indent == 0 {
				indent = d.indent(i)
			}
			end = i + 1
		}
	}
	return end
}

// quotedEnd returns where the quote that closes the quoted scalar at start stands.
func quotedEnd(text []byte, start int) int {
	if start >= len(text) {
		return start
	}
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case quote == '\'' && text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i
		}
	}
	return len(text) - 1
}

// flowEnd returns where the bracket that closes the flow collection at or after start stands.
func flowEnd(text []byte, start int) int {
	depth, token := 0, true // token: a quote here opens a quoted scalar
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case c == '[' || c == '{':
			depth, token = depth+1, true
		case c == ']' || c == '}':
			if depth--; depth <= 0 {
				return i
			}
		case (c == '"' || c == '\'') && token:
			i, token = quotedEnd(text, i), true
		case c == '#' && i > 0 && strings.IndexByte(" \t\r\n", text[i-1]) >= 0:
			for i+1 < len(text) && text[i+1] != '\n' && text[i+1] != '\r' {
				i++
			}
		case c == ',' || c == ':':
			token = true
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			token = false
		}
	}
	return len(text) - 1
}
