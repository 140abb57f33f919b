package rules

import (
	"fmt"
	"strings"
)

// GroupField is how the name of a Field begins that a rule has from its group: "group interval", "group label team".
const GroupField = "group "

// fields returns what the group says for all its rules, as Entry.Settings has it; nil for nothing.
func (g group) fields() (fields []Field) {
	add := func(name, value string) { fields = append(fields, Field{GroupField + name, value}) }
	if g.Interval != 0 {
		add("interval", FormatDuration(g.Interval))
	}
	if g.QueryOffset != nil { // 0s is not the ruler's own offset
		add("query_offset", FormatDuration(*g.QueryOffset))
	}
	if g.Limit != 0 {
		add("limit", fmt.Sprint(g.Limit))
	}
	for _, name := range sortedKeys(g.Labels) {
		add("label "+name, g.Labels[name])
	}
	return fields
}

// Fields returns what the rule says, field by field, in the order of a rule file, then what its group says for it.
func (e Entry) Fields() []Field { return append(e.Rule.Fields(), e.Settings...) }

// Text returns the rule as its file writes it, below what its group says for it, as comments. Two rules differ in it exactly when their own lines or
// their groups' settings do.
func (e Entry) Text() string {
	var b strings.Builder
	for _, f := range e.Settings {
		fmt.Fprintf(&b, "# %s: %s\n", f.Name, strings.ReplaceAll(f.Value, "\n", "\n# "))
	}
	return b.String() + e.Source
}
