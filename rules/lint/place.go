package lint

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// placer tells where the parts of one rule stand in its file. It reads the rule's text when it is first asked: most rules have no findings.
type placer struct {
	book  *rules.Book
	entry rules.Entry
	text  *expr.RuleText // nil when the rule's parts cannot be told apart
	down  int            // how many lines of the file are above the text
	right int            // how many characters the file indents it by
	asked bool
}

// place returns the line and the column of a byte in a field's value, both from 1; column 0 where only the rule's line is known.
func (p *placer) place(field string, offset int) (line, column int) {
	if !p.asked {
		p.asked = true
		p.read()
	}
	if p.text == nil {
		return p.entry.Line, 0
	}
	line, column = p.text.Place(field, offset)
	return line + p.down, column + p.right
}

// read finds the rule's text in its file by the line that the rule begins on.
func (p *placer) read() {
	text, ok := expr.ReadRuleText(p.entry.Source)
	if !ok {
		return
	}
	line, _ := text.Place("", 0)
	content, _, _ := p.book.File(p.entry.Ref.Ruler, p.entry.Ref.Path)
	indent, same := strings.CutSuffix(nthLine(content, p.entry.Line), strings.TrimRight(text.Line(line), " \t\r"))
	if !same || strings.TrimLeft(indent, " \t") != "" {
		return // it is written otherwise than line by line, and Source is a rendering of it
	}
	p.text, p.down, p.right = text, p.entry.Line-line, utf8.RuneCountInString(indent)
}

// nthLine returns a line, from 1, without white space at its end; "" when there is none.
func nthLine(content []byte, number int) string {
	for ; number > 1; number-- {
		end := bytes.IndexByte(content, '\n')
		if end < 0 {
			return ""
		}
		content = content[end+1:]
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	return strings.TrimRight(string(line), " \t\r")
}
