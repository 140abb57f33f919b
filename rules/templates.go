package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Templates are what rules can be made from: the templates that are built in, and the rulebook's own, which go before those of the same name.
type Templates struct {
	All      []Template // sorted by name
	Problems []Problem  // of files in the rulebook that are no templates
}

// TemplatesDir is where the rulebook has its own templates; maxTemplates is how many of them are read.
const (
	TemplatesDir = "templates"
	maxTemplates = 500
)

// ReadTemplates reads templates that are built in: every .yaml file at the top of files, in the order of their names. See ReadTemplate for taken.
func ReadTemplates(files fs.FS, taken func(name string) bool) ([]Template, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var all []Template
	for _, file := range names {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		t, err := ReadTemplate(strings.TrimSuffix(file, ".yaml"), content, taken)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, t)
	}
	slices.SortFunc(all, byTemplateName)
	return all, nil
}

// Templates returns the templates that are built in together with those of the rulebook: templates/NAME.yaml, where no ruler reads that as
// rules. One that is wrong is a problem, and harms nothing else. Nothing of it is read before it is asked for.
func (b *Book) Templates(builtIn []Template, taken func(name string) bool) (Templates, error) {
	all := Templates{All: slices.Clone(builtIn)}
	if b.tree == nil {
		return all, nil
	}
	list, err := b.tree.List(TemplatesDir)
	if err != nil {
		return Templates{}, unreadable(err)
	}
	for i, path := range sortedKeys(list) {
		name, isTemplate := strings.CutSuffix(strings.TrimPrefix(path, TemplatesDir+"/"), ".yaml")
		if !isTemplate || b.reads(path) {
			continue
		}
		if i >= maxTemplates {
			all.Problems = append(all.Problems, Problem{Path: TemplatesDir, Text: fmt.Sprintf("there are more than %d files; the others were not read", maxTemplates)})
			break
		}
		content, err := b.tree.Read(path)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			return Templates{}, unreadable(err)
		}
		t := Template{}
		if err == nil {
			t, err = ReadTemplate(name, content, taken)
		}
		if err != nil {
			all.Problems = append(all.Problems, Problem{Path: path, Text: err.Error()})
			continue
		}
		t.Path = path
		all.put(t)
	}
	slices.SortFunc(all.All, byTemplateName)
	return all, nil
}

func byTemplateName(a, b Template) int { return strings.Compare(a.Name, b.Name) }

// put adds a template, in the place of one of the same name.
func (t *Templates) put(one Template) {
	if i := slices.IndexFunc(t.All, func(o Template) bool { return o.Name == one.Name }); i >= 0 {
		one.Replaces = true
		t.All[i] = one
		return
	}
	t.All = append(t.All, one)
}

// Find returns the template of a name. The error, of kind NotFound about the field "template", has the nearest names.
func (t Templates) Find(name string) (Template, error) {
	names := make([]string, len(t.All))
	for i, one := range t.All {
		if names[i] = one.Name; one.Name == fold(name) {
			return one, nil
		}
	}
	e := &Error{Kind: NotFound, Field: "template", Offset: -1, Fixes: Nearest(name, names),
		Text: fmt.Sprintf("There is no template %q. The command templates lists them all.", name)}
	for _, p := range t.Problems {
		if p.Path == TemplatesDir+"/"+name+".yaml" {
			e.Text = fmt.Sprintf("The template %q cannot be used: %s", name, sentence(p.Text))
		}
	}
	return Template{}, e
}

// Search returns the templates that have every word of a text in their name, a description or a keyword, in upper or lower case.
func (t Templates) Search(text string) []Template {
	words := strings.Fields(fold(text))
	var found []Template
	for _, one := range t.All {
		all := fold(one.Name + "\n" + one.Description + "\n" + one.DescriptionJA + "\n" + strings.Join(one.Keywords, "\n") + "\n" + string(one.Dialect))
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(all, word) }) {
			found = append(found, one)
		}
	}
	return found
}
