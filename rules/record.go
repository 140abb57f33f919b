package rules

import "slices"

// TemplateUse is a template that a rule remembers to be made from.
type TemplateUse struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// templatesOf returns the templates that some rules of a book remember, each once, of the first few of many rules.
func templatesOf(book *Book, refs []Ref) (used []TemplateUse) {
	for _, ref := range refs[:min(len(refs), maxAlertTrailers)] {
		entry, there := book.Get(ref)
		if !there {
			continue
		}
		origin, made := entry.Origin()
		if use := (TemplateUse{origin.Template, origin.Version}); made && !slices.Contains(used, use) {
			used = append(used, use)
		}
	}
	return used
}

// newlyAccepted returns what a change accepts of findings in its rules that was not accepted there before, of the first few of many rules.
func newlyAccepted(before, after *Book, refs []Ref) (accepted []Acceptance) {
	for _, ref := range refs[:min(len(refs), maxAlertTrailers)] {
		was, _ := before.Get(ref)
		is, _ := after.Get(ref)
		known := was.Accepted()
		for _, a := range is.Accepted() {
			if !slices.Contains(known, a) {
				accepted = append(accepted, a)
			}
		}
	}
	return accepted
}
