package bot

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// TestHelpHasOptions holds that the options in a command's help are those that its parser takes.
func TestHelpHasOptions(t *testing.T) {
	t.Parallel()
	for _, command := range Commands {
		if len(command.Options) == 0 || command.Name == "journal" { // which TestHelpHasFilters is about
			continue
		}
		t.Run(command.Name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			for _, o := range options {
				listed := strings.Contains(command.help("/alert"), "`"+o.name+"=`")
				answer := c.say(command.Name + " sshd-ban " + o.name + "=1").Text
				refused := strings.Contains(answer, "There is no option") || strings.Contains(answer, "An edit leaves a rule where it stands")
				if listed == refused && (listed || o.set != nil) { // what says nothing of a rule can be a label of the log form
					t.Errorf("%s= is in the help: %v, and refused: %v", o.name, listed, refused)
				}
			}
		})
	}
}

// TestHelpHasFilters holds that the help of the command journal has every filter that it takes, and no other.
func TestHelpHasFilters(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	_, list, _ := strings.Cut(c.say("journal ruel=x").Text, "The filters are ")
	list, _, _ = strings.Cut(list, ";")
	taken := append(strings.Split(list, ", "), "n", "page")
	shown := map[string]bool{}
	for line := range strings.SplitSeq(journalCommand.help("/alert"), "\n") {
		if row, found := strings.CutPrefix(line, "| "); found { // what it does is told for all commands
			line, _, _ = strings.Cut(row, " | ")
		}
		for _, m := range regexp.MustCompile(`\b([a-z_]+)=`).FindAllStringSubmatch(line, -1) {
			shown[m[1]] = true
		}
	}
	for _, name := range taken {
		if !shown[name] {
			t.Errorf("%s= is taken, and not in the help", name)
		}
	}
	for name := range shown {
		if !slices.Contains(taken, name) {
			t.Errorf("%s= is in the help, and not taken", name)
		}
		if answer := c.say("journal " + name + "=1").Text; strings.Contains(answer, "has no filter") || strings.Contains(answer, "There is no option") {
			t.Errorf("%s= is in the help, and refused: %s", name, answer)
		}
	}
	if len(taken) < 10 {
		t.Errorf("the filters are %q", taken)
	}
}

// FuzzWord holds that what rules.Word writes is read as one word that is what it was, but for what its comment excepts.
func FuzzWord(f *testing.F) {
	for _, seed := range []string{"", "a", "a b", `a"b`, `a'b"c`, `a\`, "ban。", "for=5m", "`x`", "{a=\"b\"}", "“x”", "--dry-run", "\u3000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n") || strings.Contains(text, `\`) && strings.Contains(text, `"`) || strings.Contains(text, `'`) && strings.HasSuffix(text, `\`) {
			return
		}
		written := rules.Word(text)
		words, err := scanAll(written, 0)
		if err != nil || len(words) != 1 || words[0].value != text {
			t.Errorf("%q is written as %s and read as %+v: %v", text, written, words, err)
		}
	})
}
