package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// check checks and lints rule files that lie anywhere, the way the service does with a change.
type check struct {
	paths      []string
	dialect    string
	ruler      string
	configFile string
	format     string
	failOn     string
}

// severities are from the worst to the least.
var severities = []string{string(rules.SeverityError), string(rules.SeverityWarning), string(rules.SeverityInfo)}

func checkCommand(app *kingpin.Application) subcommand {
	var c check
	clause := app.Command("check", "Checks rule files the way the service does, and says what will hurt in them. Exits with 0, 1 (problems) or 2 (could not read).")
	clause.Flag("dialect", "The language of the expressions: promql (Prometheus) or logql (Loki). Default: in a rulebook that of the ruler below whose "+
		"directory a file lies, elsewhere promql.").EnumVar(&c.dialect, string(expr.PromQL), string(expr.LogQL))
	clause.Flag("format", "How findings are printed: text, json (an array of objects), github (annotations of a workflow) or checkstyle (XML).").
		Default(formats[0].name).EnumVar(&c.format, formatNames()...)
	clause.Flag("fail-on", "The least severity that makes the exit code 1: error, warning or info.").
		Default(severities[0]).EnumVar(&c.failOn, severities...)
	clause.Flag("config.file", "A configuration file of the service, for its rulers and its lint settings.").StringVar(&c.configFile)
	clause.Flag("ruler", "The ruler in the configuration whose rules these are: its settings hold, and its dialect.").StringVar(&c.ruler)
	clause.Arg("path", "Rule files, or directories whose *.yml and *.yaml files are checked, recursively.").Required().StringsVar(&c.paths)
	return subcommand{clause, c.run}
}

// sparseGC is how much of what is in use may come on top of it before garbage is collected, in percent: a program that ends soon does little of that.
// 10,000 rules take some 280 MB then.
const sparseGC = 400

func (c *check) run(ctx context.Context, p *process) error {
	defer debug.SetGCPercent(debug.SetGCPercent(sparseGC))
	readers, settings, err := c.settings()
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	names, err := ruleFiles(c.paths)
	rulesIn, templates := withoutTemplates(names)
	tree, readErr := readDiskTree(ctx, rulesIn, readers)
	err = errors.Join(err, readErr)
	if ctx.Err() != nil {
		return &exitError{exitUnusable, ctx.Err()}
	}
	found, unread, lintErr := lintTree(readers, settings, tree)
	if lintErr == nil {
		var more []placedFinding
		more, lintErr = lintTemplates(settings, templates)
		found = append(found, more...)
	}
	if lintErr != nil {
		return &exitError{exitUnusable, errors.Join(err, lintErr)}
	}
	bad, others := c.tally(found)
	if unread > 0 {
		others += "; " + count(unread, "file") + " left out, as rulebook_files or rulebook_exclude says"
	}
	if printErr := printerOf(c.format)(p.stdout, found); printErr != nil {
		return &exitError{exitUnusable, printErr}
	}
	switch {
	case err != nil:
		return &exitError{exitUnusable, err}
	case bad > 0:
		return &exitError{exitFailed, fmt.Errorf("%s in %s", count(bad, "problem"), count(len(names)-unread, "file"))}
	}
	if c.format == formats[0].name {
		fmt.Fprintln(p.stdout, count(len(names)-unread, "file")+" checked, no problem"+others)
	}
	return nil
}

// tally returns how many findings make the exit code 1, and tells of the others.
func (c *check) tally(found []placedFinding) (bad int, others string) {
	for i, severity := range severities {
		n := 0
		for _, f := range found {
			if f.Severity == severity {
				n++
			}
		}
		switch {
		case i <= slices.Index(severities, c.failOn):
			bad += n
		case n > 0:
			others += "; " + count(n, severity)
		}
	}
	return bad, others
}

// settings returns the rulers that the files are checked for, and what is looked for in their rules.
func (c *check) settings() (readers, lint.Settings, error) {
	cfg := &config{}
	if c.configFile != "" {
		var err error
		if cfg, err = loadConfig(c.configFile); err != nil {
			return readers{}, nil, err
		}
	} else if c.ruler != "" {
		return readers{}, nil, errors.New("--ruler names a ruler of a configuration: it needs --config.file")
	}
	other := rules.RulerInfo{Name: c.ruler, Dialect: expr.Dialect(cmp.Or(c.dialect, string(expr.PromQL))), Layout: rules.TreeLayout}
	switch {
	case c.ruler != "":
		i := slices.IndexFunc(cfg.Rulers, func(r rulerConfig) bool { return r.Name == c.ruler })
		if i < 0 {
			return readers{}, nil, fmt.Errorf("%s has no ruler %q", c.configFile, c.ruler)
		}
		other.Dialect = dialectOf(cfg.Rulers[i])
		return readersOf(nil, other, false), cfg.Lint, nil
	case c.dialect != "":
		return readersOf(nil, other, false), cfg.Lint, nil
	case len(cfg.Rulers) == 0:
		return readersOf(defaultRulers(defaultStorage), other, true), cfg.Lint, nil
	}
	return readersOf(cfg.Rulers, other, false), cfg.Lint, nil
}

// count returns "1 file", "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
