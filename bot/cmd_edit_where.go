package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// conditions are what rules can be chosen by.
var conditions = []string{"name", "group", "namespace", "ruler", "kind", "severity", "label.X"}

// editAll makes the intent of `edit option=value … where condition=value …`. What says nothing of rules may also stand at the end.
func (c *call) editAll(options, where []word) (rules.EditAll, error) {
	var all rules.EditAll
	for _, w := range where {
		flag, _ := w.flag()
		not := notEqual.FindStringSubmatch(w.value)
		switch k := w.keyword(); {
		case w.key == "" && not != nil && isCondition(optionKey(not[1])):
			all.Where = append(all.Where, rules.Condition{Field: optionKey(not[1]), Value: strings.Trim(not[2], "\"'`“”‘’"), Not: true})
		case w.key == "reason" || flag != "":
			options = append(slices.Clip(options), w)
		case w.key == "" && (k == "and" || k == "かつ"):
		case !isCondition(w.key):
			c.args[fieldUnknown] = w.whole()
			return all, &rules.Error{Kind: rules.Invalid, Field: fieldUnknown,
				Text: "After where come conditions, name=value each. Rules are chosen by " + strings.Join(conditions, ", ") + "; what is to be changed stands before where."}
		case w.keyEnd < w.end && strings.ContainsRune("~=<>", rune(c.text[w.keyEnd])):
			return all, c.plainCondition(w)
		case severalConditions.MatchString(w.value) && !w.quoted:
			return all, mistake(w.start, "Conditions stand with spaces between them, and all of them hold.",
				c.text[:w.start]+severalConditions.ReplaceAllString(w.value, " $1")+c.text[w.end:])
		default:
			all.Where = append(all.Where, rules.Condition{Field: w.key, Value: w.value[w.keyLen:]})
		}
	}
	if len(all.Where) == 0 {
		return all, mistake(len(strings.TrimRightFunc(c.text, isSpace)), "Say for which rules: where label.team=web.")
	}
	rest, alteration, err := c.alteration(options)
	switch {
	case err != nil:
		return all, err
	case c.args["yaml"].end > 0:
		return all, &rules.Error{Kind: rules.Invalid, Field: "yaml", Offset: -1, Text: "Pasted YAML is one rule: leave where out, or say option=value."}
	case len(rest) > 0 && rest[0].key != "" && nearest(rest[0].key, editOptions) == "":
		c.args[fieldUnknown] = rest[0].whole()
		return all, &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "There is no option " + rest[0].key + "=. A label is given as label." + rest[0].key +
			"=; a parameter of a template is changed rule by rule: edit NAME " + rest[0].key + "=…."}
	case len(rest) > 0:
		return all, c.args.unexpected(rest[0], editOptions, "Before where stands what is to be changed, option=value each. A rule is named by where name=….")
	case !c.alters():
		return all, mistake(c.from, " Say before where what is to be changed, such as severity=warning.")
	}
	all.Alteration = alteration
	return all, nil
}

// notEqual is a condition that is not to hold.
var notEqual = regexp.MustCompile(`(?s)^([A-Za-z_][\w.]*)[!！][=＝](.*)$`)

// severalConditions is where one condition ends with a comma and another begins.
var severalConditions = regexp.MustCompile(`,([A-Za-z_][\w.]*=)`)

// plainCondition returns the error for a condition with another sign than =, with the one that says the same, if there is one.
func (c *call) plainCondition(w word) error {
	c.args[fieldUnknown] = w.whole()
	e := &rules.Error{Kind: rules.Invalid, Field: fieldUnknown,
		Text: "A condition is written with = alone, and in its value * stands for any text. There are no regular expressions. In quotes the sign is a part of the value."}
	value, same := strings.CutPrefix(w.afterKey().value, "=")
	if !same {
		value, same = strings.CutPrefix(value, "~")
		value = strings.ReplaceAll(value, ".*", "*")
	}
	if same && regexp.QuoteMeta(strings.ReplaceAll(value, "*", "")) == strings.ReplaceAll(value, "*", "") {
		e.Fixes = []string{w.key + "=" + quote(value)}
	}
	return e
}

// isCondition reports whether rules can be chosen by a key.
func isCondition(key string) bool {
	for _, c := range conditions {
		prefix, anyX := strings.CutSuffix(c, "X")
		if c == key || anyX && strings.HasPrefix(key, prefix) && len(key) > len(prefix) {
			return true
		}
	}
	return false
}

// planAll answers with what an edit of many rules would do, and the line that does it.
func (c *call) planAll(ctx context.Context, all rules.EditAll) (answer, error) {
	outcome := c.backend.Draft(ctx, all)
	if outcome.Err != nil {
		return answer{outcome: outcome}, c.leaveOut(outcome.Err)
	}
	text := fmt.Sprintf("Planned, nothing was changed: %s in %s would be edited: %s.%s\n%s\nTo do it, within %s: %s",
		count(len(outcome.Refs), "rule"), escape(outcome.Ruler), refNames(outcome.Refs), continuityText(outcome, true),
		fence("diff", cut(outcome.Diff, 3000)), tookText(planLives), code(c.trigger+" apply "+c.request.ID+"-"+outcome.Digest))
	return answer{reply: Reply{Text: text}, outcome: outcome}, nil
}

// leaveOut returns the error about an edit of many rules, some of which are in held files, with the command that leaves those out.
func (c *call) leaveOut(err error) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok || e.Field != rules.LeaveOut {
		return err
	}
	without := []string{strings.TrimRightFunc(c.text, isSpace)}
	for _, name := range e.Fixes {
		condition := "name!=" + name
		if quote(name) != name {
			condition = quote(condition)
		}
		without = append(without, condition)
	}
	said := *e
	said.Field, said.Offset, said.Fixes = wholeCommand, -1, []string{strings.Join(without, " ")}
	return &said
}

// planLives is how long a plan can be carried out.
const planLives = time.Hour

// planName is what a plan is called: the id of the command that made it, and what tells its change from others.
var planName = regexp.MustCompile(`^([0-9a-z]{26})-([0-9a-f]{12})$`)
