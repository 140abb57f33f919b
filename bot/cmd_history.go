package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

var historyCommand = Command{
	Name:    "history",
	Aliases: []string{"log"},
	Spelled: []string{"hist", "履歴"},
	Usage:   []string{`history [NAME] [by=@user] [since=7d] [until=…] [action=delete] [n=20] [page=…]`},
	Summary: "Show who changed the rules, or one rule, when and why",
	Help: "The newest change comes first, with the commit to give to `show NAME@COMMIT`, `diff`, `undo` and `restore`. " +
		"A rule that was renamed or moved is followed; one that is gone is found by its name. `since=` and `until=` go by when a change came to the rulebook, whatever date its commit has.",
	Examples: []string{`history`, `history sshd-ban`, `history by=@alice since=7d action=delete`},
	Options:  historyOptions,
	Check:    reading(1, historyOptions),
	Run:      runHistory,
}

// How many changes a page of the history has.
const (
	historyLines    = 20
	maxHistoryLines = 50
)

func runHistory(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	rest, err := call.args.takeOptions(words, historyOptions)
	if err != nil {
		return answer{}, err
	}
	query, err := call.historyQuery()
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
	var name string
	if len(rest) > 0 {
		if name, err = call.oneName(rest, historyOptions); err != nil {
			return answer{}, err
		}
	}
	read, err := call.reader(ctx, name)
	if err != nil {
		return answer{}, err
	}
	query.Limit, query.Offset = n+1, (page-1)*n
	changes, err := read(query)
	if err != nil {
		return answer{}, err
	}
	more := len(changes) > n
	stands, err := call.pushStands(ctx, name)
	if err != nil {
		return answer{}, err
	}
	return told(call.historyText(name, query, changes[:min(n, len(changes))], more, page, stands)), nil
}

// changesReader is how a history is asked for, commit by commit.
type changesReader func(rules.HistoryQuery) ([]rules.PastChange, error)

// reader returns how the history of a rule, or of all ("") is asked for.
func (c *call) reader(ctx context.Context, name string) (changesReader, error) {
	if name == "" {
		return func(q rules.HistoryQuery) ([]rules.PastChange, error) { return c.backend.Changes(ctx, q) }, nil
	}
	book, err := c.backend.Book(ctx)
	if err != nil {
		return nil, err
	}
	// A filter may leave nothing of a rule's history: that there is one is seen without it.
	versions, err := c.versions(ctx, book, name, rules.HistoryQuery{Limit: 1})
	if err != nil || len(versions) == 0 {
		return func(rules.HistoryQuery) ([]rules.PastChange, error) { return nil, nil }, c.journalInstead(ctx, name, c.commitInstead(ctx, name, err))
	}
	return func(q rules.HistoryQuery) ([]rules.PastChange, error) {
		found, err := rules.Life(ctx, book, name, q, c.backend.Changes)
		if rules.KindOf(err) == rules.NotFound {
			return nil, nil
		}
		return found, err
	}, nil
}

// historyQuery returns what the options choose.
func (c *call) historyQuery() (q rules.HistoryQuery, err error) {
	if by, given := c.args["by"]; given {
		q.By = strings.TrimLeft(strings.TrimSpace(by.value), "@＠﹫"+apart)
		if fold(q.By) == "me" {
			q.By = c.request.Actor.ID
		}
		if q.By == "" {
			return q, invalidOption("by", "takes the name of a person", "@"+c.request.Actor.Name)
		}
	}
	if action, given := c.args["action"]; given {
		if q.Action, err = c.action(fold(action.value)); err != nil {
			return q, err
		}
	}
	if q.Since, err = c.moment("since"); err != nil {
		return q, err
	}
	q.Until, err = c.momentAfter("until")
	if err == nil && !q.Since.IsZero() && !q.Until.IsZero() && !q.Until.After(q.Since) {
		return q, invalidOption("until", "lies before since=")
	}
	if q.Until.After(c.now) {
		q.Until = time.Time{} // all that there is came before, whatever date it bears
	}
	return q, err
}

// action returns the action that a word means: a command that changes rules, or one that is no command.
func (c *call) action(word string) (string, error) {
	known := []string{rules.Expire{}.Action(), "external", "import"}
	for _, command := range c.table {
		if !command.Changes {
			continue
		}
		if command.Name == word || slices.Contains(command.Aliases, word) || slices.Contains(command.Spelled, word) {
			return command.Name, nil
		}
		known = append(known, command.Name)
	}
	if slices.Contains(known, word) {
		return word, nil
	}
	slices.Sort(known)
	return "", invalidOption("action", "takes one of "+strings.Join(known, ", "), rules.Nearest(word, known)...)
}

// entriesShown returns how many entries a page is to have, by n=.
func (c *call) entriesShown() (int, error) {
	arg, given := c.args["n"]
	if !given {
		return historyLines, nil
	}
	n, err := strconv.Atoi(fold(arg.value))
	if err != nil || n < 1 || n > maxHistoryLines {
		return 0, invalidOption("n", fmt.Sprintf("takes a number from 1 to %d", maxHistoryLines), strconv.Itoa(historyLines))
	}
	return n, nil
}

// historyText returns one page of the changes that a query selects.
func (c *call) historyText(name string, q rules.HistoryQuery, changes []rules.PastChange, more bool, page int, stands func(rules.PastChange) string) string {
	of := ""
	if name != "" {
		of = " of " + code(name)
	}
	if len(changes) == 0 {
		if page > 1 {
			return "There are no more changes" + of + "."
		}
		return "There are no such changes" + of + "."
	}
	head := "**History" + of + "**, the newest first"
	if page > 1 {
		head += ", page " + strconv.Itoa(page)
	}
	lines := []string{head}
	for _, change := range changes {
		lines = append(lines, c.changeLine(change, q, name == "", stands(change)))
	}
	again := "history"
	if name != "" {
		again += " " + quote(name)
	}
	return strings.Join(lines, "\n") + c.turning(again+c.given("by", "since", "until", "action", "n"), page, more, newer, older)
}

// changeLine tells of one commit that a query selects; named says which rules it changed, stands how it stands where it came with what is held.
func (c *call) changeLine(ch rules.PastChange, q rules.HistoryQuery, named bool, stands string) string {
	who := escape(oneLine(cut(ch.Commit.Author.Name, 60)))
	line := fmt.Sprintf("- %s %s%s %s: ", code(short(ch.Commit.Revision)), escape(c.when(ch.Commit.When)), otherDate(ch.Commit.When, q), who)
	kinds := map[rules.ChangeKind][]string{}
	said := false
	for _, v := range ch.Versions {
		kind, by := v.Told()
		kinds[kind] = append(kinds[kind], versionName(v, named))
		said = said || by == ""
	}
	var parts []string
	for _, kind := range []rules.ChangeKind{rules.RuleAdded, rules.RuleChanged, rules.RuleMoved, rules.RulePaused, rules.RuleResumed, rules.RuleDeleted} {
		names := kinds[kind]
		if len(names) == 0 {
			continue
		}
		const most = 5
		part := "**" + string(kind) + "** " + strings.Join(names[:min(len(names), most)], ", ")
		if rest := ch.Did[kind] - min(len(names), most); rest > 0 {
			part += fmt.Sprintf(" and %d more", rest)
		}
		parts = append(parts, strings.TrimSpace(part))
	}
	line += strings.Join(parts, "; ")
	if !said {
		line += " (" + escape(ch.Action) + ")"
	}
	line += stands
	if reason := ch.Commit.Reason(); reason != "" {
		line += ": " + escape(oneLine(cut(reason, 120)))
	}
	return line
}

// pushStands returns what says how a change stands that came with a push which is held: all of its commit or, in the history of one rule, what it did to that.
func (c *call) pushStands(ctx context.Context, name string) (func(rules.PastChange) string, error) {
	held := c.backend.Status(ctx).Held
	if held == nil {
		return func(rules.PastChange) string { return "" }, nil
	}
	book, err := c.backend.Book(ctx)
	return func(ch rules.PastChange) string {
		var refs []rules.Ref
		for _, v := range ch.Versions {
			if name != "" {
				refs = append(refs, v.Ref, v.From)
			}
		}
		return pushStandsText[held.Stands(book, ch.Commit.Revision, refs...)]
	}, err
}

// pushStandsText is what is said of a commit that came with a push which is held.
var pushStandsText = map[rules.PushStands]string{
	rules.PushHeld:   " (**not applied**: held)",
	rules.PushInPart: " (**applied in part**, as later changes left that: the rest is held)",
	rules.PushTaken:  " (pushed with what is held; **in force** as later changes left it)",
}

// otherDate says of a commit that a query selects where the date that it has lies outside the time that was asked for.
func otherDate(date time.Time, q rules.HistoryQuery) string {
	switch {
	case date.Add(time.Second).Before(q.Since): // a date has full seconds
		return " (so its date says: it came in later)"
	case !q.Until.IsZero() && !date.Before(q.Until):
		return " (so its date says: it came in before that)"
	}
	return ""
}

// versionName names what was changed: the rule, where it matters, and what was moved from where.
func versionName(v rules.Version, named bool) string {
	text := ""
	if named {
		text = code(shortCut(v.Ref.Name))
	}
	if kind, _ := v.Told(); kind != rules.RuleMoved {
		return text
	}
	from := v.From.Path + ", group " + v.From.Group
	if v.From.Name != v.Ref.Name {
		from = v.From.Name + " in " + from
	}
	return strings.TrimSpace(text + " from " + code(shortCut(from)))
}

// shortCut cuts a name to what a line has room for.
func shortCut(s string) string {
	const most = 80
	if runes(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
