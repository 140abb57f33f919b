package bot

import (
	"slices"
	"strings"
	"testing"
)

// Every line that is offered, whatever the command, begins with a command that there is; one that only reads is taken as it is. Slips are made in every word
// of the examples that the help shows, so that a command which is added is among them.
func TestOfferedLinesAreCommands(t *testing.T) {
	t.Parallel()
	offered := map[string]int{} // by the command that was typed
	p := newPlans(t, "add sshd-ban job=sshd Ban 5m", "add disk-full template=disk-full percent=80")
	for _, command := range Commands {
		tried := map[string]bool{}
		for _, example := range command.Examples {
			for _, text := range slipsIn(example) {
				for _, line := range linesIn(p.chat.say(text).Text) {
					if tried[line] {
						continue
					}
					tried[line] = true
					offered[command.Name]++
					if other, _, err := lookUp(Commands, "/alert", line); err != nil || other.Changes {
						continue // say finds the first; what changes rules is parsed before it is offered, and FuzzSlips holds that
					}
					if answer := p.chat.say(line).Text; isInvalid(p.chat.last()) {
						t.Errorf("%q is answered with the line %q, which is answered with\n%s", text, line, answer)
					}
				}
			}
		}
	}
	for _, command := range Commands {
		if offered[command.Name] == 0 && len(command.Options) > 0 {
			t.Errorf("no slip in the examples of %s made a line that is offered", command.Name)
		}
	}
}

// slipsIn returns a command with one slip in one of its words, or at its end.
func slipsIn(example string) (all []string) {
	words := strings.Split(example, " ")
	put := func(i int, word string) {
		slipped := slices.Clone(words)
		slipped[i] = word
		all = append(all, strings.Join(slipped, " "))
	}
	for i, word := range words {
		if word == "" {
			continue
		}
		put(i, word[:len(word)-1])
		put(i, word+"x")
		put(i, word+" "+word)
		put(i, "「"+word+"」")
		put(i, "--"+word)
		if key, value, found := strings.Cut(word, "="); found {
			put(i, key+"x="+value)
			put(i, key+" = "+value)
			put(i, key+":"+value)
			put(i, key+"=nosuch")
			put(i, key+"=")
			put(i, key)
		}
	}
	for _, option := range commandOptions(words[0]) {
		all = append(all, example+" "+option+"x=1", example+" "+option+"=nosuch", example+" "+option)
	}
	return append(all, example+" nosuch", example+" nosuch=1", strings.Join(words[:1], " ")+" nosuch", words[0]+"x "+strings.Join(words[1:], " "))
}

func commandOptions(name string) []string {
	at := slices.IndexFunc(Commands, func(c Command) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	return Commands[at].Options
}
