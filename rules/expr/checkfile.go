package expr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3" // the reader that rulefmt and both rulers use, so that we see what they will see
)

// Problem is one thing wrong with a rule file.
type Problem struct {
	Line, Column int // from 1; 0 when not known
	Text         string
}

// file is a rule file that rulefmt could decode.
type file struct {
	groups []rulefmt.RuleGroup
	root   *yaml.Node // of its only document; nil when it has none
}

// CheckFile returns what the ruler would not take of a rule file, or would silently drop; nil when it is good.
func (d Dialect) CheckFile(content []byte) []Problem {
	l, ok := d.language()
	if !ok {
		return []Problem{{Text: fmt.Sprintf("there is no dialect %q", d)}}
	}
	if len(content) > MaxFile {
		return []Problem{{Text: fmt.Sprintf("the file is %d bytes long; at most %d are allowed", len(content), MaxFile)}}
	}
	root, problems := readDocument(content)
	if len(problems) > 0 {
		return problems
	}
	if problems := checkLengths(root); len(problems) > 0 {
		return problems
	}
	groups, errs := rulefmt.Parse(content, false, l.names, adapter{promQLParser, l}, slog.New(slog.DiscardHandler))
	parsed := &file{root: root}
	for _, err := range errs {
		problems = append(problems, parsed.explain(err)...)
	}
	if groups != nil {
		parsed.groups = groups.Groups
		problems = append(problems, l.check(parsed)...)
	}
	return tidy(problems)
}

// adapter makes rulefmt parse expressions as the dialect does. rulefmt calls nothing but ParseExpr, and looks at its error only.
type adapter struct {
	parser.Parser
	language language
}

// ParseExpr implements parser.Parser.
func (a adapter) ParseExpr(expression string) (parser.Expr, error) {
	_, err := a.language.canonical(expression)
	return nil, err
}

// readDocument reads the file's only document; nil when there is none.
func readDocument(content []byte) (*yaml.Node, []Problem) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, yamlProblems(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, []Problem{{Line: second.Line, Column: second.Column,
			Text: "a second YAML document begins here, which the ruler would ignore: put it into a file of its own, or remove the line ---"}}
	}
	return first.Content[0], nil
}

// checkLengths returns a problem for every text that is too long to be parsed as an expression or template.
func checkLengths(node *yaml.Node) []Problem {
	if node == nil {
		return nil
	}
	var problems []Problem
	if len(node.Value) > MaxAdopted {
		problems = append(problems, Problem{Line: node.Line, Column: node.Column,
			Text: fmt.Sprintf("this text is %d bytes long; at most %d are allowed", len(node.Value), MaxAdopted)})
	}
	for _, child := range node.Content {
		problems = append(problems, checkLengths(child)...)
	}
	return problems
}

// tidy sorts problems by place and removes repetitions: rulefmt decodes a file twice, and ranges over maps.
func tidy(problems []Problem) []Problem {
	slices.SortFunc(problems, compareProblems)
	return slices.Compact(problems)
}
