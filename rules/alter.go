package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// Edit changes one rule where it stands: some of its fields, or, with YAML, all of them to what is pasted. Lines that it need not touch stay
// as they are.
type Edit struct {
	Address    string // see Book.Find
	Alteration        // not with YAML, but for Options.Reason
	YAML       string // one rule; its comments, where it has any, take the place of those that stand there
}

// Alteration is what becomes of a rule: what is given is set, what is named in Remove is taken away, and all else stays.
type Alteration struct {
	Expr    string
	Options Options  // Ruler, Namespace and Group are no part of it: they say where a rule stands
	Remove  []string // "for", "keep_firing_for", "interval", "expires", "accept", "label.X", "annotation.X"
}

// Action returns "edit".
func (Edit) Action() string { return "edit" }

// Plan implements Intent.
func (e Edit) Plan(book *Book) (Change, error) {
	entry, err := book.Find(e.Address)
	if err != nil {
		return Change{}, err
	}
	var pasted placedRule
	if e.YAML != "" {
		if e.Alteration, pasted, err = e.pasted(entry); err != nil {
			return Change{}, err
		}
	}
	w := book.work(entry.Ref.Ruler)
	if err := w.alter([]Entry{entry}, e.Alteration); err != nil {
		return Change{}, err
	}
	if pasted.hasPastedComments() {
		if err := w.comment(entry, pasted); err != nil {
			return Change{}, err
		}
	}
	return w.change("edit "+entry.Ref.Name, e.Options.Reason, entry.Ref)
}

// comment writes a rule that was altered already with the comments that it was pasted with. A note that it has and the pasted one has not stays.
func (w *work) comment(entry Entry, pasted placedRule) error {
	f := w.file(entry.Ref.Path)
	groupIndex, index := f.position(entry.Ref)
	pasted.Rule, pasted.notes = f.groups[groupIndex].Rules[index].Rule, nil
	written := Entry{Source: string(renderRules([]placedRule{pasted}))}.notes()
	for _, note := range (Entry{Source: f.groups[groupIndex].Rules[index].source}).notes() {
		if !slices.ContainsFunc(written, func(other string) bool { return sameNote(note, other) }) {
			pasted.notes = append(pasted.notes, strings.TrimPrefix(note, "# "))
		}
	}
	lines := strings.Split(strings.TrimSuffix(string(renderRules([]placedRule{pasted})), "\n"), "\n")
	edited, err := f.withPiece(groupIndex, index, piece{body: lines}, pasted)
	if err != nil {
		return err
	}
	edit, err := edited.edit()
	if err == nil {
		err = edit.remember(groupIndex, index, entry.Rule)
	}
	if err == nil {
		w.edited[entry.Ref.Path], err = edit.done()
	}
	return err
}

// pasted returns what makes of a rule the one that was pasted, and that.
func (e Edit) pasted(entry Entry) (Alteration, placedRule, error) {
	if err := (Add{YAML: e.YAML, Options: e.Options}).checkPastedOptions(); err != nil {
		return Alteration{}, placedRule{}, err
	}
	groups, err := readTyped(e.YAML)
	if err != nil {
		return Alteration{}, placedRule{}, err
	}
	if len(groups) != 1 || len(groups[0].Rules) != 1 {
		return Alteration{}, placedRule{}, invalid("yaml", "Paste one rule: an edit changes the rule that it names, and no other.")
	}
	name := entry.Ref.Name
	pasted := groups[0].Rules[0].Rule
	switch {
	case pasted.Name() != name:
		e := invalid("yaml", "The YAML names the rule %q, and %q is to be edited. An edit leaves the name as it is; the command rename gives another.", pasted.Name(), name)
		return Alteration{}, placedRule{}, e
	case (pasted.Alert == "") != (entry.Rule.Alert == ""):
		return Alteration{}, placedRule{}, invalid("yaml", "An alert cannot be made a recording rule, nor the reverse. Delete %q, and add the other.", name)
	case groups[0].Name != "" && groups[0].Name != entry.Ref.Group:
		return Alteration{}, placedRule{}, invalid("yaml", "The YAML names the group %q, and %q stands in %q. The command move puts it elsewhere.", groups[0].Name, name, entry.Ref.Group)
	}
	a := Alteration{Expr: pasted.Expr, Options: Options{
		For: &pasted.For, KeepFiringFor: &pasted.KeepFiringFor, Labels: pasted.Labels, Annotations: pasted.Annotations, Reason: e.Options.Reason,
	}}
	if groups[0].Interval != 0 {
		a.Options.Interval = &groups[0].Interval
	}
	for label := range entry.Rule.Labels {
		if _, stays := pasted.Labels[label]; !stays {
			a.Remove = append(a.Remove, "label."+label)
		}
	}
	for annotation := range entry.Rule.Annotations {
		if _, stays := pasted.Annotations[annotation]; !stays {
			a.Remove = append(a.Remove, "annotation."+annotation)
		}
	}
	return a, groups[0].Rules[0], nil
}

// rule returns what becomes of a rule of a ruler.
func (a Alteration) rule(book *Book, ruler string, rule Rule) (Rule, error) {
	info, _ := book.ruler(ruler)
	if err := a.check(info, rule); err != nil {
		return Rule{}, err
	}
	rule.drop(a.Remove)
	if a.Options.For != nil {
		rule.For = *a.Options.For
	}
	if a.Options.KeepFiringFor != nil {
		rule.KeepFiringFor = *a.Options.KeepFiringFor
	}
	rule.Labels = merged(rule.Labels, a.Options.Labels)
	rule.Annotations = merged(rule.Annotations, a.Options.Annotations)
	expression, err := a.expression(book, info, rule)
	rule.Expr = expression
	return rule, err
}

// drop takes fields away from a rule: "for", "keep_firing_for", "label.X", "annotation.X". Others are none of its own.
func (r *Rule) drop(fields []string) {
	r.Labels, r.Annotations = maps.Clone(r.Labels), maps.Clone(r.Annotations)
	for _, field := range fields {
		kind, name, _ := strings.Cut(field, ".")
		switch kind {
		case "for":
			r.For = 0
		case "keep_firing_for":
			r.KeepFiringFor = 0
		case "label":
			delete(r.Labels, name)
		case "annotation":
			delete(r.Annotations, name)
		}
	}
}

// check refuses what a rule of this kind, or one of this ruler, cannot have.
func (a Alteration) check(ruler RulerInfo, rule Rule) error {
	if err := a.Options.check(); err != nil {
		return err
	}
	if keep := a.Options.KeepFiringFor; keep != nil && *keep != 0 && ruler.Dialect == expr.LogQL {
		return ignoredByLoki(ruler)
	}
	if rule.Record == "" {
		return nil
	}
	for field, given := range map[string]bool{
		"for": a.Options.For != nil && *a.Options.For != 0, "keep_firing_for": a.Options.KeepFiringFor != nil && *a.Options.KeepFiringFor != 0,
	} {
		if given {
			return invalid(field, "%q is a recording rule, which has no %s.", rule.Record, field)
		}
	}
	for name := range a.Options.Annotations {
		return invalid(annotationField(name), "%q is a recording rule, which has no annotations.", rule.Record)
	}
	return nil
}

// ignoredByLoki is the error for a keep_firing_for of a Loki.
func ignoredByLoki(ruler RulerInfo) error {
	return invalid("keep_firing_for", "Loki ignores keep_firing_for, so it cannot be set for %s. A longer window has nearly the same effect.", ruler.Name)
}

// expression returns what becomes of a rule's expression.
func (a Alteration) expression(book *Book, ruler RulerInfo, rule Rule) (string, error) {
	switch {
	case a.Expr != "" && a.Options.Threshold != nil:
		return "", invalid("threshold", "The expression says itself what it compares with: leave threshold= out.")
	case a.Options.Threshold != nil:
		changed, err := expr.WithThreshold(rule.Expr, *a.Options.Threshold)
		if err != nil || ruler.Dialect != expr.LogQL {
			return "", invalid("threshold", "threshold= goes with a rule that counts log lines and compares them with a number at its end. Give this one another expr=.")
		}
		return changed, nil
	case a.Expr == "":
		return rule.Expr, nil
	case len(a.Expr) > expr.MaxExpression:
		e := invalid("expr", "The expression is %d bytes long; at most %d are allowed.", len(a.Expr), expr.MaxExpression)
		e.Offset = expr.MaxExpression
		return "", e
	}
	was := rule.Expr
	rule.Expr = a.Expr
	_, fitted, err := chooseRuler(book, ruler.Name, "expr", []Rule{rule})
	if err != nil {
		return "", err
	}
	if is := fitted[0].Expr; !strings.HasSuffix(was, "\n") || strings.HasSuffix(is, "\n") {
		return is, nil
	}
	return fitted[0].Expr + "\n", nil // it stays a block of lines
}

// interval returns how often a group is to be evaluated, and whether that is said at all.
func (a Alteration) interval() (interval time.Duration, said bool) {
	for _, field := range a.Remove {
		said = said || field == "interval"
	}
	if a.Options.Interval != nil {
		return *a.Options.Interval, true
	}
	return 0, said
}
