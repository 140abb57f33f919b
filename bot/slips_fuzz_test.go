package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// FuzzSlips holds of any text that is typed, whatever was mangled in it: nothing panics; the line that it was taken as does the same, and is taken as
// it is; every line that is offered is taken as it is, though the rulebook may have no such rule; and nothing that is put into it goes unheard: it is
// not half-obeyed.
func FuzzSlips(f *testing.F) {
	for i, row := range readMangled(f) {
		if i%20 == 0 { // more would take a fuzzer all its time
			f.Add(row.text, uint16(len(row.text)/2))
		}
	}
	p := newPlans(f, "add sshd-ban job=sshd Ban 5m", `add node-down expr="up == 0" for=1m severity=critical`, `add quiet expr="up == 2"`, "pause quiet")
	f.Fuzz(func(t *testing.T, text string, at uint16) {
		if !utf8.ValidString(text) || len(text) > 1000 {
			return // Mattermost sends neither
		}
		p.chat.t, p.chat.journal.records = t, nil
		p.chat.log.Reset()
		plan := p.of(text)
		answer := p.chat.last().Reply
		if log := p.chat.log.String(); strings.Contains(log, "panic") {
			t.Fatalf("%q: %s", text, log)
		}
		if m := takenAs.FindStringSubmatch(answer); m != nil {
			line := strings.TrimPrefix(m[1], "/alert ")
			if again := p.of(line); again != plan || takenAs.MatchString(p.chat.last().Reply) {
				t.Errorf("%q was taken as %q, which is taken as %s\nand does\n%s\nnot\n%s", text, line, p.chat.last().Reply, again, plan)
			}
		}
		if _, lines, found := strings.Cut(answer, "\nTry:\n"); found && p.chat.journal.records[0].Outcome.Result != rules.Success {
			for _, line := range blocks(lines) {
				p.of(line)
				last := p.chat.last()
				if _, _, err := lookUp(Commands, "/alert", line); err != nil || isInvalid(last) || takenAs.MatchString(last.Reply) {
					t.Errorf("%q is answered with the line %q, which is answered with\n%s", text, line, last.Reply)
				}
			}
		}
		const mark = "zqzq"
		place := int(at) % (len(text) + 1)
		if plan == "" || !utf8.RuneStart((text + " ")[place]) || inLanguage(text[:place]) || strings.Contains(text, "://") || place <= strings.Index(text, "alertsmith send") {
			return // what stands behind back-ticks names a language, of a link the query is taken alone, and before a command line stands a prompt
		}
		if with := p.of(text[:place] + mark + text[place:]); with != "" && !strings.Contains(with, mark) {
			t.Errorf("%q: %s at %d is not obeyed:\n%s", text, mark, place, with)
		}
	})
}

// isInvalid reports whether a command was refused as it was typed. One that only reads may be answered with another line to go on with: that
// there was nothing yet at that time.
func isInvalid(r rules.Record) bool {
	command, _, err := lookUp(Commands, "/alert", r.Request.Command)
	reads := err == nil && !command.Changes && strings.Contains(r.Reply, "\nTry:\n")
	return r.Outcome.Err != nil && rules.KindOf(r.Outcome.Err) == rules.Invalid && !reads
}

// inLanguage reports whether a text ends in what may name the language of a code block, or in the back-ticks before that.
func inLanguage(text string) bool {
	last := strings.LastIndex(text, "`")
	return last >= 0 && !strings.ContainsAny(text[last:], " \n")
}
