package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

var journalCommand = Command{
	Name:    "journal",
	Aliases: []string{"audit"},
	Spelled: []string{"ジャーナル", "監査"},
	Usage:   []string{`journal [WORD …] [by=@user] [rule=…] [action=add,edit] [changed=yes] [result=failed] [channel=…] [ruler=…] [since=7d] [until=…] [at=…] [n=20] [page=…]`, `journal REQUEST`},
	Summary: "Search the record of every command, refused ones included",
	Help: "The newest comes first. Words are looked for in the command, why it was given, the rules' names and the answer; any part of a word will do. by=, rule=, channel= and ruler= take whole names, without a *. " +
		"result= takes a result or a state (`failed`, `denied`, `live`, `not-loaded` …), or a group: `ok`, `refused`, `error`, `waiting`, `undone`; `interrupted` is what the service was stopped at, and looked up in the rulebook afterwards. " +
		"action=external is what people pushed by Git, each commit by itself, with by= its author's name or address. " +
		"action= takes a command or several, changed=yes what changed the rulebook, whichever command did. " +
		"at= is one day, or one minute. REQUEST is an id that a reply or this list shows; beside other filters it is request=.",
	Examples: []string{`journal`, `journal by=me since=7d`, `journal result=refused`, `journal changed=yes since=1d`, `journal rule=sshd-ban noisy`},
	Options:  []string{"by", "since", "until", "action", "changed", "at", "n", "page"},
	Check:    checkJournal,
	Run:      runJournal,
}

// maxJournalEntries is how many entries are read for one answer.
const maxJournalEntries = 2000

func runJournal(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	query, err := call.journalQuery(words)
	if err != nil {
		return answer{}, err
	}
	page, err := call.page()
	if err != nil {
		return answer{}, err
	}
	n, err := call.entriesShown()
	if err != nil {
		return answer{}, err
	}
	if page*n > maxJournalEntries {
		return answer{}, invalidOption("page", fmt.Sprintf("goes up to %d here: an answer looks through %d entries. Narrow the search with since=, until=, by=, rule= and words, "+
			"or ask with the program: alertsmith journal --limit=0", maxJournalEntries/n, maxJournalEntries), strconv.Itoa(maxJournalEntries/n))
	}
	query.Limit = page * n
	if query.Before, err = call.asked(ctx); err != nil {
		return answer{}, err
	}
	found, err := call.backend.Journal(ctx, query)
	if err != nil {
		return answer{}, err
	}
	if query.Request != "" && len(found.Entries) == 1 {
		return told(call.entryText(found.Entries[0])), nil
	}
	return told(call.journalText(found, page, n)), nil
}

// journalQuery returns what is looked for.
func (c *call) journalQuery(words []word) (rules.JournalQuery, error) {
	terms := c.journalTerms(words)
	if len(terms) == 1 && requestID.MatchString(fold(terms[0].Value)) && terms[0].Key == "" {
		terms[0].Key = "request"
	}
	query, err := rules.ParseJournalQuery(terms, rules.JournalAsker{ID: c.request.Actor.ID, Now: c.now, Zone: c.zone(), Actions: actionNames(c.table)})
	if err != nil {
		return query, c.unknownKey(err)
	}
	return query, nil
}

// asked returns the number of the entry of this very command, or of the one whose pages are turned; 0 where the journal has none. What came in since is
// no part of the answer: else it would find itself, and each page would push the next one further.
func (c *call) asked(ctx context.Context) (int64, error) {
	found, err := c.backend.Journal(ctx, rules.JournalQuery{Request: c.origin, Limit: 1})
	if err != nil || len(found.Entries) == 0 {
		return 0, err
	}
	return found.Entries[0].Seq, nil
}

// JournalTerms reads a filter as it is typed after `/alert journal`. Errors are *rules.Error of kind Invalid: a quote that is not closed.
func JournalTerms(text string) ([]rules.JournalTerm, error) {
	words, err := scanAll(text, 0)
	c := call{text: text, args: arguments{}}
	terms := c.journalTerms(words)
	for _, key := range []string{"n", "page"} { // what there is none of here is not left out silently
		if arg, given := c.args[key]; given {
			terms = append(terms, rules.JournalTerm{Key: key, Value: arg.value})
		}
	}
	return terms, err
}

// journalTerms returns the words as a filter. What is about the answer and not the filter goes to the arguments alone.
func (c *call) journalTerms(words []word) (terms []rules.JournalTerm) {
	for _, w := range words {
		switch w.key {
		case "":
			terms = append(terms, rules.JournalTerm{Value: w.value})
		case "n", "page":
			c.args[w.key] = w.afterKey()
		default:
			c.args[w.key] = w.afterKey()
			if rules.JournalKey(w.key) == "" {
				c.args[w.key] = w.whole() // what is wrong with it is the key
			}
			terms = append(terms, rules.JournalTerm{Key: w.key, Value: w.value[w.keyLen:]})
		}
	}
	return terms
}

// unknownKey returns an error about a word whose key is no filter so that its suggestions take the place of the whole word.
func (c *call) unknownKey(err error) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok || e.Field == "" || rules.JournalKey(e.Field) != "" {
		return err
	}
	own := *e
	c.args[fieldUnknown], own.Field = c.args[e.Field], fieldUnknown
	return &own
}

// ActionNames returns what every command is called → its name, and the actions that are no command of the chat.
func ActionNames() map[string]string { return actionNames(Commands) }

func actionNames(table []Command) map[string]string {
	names := map[string]string{SignInAction: SignInAction}
	for _, action := range []string{"import", rules.ExternalAction, rules.Expire{}.Action()} {
		names[action] = action
	}
	for _, command := range table {
		names[command.Name] = command.Name
		for _, called := range slices.Concat(command.Aliases, command.Spelled) {
			names[called] = command.Name
		}
	}
	return names
}

// journalText returns one page of entries.
func (c *call) journalText(found rules.JournalPage, page, n int) string {
	skip := (page - 1) * n
	if skip >= len(found.Entries) {
		if page > 1 {
			return "There are no more entries."
		}
		return "The journal has no such entries."
	}
	head := "**Journal**, the newest first"
	if page > 1 {
		head += fmt.Sprintf(", page %d", page)
	}
	lines := []string{head}
	for _, e := range found.Entries[skip:] {
		lines = append(lines, c.journalLine(e.Record))
	}
	tooMany := found.More && (page+1)*n > maxJournalEntries
	text := strings.Join(lines, "\n") + c.turning("journal"+c.journalAgain(), page, found.More && !tooMany, newer, older)
	if tooMany {
		text += "\n…and more, which is not shown here: narrow the search with since=, until=, by=, rule= and words."
	}
	return text
}

// journalAgain returns the words of the command without its page.
func (c *call) journalAgain() string {
	words, err := c.words()
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, w := range words {
		if w.key != "page" {
			b.WriteString(" " + c.text[w.start:w.end])
		}
	}
	return b.String()
}

// journalLine tells of one entry.
func (c *call) journalLine(r rules.Record) string {
	q := r.Request
	line := fmt.Sprintf("- %s %s", escape(c.when(q.Time)), escape(oneLine(cut(q.Actor.Name, 60))))
	if q.Channel.Name != "" {
		line += " in " + escape(oneLine(cut(q.Channel.Name, 60)))
	}
	return line + ": " + code(shortCut(oneLine(q.Command))) + " " + c.journalEnd(r)
}

// journalEnd says in a few words how an entry ended.
func (c *call) journalEnd(r rules.Record) string {
	o := r.Outcome
	text := "**" + escape(strings.Join(rules.JournalResults(r), ", ")) + "**"
	if o.Revision != "" {
		text += " " + code(short(o.Revision))
	}
	switch e, ok := errors.AsType[*rules.Error](o.Err); {
	case ok:
		text += ": " + escape(oneLine(cut(e.Text, 150)))
	case o.Reason != "":
		text += ": " + escape(oneLine(cut(o.Reason, 150)))
	}
	return text
}

// entryText returns all of one entry.
func (c *call) entryText(e rules.JournalEntry) string {
	r := e.Record
	q, o := r.Request, r.Outcome
	lines := []string{
		fmt.Sprintf("**Entry %d of the journal**, request %s", e.Seq, code(q.ID)),
		"- Received: " + escape(q.Time.In(c.zone()).Format("2006-01-02 15:04:05.000 MST")) + ", by " + escape(q.Entry) + fromText(q),
		"- Person: " + escape(oneLine(q.Actor.Name)) + " (" + code(q.Actor.ID) + ")",
	}
	if q.Channel.ID != "" {
		lines = append(lines, "- Channel: "+escape(oneLine(q.Channel.Name))+" ("+code(q.Channel.ID)+")")
	}
	if !r.Done.IsZero() {
		lines = append(lines, "- Ended after "+tookText(r.Done.Sub(q.Time).Round(time.Millisecond))+": "+c.journalEnd(r))
	} else {
		lines = append(lines, "- "+c.journalEnd(r))
	}
	if o.Why != "" {
		lines = append(lines, "- Why: "+escape(oneLine(cut(o.Why, 1000))))
	}
	for _, ref := range o.Refs[:min(len(o.Refs), historyLines)] {
		lines = append(lines, "- Rule: "+code(fmt.Sprintf("%s:%s, group %s, %s", ref.Ruler, ref.Path, ref.Group, ref.Name)))
	}
	lines = append(lines, stagesText(o)...)
	text := strings.Join(lines, "\n") + "\n" + fence("text", cut(q.Command, 3000))
	if o.Diff != "" {
		text += "\n" + fence("diff", cut(o.Diff, 5000))
	}
	return text
}
