package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// readTyped reads pasted YAML as readPaste does. What was typed with other signs, or with tabs before its lines, is read as it was meant where
// it cannot be read as it is. An error comes with the YAML that was probably meant.
func readTyped(text string) ([]group, error) {
	groups, err := readPaste(text)
	if err == nil {
		return groups, nil
	}
	for _, space := range []string{"  ", " "} {
		if plain := plainYAML(text, space); plain != text {
			if groups, again := readPaste(plain); again == nil {
				return groups, nil
			}
		}
	}
	err = templateError(text, err)
	if e, ok := errors.AsType[*Error](err); ok && e.Fixes == nil {
		if meant := meantYAML(text); meant != "" {
			e.Fixes = []string{meant}
		}
	}
	return nil, err
}

// fullWidthKey is a key with a full-width colon behind it.
var fullWidthKey = regexp.MustCompile(`(?m)^(\s*(?:-\s+)?[A-Za-z_]\w*)[ \x{3000}]*：[ \x{3000}]*`)

// indentation is what stands before the text of a line, a list's dash included.
var indentation = regexp.MustCompile(`(?m)^[ \t\x{a0}\x{3000}]*(?:-[ \t\x{a0}\x{3000}]+)?`)

// plainYAML returns YAML with other spaces before the text of a line, and full-width colons behind a key, made plain; values stay. space is
// what stands for a space of full width.
func plainYAML(text, space string) string {
	spaces := strings.NewReplacer("\u3000", space, "\t", "  ", "\u00a0", " ")
	text = indentation.ReplaceAllStringFunc(text, spaces.Replace)
	return fullWidthKey.ReplaceAllString(text, "$1: ")
}

// bareTemplate is a value that begins with a template: YAML reads its braces as a mapping.
var bareTemplate = regexp.MustCompile(`(?m)^(\s*(?:-\s+)?\w+:[ \t]+)(\{\{.*?)[ \t\r]*$`)

// templateError returns the error about a template without quotes, if that is what is wrong; else err.
func templateError(text string, err error) error {
	first := bareTemplate.FindStringSubmatchIndex(text)
	if first == nil {
		return err
	}
	quoted := bareTemplate.ReplaceAllStringFunc(text, func(line string) string {
		m := bareTemplate.FindStringSubmatch(line)
		return m[1] + quotedScalar(m[2])
	})
	if _, again := readPaste(quoted); again != nil {
		return err
	}
	at := first[4]
	line := strings.Count(text[:at], "\n") + 1
	e := invalid("yaml", "Line %d: Put quotes around a value that begins with {{.", line)
	e.Offset, e.Fixes = at, []string{quoted}
	return e
}

// needsQuotes finds a value that YAML would take for something else than the text that it is.
var needsQuotes = regexp.MustCompile("^[\\[\\]{}&*!|>'\"%@`#,?:-]|: | #|:$")

// quotedScalar returns a line as a YAML scalar in quotes.
func quotedScalar(s string) string {
	if strings.ContainsAny(s, "\"\\") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// straighten takes the curly quotes around a whole plain value for what they were meant as.
func straighten(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Style == 0 {
		inner, opened := strings.CutPrefix(node.Value, "“")
		inner, closed := strings.CutSuffix(inner, "”")
		if opened && closed && !strings.ContainsAny(inner, "“”") {
			node.Value, node.Tag = inner, "!!str"
		}
	}
	for _, child := range node.Content { // an alias has none: what it stands for is visited in its own place
		straighten(child)
	}
}

// checkDurations refuses a duration that is none, with the one that was meant.
func (p paste) checkDurations(node *yaml.Node, keys ...string) error {
	for _, key := range keys {
		value, own := field(resolve(node), key)
		if value == nil || value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			continue
		}
		if _, err := model.ParseDuration(value.Value); err == nil {
			continue
		}
		if !own {
			continue
		}
		d, err := ParseDuration("yaml", value.Value)
		e, ok := errors.AsType[*Error](err)
		fixes := []string{FormatDuration(d)}
		if ok {
			fixes = e.Fixes
		} else {
			e = invalid("yaml", "%q is no duration as rule files write it.", value.Value)
		}
		e.Offset, e.Fixes = p.offset(value), nil
		e.Text = fmt.Sprintf("Line %d: %s: %s", value.Line, key, e.Text)
		if rest, found := strings.CutPrefix(string(p.text[e.Offset:]), value.Value); found {
			for _, fix := range fixes {
				e.Fixes = append(e.Fixes, string(p.text[:e.Offset])+fix+rest)
			}
		}
		return e
	}
	return nil
}

// exprLine returns the line on which the expression of a rule begins, 0 when that is not known.
func exprLine(node *yaml.Node) int {
	value, _ := field(resolve(node), "expr")
	switch {
	case value == nil:
		return 0
	case value.Style == yaml.LiteralStyle || value.Style == yaml.FoldedStyle:
		return value.Line + 1
	}
	return value.Line
}

// atLine makes an error one about a line of the pasted text.
func atLine(e *Error, text string, line int) {
	starts := lineStarts([]byte(text))
	if line < 1 || line >= len(starts) {
		return
	}
	e.Text = fmt.Sprintf("Line %d: %s", line, e.Text)
	e.Offset = starts[line-1]
}
