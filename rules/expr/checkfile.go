package expr

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Problem is one thing wrong with a rule file.
type Problem struct {
	Line, Column int // from 1; 0 when not known
	Text         string
}

// file is a rule file while it is checked.
type file struct {
	content []byte
	root    *yaml.Node          // of its only document; nil when it has none
	groups  []rulefmt.RuleGroup // nil when rulefmt could not decode it
}

// CheckFile returns what the ruler would not take of a rule file, or would silently drop; nil when it is good.
func (d Dialect) CheckFile(content []byte) []Problem { return d.Check(ReadDocument(content)) }

// Check is CheckFile for a text that is read already.
func (d Dialect) Check(text *Document) (problems []Problem) {
	l, ok := d.language()
	if !ok {
		return []Problem{{Text: fmt.Sprintf("there is no dialect %q", d)}}
	}
	if len(text.problems) > 0 {
		return tidy(slices.Clone(text.problems))
	}
	defer func() {
		if r := recover(); r != nil {
			problems = broken(r)
		}
	}()
	f := &file{content: text.content, root: text.Root}
	decoded := true
	if f.groups = l.goodGroups(f.root); f.groups == nil {
		problems, decoded = f.parse(l)
	}
	if decoded {
		problems = append(problems, l.check(f)...)
	}
	return tidy(problems)
}

// parse has rulefmt say what is wrong, and reports whether it could decode the file.
func (f *file) parse(l language) (problems []Problem, decoded bool) {
	groups, errs := rulefmt.Parse(f.content, false, l.names, adapter{promQLParser, l}, slog.New(slog.DiscardHandler))
	for _, err := range errs[:min(len(errs), maxProblems+1)] {
		problems = append(problems, f.explain(err)...)
	}
	if groups != nil {
		f.groups = groups.Groups
	}
	return problems, groups != nil
}

// maxProblems is how many problems of one file are told.
const maxProblems = 100

// tidy sorts problems by place and removes repetitions: rulefmt decodes a file twice, and ranges over maps.
func tidy(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Text, b.Text))
	})
	problems = slices.Compact(problems)
	if len(problems) > maxProblems {
		problems = append(problems[:maxProblems:maxProblems], Problem{Text: "there are more problems after these"})
	}
	return problems
}

// adapter makes rulefmt parse expressions as the dialect does. rulefmt calls nothing but ParseExpr, and looks at its
// error only.
type adapter struct {
	parser.Parser
	language language
}

// ParseExpr implements parser.Parser.
func (a adapter) ParseExpr(expression string) (parser.Expr, error) {
	key := string(a.language.dialect) + " " + expression
	if goodExpressions.has(key) {
		return nil, nil //nolint:nilnil // see adapter
	}
	err := a.language.parse(expression)
	if err == nil {
		goodExpressions.add(key)
	}
	return nil, err
}
