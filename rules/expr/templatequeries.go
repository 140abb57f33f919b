package expr

import (
	"strings"
	"text/template/parse"
)

// TemplateQueries returns the expressions that a template of a label or an annotation hands to the function query, as far as they stand in it as
// texts; what printf puts together is returned with its verbs.
func TemplateQueries(template string) (queries []string) {
	if !strings.Contains(template, "query") {
		return nil
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	const preamble = "{{$labels := .}}{{$externalLabels := .}}{{$externalURL := .}}{{$value := .}}" // Prometheus's rules/alerting.go
	if _, err := tree.Parse(preamble+template, "", "", trees); err != nil {
		return nil
	}
	for _, t := range trees {
		queries = append(queries, queriesIn(t.Root)...)
	}
	return queries
}

// queriesIn returns the texts in the pipes that a query is in.
func queriesIn(node parse.Node) (queries []string) {
	switch node := node.(type) {
	case *parse.ListNode:
		if node == nil {
			return nil
		}
		for _, child := range node.Nodes {
			queries = append(queries, queriesIn(child)...)
		}
	case *parse.ActionNode:
		return queriesIn(node.Pipe)
	case *parse.TemplateNode:
		return queriesIn(node.Pipe)
	case *parse.IfNode:
		return inBranch(&node.BranchNode)
	case *parse.RangeNode:
		return inBranch(&node.BranchNode)
	case *parse.WithNode:
		return inBranch(&node.BranchNode)
	case *parse.PipeNode:
		if node != nil && strings.Contains(node.String(), "query") {
			return textsIn(node)
		}
	}
	return queries
}

func inBranch(b *parse.BranchNode) []string {
	return append(append(queriesIn(b.Pipe), queriesIn(b.List)...), queriesIn(b.ElseList)...)
}

// textsIn returns the constants in a pipe.
func textsIn(pipe *parse.PipeNode) (texts []string) {
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			switch arg := arg.(type) {
			case *parse.StringNode:
				texts = append(texts, arg.Text)
			case *parse.PipeNode:
				texts = append(texts, textsIn(arg)...)
			}
		}
	}
	return texts
}
