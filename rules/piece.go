package rules

import (
	"bytes"
	"slices"
	"strings"
)

// piece is an item of a list as it stands in a file, to be put into another version of the file: its lines without their indentation.
type piece struct {
	comments []string // directly above it
	body     []string
}

// piece returns an item of a list that is written line by line.
func (d *document) piece(list sequence, index int) piece {
	at := list.spans[index]
	dash := d.dashLine(list.node, list.items[index])
	return piece{comments: d.dedented(span{at.first, dash}, list.node.Column-1), body: d.dedented(span{dash, at.end}, list.node.Column-1)}
}

// dedented returns lines without so many spaces before them, or as many as there are, and without what ends them.
func (d *document) dedented(s span, column int) []string {
	var lines []string
	for i := s.first; i < s.end; i++ {
		line := string(d.text[d.starts[i]+min(column, d.indent(i)) : d.starts[i+1]])
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// indented returns lines as they stand in this file at a column.
func (d *document) indented(lines []string, column int) []byte {
	var out bytes.Buffer
	for _, line := range lines {
		if line != "" {
			out.WriteString(strings.Repeat(" ", column) + line)
		}
		out.WriteString(d.newline())
	}
	return out.Bytes()
}

// spliced returns the text with some of its lines replaced.
func (d *document) spliced(s span, text []byte) []byte {
	before := slices.Clone(d.text[:d.starts[s.first]])
	if len(text) > 0 && len(before) > 0 && before[len(before)-1] != '\n' {
		before = append(before, d.newline()...)
	}
	return slices.Concat(before, text, d.text[d.starts[s.end]:])
}

// inserted returns the text with an item put into a list before the one at index, and a blank line between them where asked for.
func (d *document) inserted(list sequence, index int, p piece, blank bool) []byte {
	lines := slices.Concat(p.comments, p.body)
	if index == 0 {
		if blank {
			lines = append(lines, "")
		}
		first := list.spans[0].first
		return d.spliced(span{first, first}, d.indented(lines, list.node.Column-1))
	}
	if blank {
		lines = append([]string{""}, lines...)
	}
	end := list.spans[index-1].end
	return d.spliced(span{end, end}, d.indented(lines, list.node.Column-1))
}

// apart reports whether a blank line stands between an item of a list and its neighbour.
func (d *document) apart(list sequence, index int) bool {
	if index > 0 {
		return d.isBlank(list.spans[index].first - 1)
	}
	return len(list.spans) > 1 && d.isBlank(list.spans[1].first-1)
}

// ruleList returns a group's list of rules.
func (d *document) ruleList(groupIndex int) sequence {
	groups := d.groups()
	return d.rules(groups.items[groupIndex], groups.spans[groupIndex].end)
}

// frame returns the lines of a group above its first rule and below its last one: what it says for all of them.
func (d *document) frame(groupIndex int) (above, below span) {
	all, rules := d.groups().spans[groupIndex], d.ruleList(groupIndex)
	return span{all.first, rules.spans[0].first}, span{rules.spans[len(rules.spans)-1].end, all.end}
}
