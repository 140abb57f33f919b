package bot

import (
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// exprForm is `add NAME expr=…`.
func (c *call) exprForm(add rules.Add, rest []word) (rules.Add, error) {
	rest, err := c.takeName(&add, rest)
	if err != nil {
		return add, err
	}
	if len(rest) > 0 {
		return add, c.afterExpr(rest)
	}
	return add, nil
}

// afterExpr returns the error for words that stand beside expr=: either one is a slip in an option, or the expression lacks its
// quotes and goes on in them.
func (c *call) afterExpr(rest []word) error {
	typed := c.args["expr"]
	if typed.quoted || rest[0].start < typed.end {
		return c.besideExpr(rest[0])
	}
	end := typed.end
	for i, w := range rest {
		if isFlag(part{word: w}) {
			return c.besideExpr(w)
		}
		if strings.TrimSpace(c.text[end:w.start]) != "" || i < slipsLookedFor && isSlip(w, c.text[typed.start:end]) {
			break
		}
		end = w.end
	}
	if end == typed.end {
		return c.besideExpr(rest[0])
	}
	whole := c.text[typed.start:end]
	c.args["expr"] = argument{value: whole, start: typed.start, end: end, place: func(offset int) int { return typed.start + offset }}
	return &rules.Error{Kind: rules.Invalid, Field: "expr", Offset: len(typed.value),
		Text: "An expression with spaces needs quotes around it.", Fixes: []string{whole}}
}

// notLabels says how else what somebody calls so is written, where a label of the alert is the least that was meant.
var notLabels = map[string]string{
	"window": inExpression, "range": inExpression, "time": inExpression, "pattern": inExpression, "filter": inExpression,
	"selector": inExpression, "matcher": inExpression, "text": inExpression, "percent": "That is for rules that are made from a template.",
	"record": "A recording rule is pasted as YAML below add: record: NAME and expr: EXPR, on lines of their own.",
	"alert":  nameFirst, "alertname": nameFirst, "name": nameFirst,
	"labels": "A label is given as label.NAME=, each in an option of its own.", "annotations": "An annotation is given as annotation.NAME=, each in an option of its own.",
}

const (
	inExpression = "It is a part of the expression: give all of that with expr=."
	nameFirst    = "The name is the first word; the command rename gives a rule another one."
)

// slipsLookedFor is how many words of an expression without quotes are looked at as slips: each look parses all that stands before.
const slipsLookedFor = 40

// isSlip reports whether a word behind the text of an expression is rather an option that does not exist than more of the
// expression: its key is nearly that of one, or the expression is whole without it.
func isSlip(w word, before string) bool {
	if w.key == "" {
		return false
	}
	return nearest(w.key, addOptions()) != "" || slices.ContainsFunc([]expr.Dialect{expr.PromQL, expr.LogQL}, func(d expr.Dialect) bool {
		_, err := d.Canonical(before)
		return err == nil
	})
}

// besideExpr returns the error for a word that can be no part of the expression.
func (c *call) besideExpr(w word) error {
	if w.key == "" || w.likeFlag() || nearest(w.key, addOptions()) != "" {
		return c.args.unexpected(w, addOptions(), "With expr= there is only NAME before it and option=value after it.")
	}
	c.args[fieldUnknown] = w.whole()
	if text := notLabels[w.key]; text != "" {
		return &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "There is no option " + w.key + "=. " + text}
	}
	return &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Fixes: []string{"label." + w.key + "=" + quote(w.value[w.keyLen:])},
		Text: "There is no option " + w.key + "=. A label of the alert is given as label." + w.key + "=."}
}
