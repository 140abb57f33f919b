package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// withoutTemplates returns the files that are no templates of a rulebook, and those that are.
func withoutTemplates(files []string) (others, templates []string) {
	for _, file := range files {
		if isTemplate(file) {
			templates = append(templates, file)
		} else {
			others = append(others, file)
		}
	}
	return others, templates
}

// isTemplate reports whether a file stands where a rulebook has its templates, and says nothing of groups of rules.
func isTemplate(file string) bool {
	path, err := filepath.Abs(file)
	if err != nil || filepath.Base(filepath.Dir(path)) != rules.TemplatesDir {
		return false
	}
	content, err := readRuleFile(file)
	var says map[string]yaml.Node
	if err != nil || yaml.Unmarshal(content, &says) != nil {
		return false
	}
	_, groups := says["groups"]
	_, rule := says["rule"]
	return rule && !groups
}

// lintTemplates returns what is wrong with templates, and what will hurt in the rules that they make.
func lintTemplates(settings lint.Settings, files []string) (found []placedFinding, err error) {
	linter, err := lint.New(settings, time.Now)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		template, err := rules.ReadTemplate(strings.TrimSuffix(filepath.Base(file), ".yaml"), content, bot.IsOption)
		var hurts []rules.Finding
		if err == nil {
			hurts, err = template.Lint(template.AnyRuler(), linter.Change)
		}
		if err != nil {
			found = append(found, placedFinding{Check: "template", Severity: severities[0], File: file, Message: err.Error(), Why: "no rule can be made from it"})
		}
		for _, f := range hurts {
			found = append(found, placedFinding{Check: f.Check, Severity: string(f.Severity), File: file, Message: f.Text, Why: f.Why, Fix: f.Fix})
		}
	}
	return found, nil
}
