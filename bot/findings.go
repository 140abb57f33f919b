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
	return b.String() + "\n" + more + "Why: " + code(trigger+" lint "+quote(found[0].Ref.Name))
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
