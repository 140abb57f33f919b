package bot

import (
	"errors"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// read makes the intent of an add that was typed in any way that has one meaning. What is not written as the help says, but can mean one thing
// only, is taken as that, and its author is told. What can mean more, or nothing, is an error with the lines that were probably meant.
func (c *call) read() (rules.Add, error) {
	add, err := parseAdd(c)
	if err != nil {
		if several := c.several(); several != nil {
			return add, several
		}
	}
	if add.From != nil { // its words are parameters, which no other form has
		return add, err
	}
	r := c.respelled(err != nil)
	switch {
	case r.at < 0 || r.found == "" && err == nil:
		return add, err
	case r.found == "":
		return add, r.error(err)
	case !r.sure:
		return add, mistake(r.at, strings.Join(r.why, " "), r.found)
	}
	c.take(r.found)
	if again := c.respelled(false); again.at >= 0 && again.found != "" { // one mend can bring another slip to light
		if !again.sure {
			return add, mistake(again.at, strings.Join(again.why, " "), again.found)
		}
		c.take(again.found)
	}
	return parseAdd(c)
}

// take makes this the call of another line.
func (c *call) take(line string) {
	line = copied(line)
	other, _ := c.check(line) // it was checked before
	c.text, c.from, c.args, c.taken = line, other.from, arguments{}, line
}

// copied returns a line as it is shown to be copied: without what nobody sees, which would be shown as broken characters.
func copied(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || !rules.Invisible(r):
			return r
		case r == '\u2028' || r == '\u2029':
			return ' '
		}
		return -1
	}, line)
}

// takenText tells what a command was taken as; "" for one that is as it was typed.
func (c *call) takenText() string {
	if c.taken == "" {
		return ""
	}
	return "Taken as:\n" + fence("", c.trigger+" "+c.taken) + "\n"
}

// meant returns the error for a command that was typed in a way that it does not take, with the line that was probably meant instead of the
// error's own suggestions. A line is offered only where it parses, and says what was typed: nothing is guessed, no value is made up. Else
// err comes back. With a nil err only the marks of the text around the command are looked for, which nobody means.
func (c *call) meant(err error) error {
	if err != nil {
		if several := c.several(); several != nil {
			return several
		}
	}
	r := c.respelled(err != nil)
	switch {
	case r.at < 0 || r.found == "" && err == nil:
		return err
	case r.found == "":
		return r.error(err)
	}
	return mistake(r.at, strings.Join(r.why, " "), r.found)
}

// several returns the error for a text that is several commands: on lines of their own, or with a shell's sign between them. Each is a line to
// copy, where all can be done. nil for a text that is one.
func (c *call) several() error {
	words, err := scanAll(c.text, 0)
	if err != nil || len(words) > mostWords || c.args["yaml"].end > 0 {
		return nil //nolint:nilerr // what cannot be told apart is one text
	}
	at, begin := -1, 0
	var lines []string
	for i := 1; i < len(words); i++ {
		before, w := words[i-1], words[i]
		gap := strings.Contains(c.text[before.end:w.start], "\n")
		sign := strings.HasSuffix(before.value, ";") || before.value == "&&" || before.value == "|"
		known := slices.ContainsFunc(c.table, func(command Command) bool { return command.Name == w.keyword() })
		if !known || w.quoted || w.key != "" || !gap && !sign {
			continue
		}
		lines = append(lines, strings.TrimRight(c.text[begin:before.end], "; &|\n"))
		if begin = w.start; at < 0 {
			at = w.start
		}
	}
	if at < 0 {
		return nil
	}
	const text = "These are several commands. Give one at a time."
	lines = append(lines, strings.TrimRight(c.text[begin:], "; &|\n"))
	for _, line := range lines {
		if !works(c.check(line)) {
			return mistake(at, text)
		}
	}
	return mistake(at, text, lines...)
}

// mostWords is how many words a command may have to be spelled anew: whoever types more has pasted something else.
const mostWords = 100

// respelled spells a command anew, one known slip after the other, until it parses. Of a command that parses as it is, only the marks of the
// text around it are taken off.
func (c *call) respelled(failed bool) respelling {
	text := c.text[c.from:]
	plain := unescapedQuotes(text)
	words, err := scanAll(plain, 0)
	if err != nil || len(words) > mostWords || c.args["yaml"].end > 0 {
		return respelling{at: -1}
	}
	forces := slices.ContainsFunc(c.table, func(command Command) bool { return command.Name == c.command && command.Forces != "" })
	r := respellingOf(c.command, forces, plain, c.from, words)
	works := func() bool {
		line := c.command + " " + r.line()
		if _, r.left = c.check(line); r.left != nil {
			return false
		}
		r.found = line
		return true
	}
	if plain != text {
		if r.note(0, "What was escaped for another program is written here as it is."); works() {
			return r
		}
	}
	for _, step := range respellings {
		if !failed && !step.always || !slices.Contains(step.in, c.command) {
			continue
		}
		changes := r.changes
		if step.mend(&r); r.changes == changes {
			continue
		}
		if r.sure = r.sure && step.sure; works() {
			return r
		}
	}
	return r
}

// check parses a line as if it had been typed. It returns the call that it makes, and why it would not parse, or would not mean what
// its words say; nil when all is well.
func (c *call) check(line string) (*call, error) {
	other := *c
	other.text, other.args, other.intent = line, arguments{}, nil
	command, from, err := lookUp(c.table, c.trigger, line)
	if err != nil {
		return &other, err
	}
	other.command, other.from = command.Name, from
	if command.Check == nil {
		return &other, nil
	}
	return &other, command.Check(&other)
}

// checkAdd is the check of an add.
func checkAdd(c *call) error {
	add, err := parseAdd(c)
	if err != nil {
		return err
	}
	if add.From == nil { // what comes from a template is made later
		c.intent = add
	}
	if add.Log == nil {
		return nil
	}
	if label := c.args["label"]; label.quoted && add.Log.Label != "" && add.Log.Label[0] != '{' && strings.Contains(add.Log.Label, "=") && strings.IndexByte("{\"'`“", c.text[label.start]) > 0 {
		return errors.New("the label was text")
	}
	return nil
}

// planning notes what a check made of a call, for planned. It returns the error of the check.
func (c *call) planning(intent rules.Intent, err error) error {
	if err == nil {
		c.intent = intent
	}
	return err
}

// planned returns why a call that parses would be refused as the rulebook is now; nil where it would not, or that cannot be said, or where the rule
// that is to be changed is not there, or says that already: what the call says is well.
func (c *call) planned() error {
	if c.intent == nil || c.book == nil {
		return nil
	}
	book, err := c.book()
	if err != nil {
		return nil //nolint:nilerr // the rulebook cannot be read: the line is then judged by its words
	}
	_, err = c.intent.Plan(book)
	_, adds := c.intent.(rules.Add)
	var held rules.InTheWay // the book that is shown has what is live of held files, and cannot be planned with: whoever carries it out says more
	if kind := rules.KindOf(err); err == nil || kind == rules.NotFound || kind == rules.Conflict && !adds || errors.As(err, &held) {
		return nil
	}
	return err
}

// works reports whether a line was checked without an error.
func works(_ *call, err error) bool { return err == nil }
