package lint

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// workWalk adds up the bytes that a template makes, and the steps that it takes.
type workWalk struct {
	defined map[string]*parse.Tree
	inside  []string // the names of the templates that are being expanded
	vars    map[string]made
	dot     made
	times   float64 // how often what is walked is expanded
	work    float64
}

// made is what is known of a value.
type made struct {
	size   float64 // of its text, in bytes
	text   string  // where it is a constant
	number float64 // where it is a constant, or a length
	known  bool    // text or number is there
}

const (
	usualSize   = 100 // of what is not known, such as a label
	usualSeries = 10  // of what a query returns
	rounds      = 64  // after as many a text that grows in a range is too large if it ever will be
)

func (w *workWalk) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, node := range l.Nodes {
		if w.work > maxTemplateWork {
			return
		}
		w.work += w.times // a step that writes nothing takes time as well, the ruler's and ours
		switch node := node.(type) {
		case *parse.TextNode:
			w.work += w.times * float64(len(node.Text))
		case *parse.ActionNode:
			w.pipe(node.Pipe)
		case *parse.IfNode:
			w.pipe(node.Pipe)
			w.list(node.List)
			w.list(node.ElseList)
		case *parse.WithNode:
			outer := w.dot
			w.dot = w.pipe(node.Pipe)
			w.list(node.List)
			w.dot = outer
			w.list(node.ElseList)
		case *parse.RangeNode:
			w.loop(node)
		case *parse.TemplateNode:
			w.expand(node.Name, w.pipe(node.Pipe))
		}
	}
}

// loop walks what is repeated: as often as a number says, or as many series as a query has.
func (w *workWalk) loop(r *parse.RangeNode) {
	count, item := float64(usualSeries), made{size: usualSize}
	if over := w.pipe(r.Pipe); over.known && over.text == "" {
		count, item = over.number, over
	}
	outer, outerDot := w.times, w.dot
	w.dot = item
	w.times *= max(count/rounds, 1)
	for range int(min(count, rounds)) {
		w.work += w.times
		w.list(r.List)
	}
	w.times, w.dot = outer, outerDot
	w.list(r.ElseList)
}

// expand walks a template that is defined here. One that comes to itself again makes more than can be told.
func (w *workWalk) expand(name string, dot made) {
	if slices.Contains(w.inside, name) {
		w.work = math.Inf(1)
		return
	}
	w.work += w.times
	if tree := w.defined[name]; tree != nil {
		w.inside = append(w.inside, name)
		outer, whole := w.dot, w.vars["$"]
		w.dot, w.vars["$"] = dot, dot
		w.list(tree.Root)
		w.dot, w.vars["$"] = outer, whole
		w.inside = w.inside[:len(w.inside)-1]
	}
}

func (w *workWalk) pipe(p *parse.PipeNode) (result made) {
	if p == nil {
		return made{}
	}
	for i, c := range p.Cmds {
		var args []made
		for _, arg := range c.Args {
			args = append(args, w.argument(arg))
		}
		if i > 0 {
			args = append(args, result)
		}
		result = args[0]
		if f, ok := c.Args[0].(*parse.IdentifierNode); ok {
			result = w.call(f.Ident, args[1:])
		}
		w.work += w.times * (float64(len(args)-1) + result.size)
	}
	for _, v := range p.Decl {
		w.vars[v.Ident[0]] = result
	}
	return result
}

func (w *workWalk) argument(arg parse.Node) made {
	switch arg := arg.(type) {
	case *parse.PipeNode:
		return w.pipe(arg)
	case *parse.StringNode:
		return made{size: float64(len(arg.Text)), text: arg.Text, known: true}
	case *parse.NumberNode:
		return made{size: float64(len(arg.Text)), number: arg.Float64, known: true}
	case *parse.DotNode:
		return w.dot
	case *parse.FieldNode:
		return part(w.dot)
	case *parse.ChainNode:
		return part(w.argument(arg.Node))
	case *parse.VariableNode:
		v, ok := w.vars[arg.Ident[0]]
		switch {
		case ok && len(arg.Ident) == 1:
			return v
		case ok:
			return part(v)
		}
	}
	return made{size: usualSize}
}

// part returns what is known of a field: a number is that of args.
func part(of made) made {
	return made{size: max(of.size, usualSize), number: of.number, known: of.number != 0}
}

// largest returns what is known of one of some values, whichever it is.
func largest(values []made) (result made) {
	for _, v := range values {
		result.size = max(result.size, v.size)
		result.number = max(result.number, math.Abs(v.number))
	}
	result.known = result.number != 0
	return result
}

// call returns what a function makes.
func (w *workWalk) call(name string, args []made) made {
	sum, most := 0.0, 0.0
	for _, arg := range args {
		sum, most = sum+arg.size, max(most, arg.size)
	}
	switch {
	case name == "printf" && len(args) > 0:
		return made{size: formatted(args, most)}
	case name == "len" && len(args) == 1:
		return made{size: usualSize, number: most, known: true}
	case name == "or", name == "and", name == "args":
		return largest(args)
	case name == "query", name == "first", name == "sortByLabel", name == "value", name == "label":
		return made{size: usualSize}
	case name == "reReplaceAll" && len(args) == 3:
		return made{size: (args[1].size + 1) * (args[2].size + 1)}
	}
	return made{size: 6*sum + usualSize} // html and js make up to six bytes of one
}

// verbs are those of a format, with their width and precision.
var verbs = regexp.MustCompile(`(?s)%[-+# 0]*(?:\[\d+\])?(\*|\d*)(?:\.(?:\[\d+\])?(\*|\d*))?(?:\[\d+\])?.`)

// formatted returns the size of what printf makes of a format and its arguments, of which the largest is most. A format that is not there to be
// read may hold any width, and so may an argument.
func formatted(args []made, most float64) float64 {
	format, args := args[0], args[1:]
	if !format.known || format.text == "" && format.size > 0 {
		return math.Inf(1)
	}
	size, next, indexed := format.size, 0, strings.Contains(format.text, "[")
	for _, verb := range verbs.FindAllStringSubmatch(format.text, -1) {
		size += max(most, usualSize/4)
		for _, width := range verb[1:] {
			number, err := strconv.ParseFloat(width, 64)
			switch {
			case width == "*" && indexed:
				size += widest(args)
			case width == "*":
				size += widest(args[min(next, len(args)):min(next+1, len(args))])
				next++
			case err == nil:
				size += number
			}
		}
		if !strings.HasSuffix(verb[0], "%") {
			next++
		}
	}
	return size
}

// widest returns the largest width that one of some values gives, of which fmt takes the absolute value.
func widest(values []made) (width float64) {
	for _, v := range values {
		if !v.known {
			return math.Inf(1)
		}
		width = max(width, math.Abs(v.number))
	}
	return width
}
