package lint

import (
	"slices"
	"strings"
	"sync"
	"text/template/parse"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// mentions returns what the templates of an alert, which its ruler expands, take from it, in the order of the fields and their texts.
func (s *subject) mentions() []mention {
	if s.Rule.Alert == "" || s.mentioned != nil {
		return s.mentioned
	}
	s.mentioned = []mention{}
	for _, field := range s.Rule.Fields() {
		if strings.Contains(field.Name, " ") && strings.Contains(field.Value, "{{") {
			from, to := actions(field.Value)
			for _, m := range readTemplates.mentions(field.Value[from:to]) {
				m.field = field
				m.offset += from
				s.mentioned = append(s.mentioned, m)
			}
		}
	}
	return s.mentioned
}

// actions returns where the first action of a template begins and where the last one ends: the text around them is each rule's own, and takes nothing.
func actions(text string) (from, to int) {
	from, to = strings.Index(text, "{{"), strings.LastIndex(text, "}}")+len("}}")
	if strings.LastIndex(text, "{{") >= to {
		to = len(text) // it is not closed, and does not parse
	}
	return from, to
}

// mention is one thing that a template takes from the alert.
type mention struct {
	field  rules.Field // whose value the template is
	kind   mentionKind
	name   string   // of a label; a query's text
	query  string   // whose result the label is taken from
	offset int      // in the template, in bytes
	pipe   []string // the functions that what is taken goes through
}

// mentionKind is what a template takes.
type mentionKind int

const (
	aLabel  mentionKind = iota // $labels.name
	aValue                     // $value
	aQuery                     // query "…"
	aResult                    // a label of what a query returns
)

// mentions returns what a template takes from its alert, in the order of the text; nil when it does not parse. What stands in {{define}} is
// left out: it sees what it is given.
func mentions(text string) []mention {
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(expr.TemplatePreamble+text, "", "", map[string]*parse.Tree{}); err != nil {
		return nil
	}
	w := templateWalk{}
	w.list(tree.Root, true)
	found := slices.DeleteFunc(w.found, func(m mention) bool { return m.offset < len(expr.TemplatePreamble) })
	for i := range found {
		found[i].offset -= len(expr.TemplatePreamble)
	}
	return found
}

// templateMemory remembers what templates mention: most rules share theirs with others. It is safe for concurrent use.
type templateMemory struct {
	mu    sync.Mutex
	known map[string][]mention
}

var readTemplates templateMemory

// maxTemplates is how many templates are remembered; then it starts anew.
const maxTemplates = 10_000

// mentions returns what a template mentions, which must not be changed.
func (t *templateMemory) mentions(text string) []mention {
	t.mu.Lock()
	found, known := t.known[text]
	t.mu.Unlock()
	if known {
		return found
	}
	found = mentions(text)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTemplates {
		t.known = map[string][]mention{}
	}
	t.known[text] = found
	return found
}

// templateWalk collects mentions. Within range and with, the dot is something else than the alert.
type templateWalk struct {
	found []mention
	query string // of whose result the dot is a part; "" for none
}

func (w *templateWalk) list(l *parse.ListNode, dot bool) {
	if l == nil {
		return
	}
	for _, node := range l.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			w.pipe(node.Pipe, dot)
		case *parse.TemplateNode:
			w.pipe(node.Pipe, dot)
		case *parse.IfNode:
			w.branch(&node.BranchNode, dot)
		case *parse.RangeNode:
			w.within(&node.BranchNode, dot)
		case *parse.WithNode:
			w.within(&node.BranchNode, dot)
		}
	}
}

// within walks a branch in which the dot is what its pipe returns.
func (w *templateWalk) within(b *parse.BranchNode, dot bool) {
	w.pipe(b.Pipe, dot)
	outer := w.query
	w.query = w.queryIn(b.Pipe.Cmds)
	w.list(b.List, false)
	w.query = outer
	w.list(b.ElseList, dot)
}

// queryIn returns the query whose result, or a part of that, some commands pass on; "" when there is none.
func (w *templateWalk) queryIn(commands []*parse.CommandNode) (query string) {
	for i, c := range commands {
		switch f := c.Args[0].(type) {
		case *parse.DotNode:
			query = w.query
		case *parse.IdentifierNode:
			switch {
			case i == 0 && f.Ident == "query" && len(c.Args) == 2:
				if text, ok := c.Args[1].(*parse.StringNode); ok {
					query = text.Text
				}
			case f.Ident != "first" && f.Ident != "sortByLabel":
				return ""
			}
		default:
			return ""
		}
	}
	return query
}

func (w *templateWalk) branch(b *parse.BranchNode, dot bool) {
	w.pipe(b.Pipe, dot)
	w.list(b.List, dot)
	w.list(b.ElseList, dot)
}

func (w *templateWalk) pipe(p *parse.PipeNode, dot bool) {
	if p == nil {
		return
	}
	var names []string // of the functions in it
	for _, c := range p.Cmds {
		if f, ok := c.Args[0].(*parse.IdentifierNode); ok {
			names = append(names, f.Ident)
		}
	}
	for _, c := range p.Cmds {
		w.command(c, dot, names)
	}
	w.label(p)
}

// label finds a label that a pipe takes from what a query returns: query "…" | first | label "job", or . | label "job".
func (w *templateWalk) label(p *parse.PipeNode) {
	last := p.Cmds[len(p.Cmds)-1]
	f, ok := last.Args[0].(*parse.IdentifierNode)
	if !ok || f.Ident != "label" || len(last.Args) != 2 || len(p.Cmds) < 2 {
		return
	}
	from := w.queryIn(p.Cmds[:len(p.Cmds)-1])
	if name, ok := last.Args[1].(*parse.StringNode); ok && from != "" {
		w.add(aResult, name.Text, last, nil)
		w.found[len(w.found)-1].query = from
	}
}

func (w *templateWalk) command(c *parse.CommandNode, dot bool, pipe []string) {
	if f, ok := c.Args[0].(*parse.IdentifierNode); ok && len(c.Args) > 1 {
		if text, ok := c.Args[len(c.Args)-1].(*parse.StringNode); ok {
			switch {
			case f.Ident == "query":
				w.add(aQuery, text.Text, text, pipe)
			case f.Ident == "index" && len(c.Args) == 3 && isLabels(c.Args[1], dot):
				w.add(aLabel, text.Text, c, pipe)
			}
		}
	}
	for _, arg := range c.Args {
		w.argument(arg, dot, pipe)
	}
}

func (w *templateWalk) argument(arg parse.Node, dot bool, pipe []string) {
	switch arg := arg.(type) {
	case *parse.PipeNode:
		w.pipe(arg, dot)
	case *parse.VariableNode: // $labels.instance, $value
		w.field(arg.Ident, arg, pipe)
	case *parse.FieldNode: // .Labels.instance, .Value
		if len(arg.Ident) == 2 && arg.Ident[0] == "Labels" && w.query != "" && !dot {
			w.add(aResult, arg.Ident[1], arg, nil)
			w.found[len(w.found)-1].query = w.query
		}
		if dot {
			w.field(append([]string{"$" + strings.ToLower(arg.Ident[0])}, arg.Ident[1:]...), arg, pipe)
		}
	}
}

func (w *templateWalk) field(names []string, at parse.Node, pipe []string) {
	switch {
	case names[0] == "$labels" && len(names) > 1:
		w.add(aLabel, names[1], at, pipe)
	case names[0] == "$value":
		w.add(aValue, "", at, pipe)
	}
}

func (w *templateWalk) add(kind mentionKind, name string, at parse.Node, pipe []string) {
	w.found = append(w.found, mention{kind: kind, name: name, offset: int(at.Position()), pipe: pipe})
}

// isLabels reports whether a node is all the labels of the alert.
func isLabels(node parse.Node, dot bool) bool {
	switch node := node.(type) {
	case *parse.VariableNode:
		return len(node.Ident) == 1 && node.Ident[0] == "$labels"
	case *parse.FieldNode:
		return dot && len(node.Ident) == 1 && node.Ident[0] == "Labels"
	}
	return false
}

// at returns a finding about the place of a mention.
func (m mention) at() finding {
	return finding{field: m.field.Name, start: m.offset, end: len(m.field.Value)}
}
