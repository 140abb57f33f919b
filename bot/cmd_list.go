package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var listCommand = Command{
	Name:     "list",
	Aliases:  []string{"ls"},
	Spelled:  []string{"一覧"},
	Usage:    []string{`list`, `list all`, `list NAME`, `list … at="2026-11-01 02:00"`},
	Summary:  "List the rules: their names, every rule in full, or one rule in full",
	Help:     "NAME may be `group/NAME`, `namespace/group/NAME` or `ruler:namespace/group/NAME`; a rule that is called \"all\" needs quotes. at= shows what was then: a date, a time in the journal's zone, or how long ago.",
	Examples: []string{`list`, `list all`, `list sshd-ban`, `list namespace=ops`, `list at=7d`},
	Options:  listAtOptions,
	Check:    reading(1, listAtOptions),
	Run:      runList,
}

func runList(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	rest, err := call.args.takeOptions(words, listAtOptions)
	if err != nil {
		return answer{}, err
	}
	page, err := call.page()
	if err != nil {
		return answer{}, err
	}
	all := len(rest) == 1 && rest[0].keyword() == "all"
	var name string
	if len(rest) > 0 && !all {
		if name, err = call.oneName(rest, listAtOptions); err != nil {
			return answer{}, err
		}
	}
	book, then, err := call.bookOf(ctx)
	if err != nil {
		return answer{}, err
	}
	if name != "" {
		entry, err := book.Find(name)
		if err == nil {
			return told(inFull(book.Address(entry.Ref), entry) + call.heldText(book, entry) + then), nil
		}
		if text, paused := call.pausedInFull(book, name); paused && rules.KindOf(err) == rules.NotFound {
			return told(text), nil
		}
		if rules.KindOf(err) != rules.NotFound || !call.namesPlace(book, name) {
			return answer{}, err
		}
	}
	entries, err := call.entries(book)
	if err != nil {
		return answer{}, err
	}
	if then != "" {
		return told(call.listed(book, entries, all, page) + then), nil
	}
	return told(call.listed(book, entries, all, page) + call.passing(book, entries) + call.acceptedIn(book, entries)), nil
}

// namesPlace reports whether a word that names no rule names a ruler, a namespace with rules, or both as ruler/namespace. It is then as if
// that had been said in options.
func (c *call) namesPlace(book *rules.Book, name string) bool {
	for _, e := range book.Entries("") {
		ruler, namespace := e.Ref.Ruler, e.Ref.Namespace()
		switch name {
		case ruler:
			c.args["ruler"] = argument{value: ruler}
		case namespace:
			c.args["namespace"] = argument{value: namespace}
		case ruler + "/" + namespace, ruler + ":" + namespace:
			c.args["ruler"], c.args["namespace"] = argument{value: ruler}, argument{value: namespace}
		default:
			continue
		}
		return true
	}
	if slices.ContainsFunc(book.Rulers(), func(r rules.RulerInfo) bool { return r.Name == name }) {
		c.args["ruler"] = argument{value: name}
		return true
	}
	return false
}

// entries returns the rules that the options choose. A ruler that is none, and a namespace that is empty while another one has
// nearly its name, are mistakes.
func (c *call) entries(book *rules.Book) ([]rules.Entry, error) {
	ruler, namespace := c.args["ruler"].value, c.args["namespace"].value
	if err := knownRuler(book, ruler); err != nil {
		return nil, err
	}
	var chosen []rules.Entry
	var namespaces []string
	for _, e := range book.Entries(ruler) {
		if namespace == "" || e.Ref.Namespace() == namespace {
			chosen = append(chosen, e)
		}
		if !slices.Contains(namespaces, e.Ref.Namespace()) {
			namespaces = append(namespaces, e.Ref.Namespace())
		}
	}
	if near := rules.Nearest(namespace, namespaces); len(chosen) == 0 && len(near) > 0 {
		return nil, &rules.Error{Kind: rules.NotFound, Field: "namespace", Offset: -1, Fixes: near,
			Text: fmt.Sprintf("There are no rules in the namespace %q. Did you mean %q?", namespace, near[0])}
	}
	return chosen, nil
}

// knownRuler returns an error when a name is given and no ruler has it.
func knownRuler(book *rules.Book, name string) error {
	var known []string
	for _, ruler := range book.Rulers() {
		known = append(known, ruler.Name)
	}
	if name == "" || slices.Contains(known, name) {
		return nil
	}
	return &rules.Error{Kind: rules.NotFound, Field: "ruler", Offset: -1, Fixes: rules.Nearest(name, known),
		Text: fmt.Sprintf("There is no ruler %q. There are: %s.", name, strings.Join(known, ", "))}
}

// listed returns one page of the rules that the options choose.
func (c *call) listed(book *rules.Book, entries []rules.Entry, all bool, page int) string {
	if len(entries) == 0 {
		return "There are no rules" + c.chosen() + "."
	}
	blocks := names(entries, book.Address, book.Unpublished)
	again := "list"
	if all {
		again = "list all"
		blocks = blocks[:0]
		for _, e := range entries {
			blocks = append(blocks, inFull(book.Address(e.Ref), e)+c.heldText(book, e))
		}
	}
	head := fmt.Sprintf("**%s%s**", count(len(entries), "rule"), c.chosen())
	return c.paged(head, blocks, page, again+c.given("ruler", "namespace", "at"))
}

// chosen says in words which part of the rules the options choose.
func (c *call) chosen() string {
	var text string
	if namespace := c.args["namespace"].value; namespace != "" {
		text += " in " + escape(namespace)
	}
	if ruler := c.args["ruler"].value; ruler != "" {
		text += " for " + escape(ruler)
	}
	return text
}

// given returns these options as they were given, each with a space before it.
func (c *call) given(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		if arg, given := c.args[name]; given {
			b.WriteString(" " + name + "=" + quote(arg.value))
		}
	}
	return b.String()
}

// names returns the addresses of the entries, a block for every ruler and namespace, long ones in several blocks.
func names(entries []rules.Entry, address func(rules.Ref) string, unpublished func(rules.Ref) bool) []string {
	at := map[string][]rules.Entry{}
	var places, blocks []string
	for _, e := range entries { // files of a ruler's own directory stand between those of its namespaces
		place := strings.TrimSuffix(e.Ref.Ruler+"/"+e.Ref.Namespace(), "/")
		if at[place] == nil {
			places = append(places, place)
		}
		at[place] = append(at[place], e)
	}
	for _, place := range places {
		head := fmt.Sprintf("**%s** (%d): ", escape(place), len(at[place]))
		var line []string
		size := 0
		for _, e := range at[place] {
			name := code(address(e.Ref))
			switch {
			case e.Held:
				name += " (held)"
			case e.Pushed:
				name += " (pushed, not applied)"
			case unpublished(e.Ref):
				name += " (not applied)"
			}
			if size += len(name) + 2; size > pageSize/4 {
				blocks = append(blocks, head+strings.Join(line, ", "))
				head, line, size = "", nil, len(name)
			}
			line = append(line, name)
		}
		blocks = append(blocks, head+strings.Join(line, ", "))
	}
	return blocks
}

// inFull returns one rule with its address above it, and below it what its group says for it.
func inFull(address string, e rules.Entry) string {
	text := "**" + escape(address) + "**\n" + fence("yaml", cut(e.Source, pageSize-1000))
	var settings []string
	for _, f := range e.Settings {
		settings = append(settings, escape(shortCut(strings.TrimPrefix(f.Name, rules.GroupField)))+" "+code(shortCut(f.Value)))
	}
	if len(settings) > 0 {
		text += "\nFor all rules of its group: " + strings.Join(settings, ", ") + "."
	}
	return text
}

// settingsThere says what the group of a rule says for all its rules.
func settingsThere(e rules.Entry) string {
	var says []string
	for _, f := range e.Settings {
		says = append(says, code(f.Name+": "+f.Value))
	}
	if len(says) == 0 {
		return ""
	}
	return ", " + strings.Join(says, ", ")
}

// heldText says of a rule whose file is held what is in force and what was pushed, and of one whose file was never published that it is not; "" of any other.
func (c *call) heldText(book *rules.Book, e rules.Entry) string {
	why := " " + code(c.trigger+" status") + " says why."
	switch pushed, there := book.Branch(e.Ref); {
	case e.Pushed:
		return "\n**Not applied**: this was pushed with what would not be taken." + why
	case book.Unpublished(e.Ref):
		return "\n**Not applied**: something is wrong with its file." + why
	case !e.Held:
		return ""
	case !there:
		return "\n**Held**: this is in force, as it was. What was pushed is not applied: there the rule is gone, or its file cannot be read." + why
	case pushed.Text() == e.Text() || pushed.Source == e.Source:
		return "\n**Held**: this is in force, as it was. What was pushed is not applied: there its group says other things for all its rules" + settingsThere(pushed) + "." + why
	default:
		return "\n**Held**: this is in force, as it was. What was pushed is not applied:\n" + fence("yaml", cut(pushed.Source, pageSize/4)) + "\n" + why[1:]
	}
}
