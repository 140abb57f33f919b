package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// checkUnused refuses a change that takes away what other rules read, unless it is forced: the series of a recording rule, or an alert by its
// name in ALERTS{…}. What another rule of the same name still writes is not taken away.
func (b *Book) checkUnused(change Change, forced bool) error {
	if forced {
		return nil
	}
	after := b.With(change.Files)
	for _, ref := range change.Refs {
		gone, was := b.Get(ref)
		if !was || after.writes(ref.Ruler, gone.Rule) {
			continue
		}
		if users := after.users(ref.Ruler, gone.Rule); len(users) > 0 {
			return b.inUse(gone, users)
		}
	}
	return nil
}

// writes reports whether a ruler has a rule of the same kind and name.
func (b *Book) writes(ruler string, rule Rule) bool {
	return slices.ContainsFunc(b.named(rule.Name()), func(e Entry) bool { return e.Ref.Ruler == ruler && e.Rule.Record == rule.Record })
}

// users returns the rules whose expressions, or queries in templates, read what a rule of a ruler writes. What a Loki records is written into a Prometheus.
func (b *Book) users(ruler string, rule Rule) []Entry {
	var users []Entry
	info, _ := b.ruler(ruler)
	for _, reader := range b.rulers {
		if reader.Dialect != expr.PromQL || reader.Name != ruler && (rule.Record == "" || info.Dialect == expr.PromQL) {
			continue
		}
		for _, f := range b.shelf(reader.Name) {
			if rule.Alert != "" && !f.file.asksForAlerts {
				continue
			}
			for i := range f.entries {
				if reads(f.entries[i].Rule.Expr, rule) || asks(f.entries[i].Rule, rule) {
					users = append(users, f.entries[i])
				}
			}
		}
	}
	return users
}

// alertsWord is in every expression that reads an alert by its name.
const alertsWord = "alertname"

// reads reports whether a PromQL expression reads what a rule writes. What does not even have the words is not parsed.
func reads(text string, other Rule) bool {
	if other.Record != "" && !strings.Contains(text, other.Record) && !strings.Contains(text, "__name__") ||
		other.Alert != "" && !strings.Contains(text, alertsWord) {
		return false
	}
	selections, err := expr.PromQL.Selections(text)
	return err == nil && slices.ContainsFunc(selections, func(s expr.Selection) bool {
		return other.Record != "" && s.Metric(other.Record) || other.Alert != "" && s.Alert(other.Alert)
	})
}

// asks reports whether a template of an alert asks for what another rule writes. What printf puts together is no expression before it did: there
// the name is looked for.
func asks(alert, other Rule) bool {
	for _, texts := range []map[string]string{alert.Annotations, alert.Labels} {
		for _, text := range texts {
			for _, query := range expr.TemplateQueries(text) {
				if reads(query, other) || strings.Contains(query, "%") && other.Record != "" && strings.Contains(query, other.Record) {
					return true
				}
			}
		}
	}
	return false
}

// inUse is the error about a rule that others read.
func (b *Book) inUse(gone Entry, users []Entry) *Error {
	const most = 10
	var names []string
	for _, user := range users[:min(len(users), most)] {
		names = append(names, b.Address(user.Ref))
	}
	if more := len(users) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	what := "what it records"
	if gone.Rule.Alert != "" {
		what = "whether it fires"
	}
	return conflict("", "%q is in use: %s read %s, and would find nothing. Change them first, or say force reason=\"…\".",
		gone.Ref.Name, strings.Join(names, ", "), what)
}
