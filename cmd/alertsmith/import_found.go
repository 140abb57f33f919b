package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// found is what becomes of the files in a directory that is to be imported.
type found struct {
	scanned
	rules.Adoption
	intent rules.Import
	left   []leftOut
}

// find reads the directory and sorts what is in it.
func (i *importFiles) find(book *rules.Book) (found, error) {
	below := strings.Trim(filepath.ToSlash(i.namespace), "/")
	if below != "" && (path.Clean(below) != below || !filepath.IsLocal(below)) {
		return found{}, fmt.Errorf("--namespace: %q is no directory below the ruler's", i.namespace)
	}
	into := below
	for _, ruler := range book.Rulers() {
		if ruler.Name == i.ruler {
			into = path.Join(ruler.Dir, below)
		}
	}
	if into != "" {
		into += "/"
	}
	scanned, err := scan(i.dir, into)
	if err != nil {
		return found{}, fmt.Errorf("nothing was imported: %w", err)
	}
	if len(scanned.files)+len(scanned.skipped) == 0 {
		return found{}, fmt.Errorf("there is no rule file (*.yml, *.yaml) below %s", i.dir)
	}
	f := found{scanned: scanned, left: scanned.skipped}
	f.intent = rules.Import{Ruler: i.ruler, Reason: i.reason, Files: make(map[string][]byte, len(scanned.files))}
	for name, content := range scanned.files {
		f.intent.Files[path.Join(below, name)] = content
	}
	if f.Adoption, err = f.intent.Sort(book); err != nil {
		return found{}, err
	}
	for _, problem := range f.Bad {
		place := filepath.Join(i.dir, filepath.FromSlash(strings.TrimPrefix(problem.Path, into)))
		if problem.Line > 0 {
			place += fmt.Sprintf(":%d", problem.Line)
		}
		f.left = append(f.left, leftOut{place, problem.Text})
	}
	return f, nil
}

// tell lists everything that is not simply imported.
func (f found) tell(w io.Writer) {
	for _, file := range f.left {
		fmt.Fprintf(w, "left out: %s: %s\n", file.place, file.why)
	}
	for _, name := range f.Differ {
		fmt.Fprintf(w, "differs: the rulebook has another content in %s\n", name)
	}
	summary := func(names []string, what string) {
		if len(names) > 0 {
			fmt.Fprintf(w, "%s %s: %s\n", count(len(names), "file"), what, someOf(names))
		}
	}
	summary(f.Same, "in the rulebook already, with the same content")
	summary(f.NotOurs, "left out, as rulebook_files, rulebook_exclude or another ruler's rulebook_dir says")
	summary(f.others, "not looked at, as they are not *.yml or *.yaml")
}

// someOf returns the first few names.
func someOf(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", …"
}

// adoptionNote says what the adoption means for alerts that are pending or firing now.
func adoptionNote(cfg *config, ruler string) string {
	for _, r := range cfg.Rulers {
		switch {
		case r.Name != ruler || r.Kind != "prometheus":
		case r.Layout == rules.TreeLayout:
			return fmt.Sprintf("With layout: tree, files that are in %s already are taken over as they are, and alerts that fire keep firing.\n", r.RulesDir)
		default:
			return fmt.Sprintf("With layout: flat, %s reads the files under new names, and every alert that is pending or firing starts anew. "+
				"With layout: tree, and the directory that it reads now as rules_dir, they keep their state.\n", ruler)
		}
	}
	return ""
}

// noRulebook is the rulebook of a dry run where there is none yet.
type noRulebook struct{ rules.Store }

// Head implements rules.Store.
func (noRulebook) Head(context.Context) (rules.Tree, error) { return emptyTree{}, nil }

// emptyTree is a rulebook without any commit.
type emptyTree struct{}

func (emptyTree) Revision() string { return "" }

func (emptyTree) List(string) (map[string]string, error) { return nil, nil }

func (emptyTree) Read(string) ([]byte, error) { return nil, errors.ErrUnsupported }
