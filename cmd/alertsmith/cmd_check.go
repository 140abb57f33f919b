package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// check checks rule files that lie anywhere, the way the service checks a change.
type check struct {
	paths   []string
	dialect string
}

func checkCommand(app *kingpin.Application) subcommand {
	var c check
	clause := app.Command("check", "Checks rule files the way the service does. Exits with 0, 1 (problems) or 2 (could not read).")
	clause.Flag("dialect", "The language of the expressions: promql (Prometheus) or logql (Loki).").
		Default(string(expr.PromQL)).EnumVar(&c.dialect, string(expr.PromQL), string(expr.LogQL))
	clause.Arg("path", "Rule files, or directories whose *.yml and *.yaml files are checked, recursively.").Required().StringsVar(&c.paths)
	return subcommand{clause, c.run}
}

func (c *check) run(ctx context.Context, p *process) error {
	files, err := ruleFiles(c.paths)
	problems := 0
	for _, file := range files {
		if ctx.Err() != nil {
			return &exitError{exitUnusable, ctx.Err()}
		}
		found, readErr := checkFile(expr.Dialect(c.dialect), file)
		err = errors.Join(err, readErr)
		problems += len(found)
		for _, problem := range found {
			fmt.Fprintln(p.stdout, place(file, problem)+": "+problem.Text)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitUnusable, err}
	case problems > 0:
		return &exitError{exitFailed, fmt.Errorf("%s in %s", count(problems, "problem"), count(len(files), "file"))}
	}
	fmt.Fprintln(p.stdout, count(len(files), "file")+" checked, no problem")
	return nil
}

func checkFile(dialect expr.Dialect, file string) ([]expr.Problem, error) {
	if info, err := os.Stat(file); err != nil {
		return nil, err
	} else if info.Size() > expr.MaxFile {
		return []expr.Problem{{Text: fmt.Sprintf("the file has %d bytes; a rule file may have %d", info.Size(), expr.MaxFile)}}, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return dialect.CheckFile(content), nil
}

// place returns path:line:column as far as it is known.
func place(file string, problem expr.Problem) string {
	switch {
	case problem.Line == 0:
		return file
	case problem.Column == 0:
		return fmt.Sprintf("%s:%d", file, problem.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", file, problem.Line, problem.Column)
	}
}

// ruleFiles returns the files that the paths name, directories searched recursively, in the order given and then by name.
// Hidden files and directories are left out. The error joins what could not be read, and a directory without rule files.
func ruleFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, statErr := os.Stat(path)
		switch {
		case statErr != nil:
			err = errors.Join(err, statErr)
		case !info.IsDir():
			files = append(files, path)
		default:
			below, walkErr := ruleFilesBelow(path + string(filepath.Separator)) // which a symbolic link is followed for
			if len(below) == 0 && walkErr == nil {
				walkErr = fmt.Errorf("there is no rule file (*.yml, *.yaml) below %s", path)
			}
			files, err = append(files, below...), errors.Join(err, walkErr)
		}
	}
	return files, err
}

func ruleFilesBelow(dir string) (files []string, err error) {
	walkErr := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, entryErr error) error {
		hidden := path != dir && strings.HasPrefix(entry.Name(), ".")
		switch {
		case entryErr != nil:
			err = errors.Join(err, entryErr)
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir() && isRuleFile(path):
			files = append(files, path)
		}
		return nil
	})
	return files, errors.Join(err, walkErr)
}

func isRuleFile(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".yml" || ext == ".yaml"
}

// count returns "1 file", "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
