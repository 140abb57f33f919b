package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// EditAll changes every rule of one ruler for which all conditions hold, as one commit.
type EditAll struct {
	Where []Condition
	Alteration
	// Digest is that of the plan which is to be carried out: one that would do anything else by now is a Conflict. "" is any plan.
	Digest string
}

// Condition holds for the rules that have a value: in it, * stands for any text and ? for any character. An empty value holds for rules that
// have none.
type Condition struct {
	Field string // "name", "ruler", "namespace", "group", "kind", "severity", "label.X"
	Value string
	Not   bool // it holds for all other rules
}

// Action returns "edit".
func (EditAll) Action() string { return Edit{}.Action() }

// Plan implements Intent.
func (e EditAll) Plan(book *Book) (Change, error) {
	entries, err := e.matching(book)
	if err != nil {
		return Change{}, err
	}
	w := book.work(entries[0].Ref.Ruler)
	if err := w.alter(entries, e.Alteration); err != nil {
		return Change{}, err
	}
	change, err := w.change("edit "+entries[0].Ref.Name, e.Options.Reason, entries[0].Ref)
	if err != nil {
		return Change{}, conflict("", "There is nothing to do: %s so already.", everyMatch(len(entries)))
	}
	if more := len(change.Refs) - 1; more > 0 {
		change.Subject = fmt.Sprintf("edit %s and %d more", change.Refs[0].Name, more)
	}
	if e.Digest != "" && e.Digest != book.Digest(change) {
		return Change{}, conflict("", "The rulebook moved since that plan was made: it would change these rules otherwise now, or others. Plan it again.")
	}
	return change, nil
}

// everyMatch returns how many rules an edit is about, as the beginning of a sentence about them.
func everyMatch(n int) string {
	if n == 1 {
		return "the one rule for which that holds is"
	}
	return fmt.Sprintf("all %d rules for which that holds are", n)
}

// matching returns the rules that are meant, which are of one ruler. It fails where some of them are live by files that are held, and are not in the
// rulebook any more: nobody is to take them for edited.
func (e EditAll) matching(book *Book) ([]Entry, error) {
	entries, err := e.holding(book)
	if err != nil {
		return nil, err
	}
	if taken := e.taken(book); len(taken) > 0 {
		return nil, heldBack(book.rulebookPath(taken[0].Ref), taken[0].Ref.Name)
	}
	var rulers []string
	for _, entry := range entries {
		if !slices.Contains(rulers, entry.Ref.Ruler) {
			rulers = append(rulers, entry.Ref.Ruler)
		}
	}
	switch {
	case len(entries) == 0:
		return nil, &Error{Kind: NotFound, Field: "where", Offset: -1, Text: "There is no rule for which all of that holds. The command list shows the rules."}
	case len(rulers) > 1:
		return nil, conflict("where", "That holds for rules of several rulers (%s), and one command changes those of one: say ruler=%s too.", strings.Join(rulers, ", "), rulers[0])
	}
	return entries, nil
}

// taken returns the rules for which all conditions hold and that are live by files which are held, where the rulebook has them no more.
func (e EditAll) taken(book *Book) []Entry {
	if book.shown == nil {
		return nil
	}
	entries, err := e.holding(book.shown)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(entries, func(entry Entry) bool {
		_, there := book.Get(entry.Ref)
		return there || !entry.Held
	})
}

// holding returns the rules for which all conditions hold.
func (e EditAll) holding(book *Book) ([]Entry, error) {
	var holds []func(Entry) bool
	for _, c := range e.Where {
		test, err := c.test()
		if err != nil {
			return nil, err
		}
		holds = append(holds, test)
	}
	return slices.DeleteFunc(book.Entries(""), func(entry Entry) bool {
		return slices.ContainsFunc(holds, func(holds func(Entry) bool) bool { return !holds(entry) })
	}), nil
}

// test returns whether the condition holds for a rule.
func (c Condition) test() (func(Entry) bool, error) {
	if kinds := []string{"alert", "recording"}; c.Field == "kind" && !slices.Contains(kinds, c.Value) {
		e := invalid("where", "kind= is alert or recording.")
		e.Fixes = Nearest(c.Value, kinds)
		return nil, e
	}
	pattern, err := regexp.Compile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(c.Value)) + "$")
	if err != nil {
		return nil, invalid(c.Field, "%q cannot be looked for.", c.Value)
	}
	label, isLabel := strings.CutPrefix(c.Field, "label.")
	var value func(Entry) string
	switch {
	case isLabel:
		value = func(e Entry) string { return e.running().Labels[label] }
	case c.Field == "severity":
		value = func(e Entry) string { return e.running().Labels["severity"] }
	case c.Field == "name":
		value = func(e Entry) string { return e.Ref.Name }
	case c.Field == "kind":
		value = func(e Entry) string {
			if e.Rule.Record != "" {
				return "recording"
			}
			return "alert"
		}
	case c.Field == "ruler":
		value = func(e Entry) string { return e.Ref.Ruler }
	case c.Field == "namespace":
		value = func(e Entry) string { return e.Ref.Namespace() }
	case c.Field == "group":
		value = func(e Entry) string { return e.Ref.Group }
	default:
		return nil, invalid(c.Field, "Rules cannot be chosen by %s.", c.Field)
	}
	return func(e Entry) bool { return pattern.MatchString(value(e)) != c.Not }, nil
}

// Digest returns a few digits that tell a change of b from every other one: what the rules that it touches say before it, and after it.
func (b *Book) Digest(c Change) string {
	after := b.With(c.Files)
	sum := sha256.New()
	for _, ref := range c.Refs {
		was, _ := b.Get(ref)
		is, _ := after.Get(ref)
		fmt.Fprintf(sum, "%+v %q %s %q %s\n", ref, was.Source, was.Interval, is.Source, is.Interval)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}
