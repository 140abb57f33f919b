package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// stayingText says what of somebody else's push, which is held, an undo has left in force, with the lines that put it back as it was live before.
func (c *call) stayingText(s *rules.Staying) string {
	if s == nil {
		return ""
	}
	var refs, stuck []rules.Ref
	var lines []string
	for _, rule := range s.Rules {
		if refs = append(refs, rule.Ref); rule.Address == "" {
			stuck = append(stuck, rule.Ref)
			continue
		}
		line := "delete " + quote(rule.Address)
		if rule.Was != "" {
			line = "restore " + quote(rule.Address+"@"+short(rule.Was))
		}
		lines = append(lines, "\n"+fence("", c.trigger+" "+line))
	}
	verb, puts := "stay as they were pushed and are in force so: the change that was taken back had taken", "These lines put all"
	switch {
	case len(refs) == 1 && c.dry():
		verb, puts = "would stay as it was pushed, and in force so: the change that would be taken back has taken", "After that, this puts it"
	case c.dry():
		verb, puts = "would stay as they were pushed, and in force so: the change that would be taken back has taken", "After that, these lines put all"
	case len(refs) == 1:
		verb, puts = "stays as it was pushed and is in force so: the change that was taken back had taken", "This puts it"
	}
	shown := strings.Join(lines[:min(len(lines), fixesShown)], "")
	if more := len(lines) - fixesShown; more > 0 {
		shown += fmt.Sprintf("\nand so for %d more", more)
	}
	text := fmt.Sprintf("\n**%s** %s %s in force, which is held otherwise.", refNames(refs), verb, pushOf(s.Commits))
	if len(stuck) > 0 {
		text += fmt.Sprintf(" No command puts **%s** back, as that file is not written line by line: edit it by hand, with Git.", refNames(stuck))
		puts += " else"
	}
	if len(lines) > 0 {
		text += fmt.Sprintf(" %s back as it was live before:%s", puts, shown)
	}
	return text
}

// noRulesText says which files of a commit an undo leaves as they are, as there is nothing of a rule in them; shell is what takes them back with Git.
func (c *call) noRulesText(ctx context.Context, undo rules.Undo) (text string, shell []string) {
	book, err := c.backend.Book(ctx)
	if err != nil {
		return "", nil
	}
	paths, shell := undo.NoRules(book)
	if len(paths) == 0 {
		return "", nil
	}
	text = "Of that commit " + strings.Join(paths[:min(len(paths), maxLeft)], ", ")
	if more := len(paths) - maxLeft; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	verb := " stay as they are: there is nothing of a rule file in them"
	if len(paths) == 1 {
		verb = " stays as it is: there is nothing of a rule file in it"
	}
	if text += verb; c.backend.Status(ctx).Held.Stands(book, undo.Commit.Revision) != "" {
		text += ", and until that is mended something is held"
	}
	return text + ". Whoever may push takes that back with Git, in a clone of the rulebook:", shell
}
