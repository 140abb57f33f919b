package rules

// Lint returns what is found in the rule that the template makes with its examples for a ruler of its dialect. An error is one that Add.Plan
// returns.
func (t Template) Lint(ruler RulerInfo, lint func(before, after *Book, refs []Ref) []Finding) ([]Finding, error) {
	book := NewBook([]RulerInfo{ruler})
	change, err := Add{Name: t.Name, From: &FromTemplate{Template: t, Arguments: t.Examples()}, Options: Options{Ruler: ruler.Name}}.Plan(book)
	if err != nil {
		return nil, err
	}
	return lint(book, book.With(change.Files), change.Refs), nil
}

// Lint notes in the rulebook's own templates what would refuse the rules that are made of them.
func (t Templates) Lint(rulers []RulerInfo, lint func(before, after *Book, refs []Ref) []Finding) {
	for i, one := range t.All {
		if one.Path == "" {
			continue
		}
		fitting := append(ofDialect(rulers, one.Dialect), one.AnyRuler())
		found, err := one.Lint(fitting[0], lint)
		if err != nil { // as for its name: that harms no other template
			t.All[i].Flaw = reasonOf(err)
		}
		for _, f := range found {
			if f.Severity == SeverityError {
				t.All[i].Flaw = f.Check + ": " + f.Text
				break
			}
		}
	}
}

// AnyRuler returns a ruler that the template is for, where none is configured.
func (t Template) AnyRuler() RulerInfo {
	return RulerInfo{Name: string(t.Dialect), Dialect: t.Dialect, Dir: string(t.Dialect)}
}
