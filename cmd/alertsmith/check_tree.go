package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// lintTree returns what is wrong with rule files and what will hurt in them, by place, and how many files lie below a ruler's directory, but are
// not its own.
func lintTree(readers readers, settings lint.Settings, tree diskTree) (found []placedFinding, unread int, err error) {
	linter, err := lint.New(settings, time.Now)
	if err != nil {
		return nil, 0, err
	}
	book, err := rules.NewBook(readers.rulers).At(tree)
	if err != nil {
		return nil, 0, err
	}
	found = readers.syntaxFindings(book.Problems(), tree)
	named := readers.named(tree)
	for _, f := range linter.Lint(book, book.Entries("")) {
		found = append(found, placedFinding{Check: f.Check, Severity: string(f.Severity), File: tree.file(readers.pathOf(f.Ref)), Line: f.Line, Column: f.Column,
			Message: named[f.Ref.Ruler].Replace(f.Text), Why: f.Why, Fix: f.Fix})
	}
	slices.SortStableFunc(found, tree.compare)
	for name := range tree.files {
		if !readers.read(book, name) {
			unread++
		}
	}
	return found, unread, nil
}

// named returns, by ruler, what puts the files' names as they were given into the texts that say where another rule of the ruler stands: "in a.yml,
// line 3".
func (r readers) named(tree diskTree) map[string]*strings.Replacer {
	all := map[string]*strings.Replacer{}
	for _, info := range r.rulers {
		var places []string
		for name, file := range tree.files {
			if path, there := below(info, name); there && path != file {
				places = append(places, " in "+path+", line ", " in "+file+", line ")
			}
		}
		all[info.Name] = strings.NewReplacer(places...)
	}
	return all
}

// pathOf returns where a rule's file is in the tree that was checked.
func (r readers) pathOf(ref rules.Ref) string {
	for _, info := range r.rulers {
		if info.Name == ref.Ruler && info.Dir != "" {
			return info.Dir + "/" + ref.Path
		}
	}
	return ref.Path
}

// read reports whether one of the rulers reads a file of the tree.
func (r readers) read(book *rules.Book, name string) bool {
	return slices.ContainsFunc(r.rulers, func(info rules.RulerInfo) bool {
		path, there := below(info, name)
		_, _, found := book.File(info.Name, path)
		return there && found
	})
}

// below returns a file's path below a ruler's directory, and whether it lies there.
func below(info rules.RulerInfo, name string) (path string, there bool) {
	if info.Dir == "" {
		return name, true
	}
	return strings.CutPrefix(name, info.Dir+"/")
}

// syntaxFindings returns problems of rule files as findings; a file that is good in another language than the one that it is checked for has no
// other problem than that.
func (r readers) syntaxFindings(problems []rules.Problem, tree diskTree) (found []placedFinding) {
	add := func(p rules.Problem) {
		found = append(found, placedFinding{Check: "syntax", Severity: severities[0], File: tree.file(p.Path), Line: p.Line, Column: p.Column, Message: p.Text,
			Why: "the ruler would not take the file"})
	}
	otherwise := map[string]expr.Dialect{} // path of a file that has problems → the language that it is good in, "" for none
	for _, p := range problems {
		dialect, known := otherwise[p.Path]
		if !known {
			dialect = goodIn(tree.contents[p.Path], r.dialectOf(p.Path))
			otherwise[p.Path] = dialect
		}
		switch {
		case dialect == "":
			add(p)
		case !known:
			add(rules.Problem{Path: p.Path, Text: wrongLanguage(p.Path, dialect)})
		}
	}
	return found
}

// wrongLanguage says that a file, by its path in the tree, is all in a language that it was not checked for.
func wrongLanguage(path string, dialect expr.Dialect) string {
	if strings.HasPrefix(path, unplaced+"/") {
		return fmt.Sprintf("all of this file is %[1]s, which it is not checked for; use --dialect=%[1]s, or --config.file so that each file is checked for the ruler that reads it", dialect)
	}
	return fmt.Sprintf("all of this file is %s, which the ruler that reads it does not take; it lies below another one's directory", dialect)
}

// dialectOf returns the language that a file of the tree is checked for.
func (r readers) dialectOf(name string) expr.Dialect {
	for _, info := range r.rulers {
		if _, there := below(info, name); there {
			return info.Dialect
		}
	}
	return ""
}

// goodIn returns the language, other than one, in which a file is good; "" when there is none.
func goodIn(content []byte, other expr.Dialect) expr.Dialect {
	for _, dialect := range expr.Dialects() {
		if dialect != other && content != nil && len(dialect.CheckFile(content)) == 0 {
			return dialect
		}
	}
	return ""
}
