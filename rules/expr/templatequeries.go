package expr

import (
	"strings"
	"text/template/parse"
)

// TemplatePreamble is what Prometheus puts before each template of a label or an annotation: rules/alerting.go (3.15).
const TemplatePreamble = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// TemplateQueries returns the expressions that a template of a label or an annotation hands to the function query, as far as they stand in it as
// texts; what printf puts together is returned with its verbs.
func TemplateQueries(template string) (queries []string) {
	if !strings.Contains(template, "query") {
		return nil
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(TemplatePreamble+template, "", "", trees); err != nil {
		return nil
	}
	for _, t := range trees {
		queries = append(queries, queriesIn(t.Root)...)
	}
	return queries
}

// queriesIn returns the texts that a part of a template hands to the function query.
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
		return queriesOf(node)
	}
	return queries
}

func inBranch(b *parse.BranchNode) []string {
	return append(append(queriesIn(b.Pipe), queriesIn(b.List)...), queriesIn(b.ElseList)...)
}

// queriesOf returns the texts that a pipe hands to the function query: its arguments, and those of what is piped into it.
func queriesOf(pipe *parse.PipeNode) (queries []string) {
	if pipe == nil {
		return nil
	}
	for i, command := range pipe.Cmds {
		if name, ok := command.Args[0].(*parse.IdentifierNode); ok && name.Ident == "query" {
			queries = append(queries, textsIn(pipe.Cmds[:i+1])...)
			continue
		}
		for _, arg := range command.Args {
			if inner, ok := arg.(*parse.PipeNode); ok {
				queries = append(queries, queriesOf(inner)...)
			}
		}
	}
	return queries
}

// textsIn returns the constants in commands.
func textsIn(commands []*parse.CommandNode) (texts []string) {
	for _, command := range commands {
		for _, arg := range command.Args {
			switch arg := arg.(type) {
			case *parse.StringNode:
				texts = append(texts, arg.Text)
			case *parse.PipeNode:
				texts = append(texts, textsIn(arg.Cmds)...)
			}
		}
	}
	return texts
}
