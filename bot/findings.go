package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// fewFindings is how many findings the answer to a change has; the command lint shows all.
const fewFindings = 3

// findingsText returns the warnings about a change's rules, each in a line of its own; "" when there are none, or the change is not in force.
func findingsText(trigger string, o rules.Outcome) string {
	found := slices.DeleteFunc(slices.Clone(o.Findings), func(f rules.Finding) bool {
		return f.Check == rules.CheckUnanswered && o.State == rules.Pending // why it is not live says that already
	})
	if len(found) == 0 || o.State == rules.Reverted || o.State == rules.Superseded || o.State == rules.Displaced {
		return ""
	}
	var b strings.Builder
	for _, f := range found[:min(len(found), fewFindings)] {
		b.WriteString("\n")
		if len(o.Refs) > 1 && f.Ref.Name != "" {
			b.WriteString(code(shortCut(f.Ref.Name)) + ": ")
		}
		b.WriteString(findingText(f))
	}
	more := ""
	if n := len(found) - fewFindings; n > 0 {
		more = fmt.Sprintf("…and %d more. ", n)
	}
	return b.String() + "\n" + more + "Why: " + code(trigger+" lint "+quote(ruleOf(o, found[0])))
}

// ruleOf returns the name of the rule to be linted to read why something was found: where it is about a group, of the first one there that was changed.
func ruleOf(o rules.Outcome, f rules.Finding) string {
	if f.Ref.Name != "" {
		return f.Ref.Name
	}
	i := slices.IndexFunc(o.Refs, func(r rules.Ref) bool {
		return r.Ruler == f.Ref.Ruler && r.Path == f.Ref.Path && r.Group == f.Ref.Group
	})
	if i < 0 {
		return "all"
	}
	return o.Refs[i].Name
}

// findingText returns a finding in one line, with what would do instead.
func findingText(f rules.Finding) string {
	text := fmt.Sprintf("%s %s: %s.", capitalized(string(f.Severity)), code(f.Check), sentence(cut(f.Text, 500)))
	if f.Fix != "" && len(f.Fix) < 500 {
		text += " Instead: " + code(oneLine(f.Fix))
	}
	return text
}

// capitalized returns a word with a capital letter before it.
func capitalized(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
