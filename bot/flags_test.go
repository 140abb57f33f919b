package bot

import (
	"strings"
	"testing"
)

// flagForms are the ways in which people write the flags.
var flagForms = []string{"--dryrun", "dryrun", "DRY_RUN", "－－dry－run", "—dry-run", "試行", "ドライラン", "dry-run=yes", "--dry run", "--force", "force"}

// Behind whatever the table has, a dry run is one, or is refused: nothing is committed, and every line that is offered, or that it was taken as, is
// a dry run too. The flag is never a part of anything else, and neither is force.
func TestFlagsBehindEveryRow(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"dry-run", "--dry-run", "dry run", "-n", "--force", "force", "in turn"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			c.say("add sshd-ban job=sshd Ban 5m")
			c.say(`add node-down expr="up == 0" for=1m severity=critical`)
			c.say(`add quiet expr="up == 2"`)
			c.say(`pause quiet`)
			for i, row := range readMangled(t) {
				var text string
				flag := form
				if form == "in turn" {
					flag = flagForms[i%len(flagForms)]
				}
				switch below := strings.Contains(row.text, "\n"); {
				case strings.Contains(flag, flagForce) && strings.Contains(row.text, flagForce):
					continue // it is forced already
				case !below:
					text = row.text + " " + flag
				case flag == "--dry-run":
					text = DryRun(row.text)
				default:
					continue
				}
				answer := c.say(text).Text
				if revision := c.last().Outcome.Revision; revision != "" {
					t.Errorf("%d %s\nis done: %s", row.line, text, answer)
				}
				for _, line := range linesIn(answer) {
					if problem := flagIn(line, flag); problem != "" {
						t.Errorf("%d %s\n%s: %s", row.line, text, problem, line)
					}
				}
			}
		})
	}
}

// linesIn returns the lines that an answer says it has taken a command as, or offers.
func linesIn(answer string) (lines []string) {
	if m := takenAs.FindStringSubmatch(answer); m != nil {
		lines = []string{strings.TrimPrefix(m[1], "/alert ")}
	}
	if _, offered, found := strings.Cut(answer, "\nTry:\n"); found {
		lines = append(lines, blocks(offered)...)
	}
	return lines
}

// flagIn returns what is wrong with a line that was made of one with a flag; "" for nothing, or where it changes nothing.
func flagIn(line, flag string) string {
	wanted := flagDry
	if strings.Contains(flag, flagForce) {
		wanted = flagForce
	}
	command, _, err := lookUp(Commands, "/alert", line)
	if err != nil || !command.Changes {
		return ""
	}
	words, err := scanAll(line, 0)
	if err != nil {
		return err.Error()
	}
	found := false
	for _, w := range words {
		got, _ := w.flag()
		found = found || got == wanted
		if got == "" && strings.Contains(w.value, flag) {
			return "swallowed"
		}
	}
	if !found {
		return "dropped"
	}
	return ""
}
