package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Command is one thing that a person can say after "/alert".
type Command struct {
	Name     string
	Aliases  []string
	Spelled  []string // more of them that are taken and not shown: what people try, and other languages
	Usage    []string // the lines to write, without "/alert "
	Summary  string   // one line, without a full stop
	Help     string   // more, in Markdown; may be empty
	Examples []string // lines that work, without "/alert "
	Options  []string // the names of the options it takes, in the order of the help
	Changes  bool     // it changes rules, is bound by Options.InFlight, and takes --dry-run
	Forces   string   // what it does when it is given force; "" where it takes none
	// Check parses the rest of the call's words and does nothing; nil where every line will do.
	Check func(call *call) error
	// Run parses the rest of the call's words and does what they say. A mistake is a *rules.Error whose Field is in call.args.
	Run func(ctx context.Context, call *call) (answer, error)
}

// Commands is the one table of commands, in the order of the help.
var Commands = []Command{
	addCommand,
	listCommand,
	deleteCommand,
	editCommand,
	renameCommand,
	moveCommand,
	copyCommand,
	pauseCommand,
	resumeCommand,
	applyCommand,
	showCommand,
	historyCommand,
	journalCommand,
	diffCommand,
	blameCommand,
	undoCommand,
	restoreCommand,
	templatesCommand,
	templateCommand,
	lintCommand,
	statusCommand,
	webCommand,
	helpCommand,
}

// hasPages reports whether the command's answers are cut into pages, which a button may turn. It then only reads.
func (c Command) hasPages() bool { return !c.Changes && slices.Contains(c.Options, "page") }

// Backend is what the commands ask of the rest of the service.
type Backend struct {
	// Apply walks an intent to its outcome: planned, checked, committed, published, watched until live.
	Apply func(ctx context.Context, request rules.Request, intent rules.Intent) rules.Outcome
	// Draft says what Apply would do, and does nothing: planned, checked, and its ruler asked which alerts are active.
	Draft func(ctx context.Context, intent rules.Intent) rules.Outcome
	// Recorded returns the journal's record of a request; NotFound when it has none.
	Recorded func(ctx context.Context, request string) (rules.Record, error)
	// Book returns the newest rulebook.
	Book func(ctx context.Context) (*rules.Book, error)
	// Status returns how everything stands.
	Status func(ctx context.Context) rules.Status
	// History returns what commits did to rules, the newest first.
	History func(ctx context.Context, query rules.HistoryQuery) ([]rules.Version, error)
	// Changes is History commit by commit: Limit and Offset count commits.
	Changes func(ctx context.Context, query rules.HistoryQuery) ([]rules.PastChange, error)
	// Journal returns the entries of the journal that a query selects, the newest first.
	Journal func(ctx context.Context, query rules.JournalQuery) (rules.JournalPage, error)
	// BookAt returns the rulebook as it was at a commit, given by its full hash; "" is the empty one before the first commit.
	BookAt func(ctx context.Context, revision string) (*rules.Book, error)
	// Commit returns the commit of the rulebook's branch whose hash begins with so many hexadecimal digits, at least 4. Errors: NotFound;
	// Conflict with the short hashes of those that begin so as Fixes.
	Commit func(ctx context.Context, prefix string) (rules.PastCommit, error)
	// Kept is Commit for those that the branch had once and that are kept; nil: there are none.
	Kept func(ctx context.Context, prefix string) (rules.PastCommit, error)
	// Claims returns the full hashes of the newest commits of the rulebook's branch whose messages say that they were made for a request, the newest first, whoever
	// made them; nil: nobody is asked.
	Claims func(ctx context.Context, request string) ([]string, error)
	// StateAt returns the commit that the rulebook's branch was at at a time; a zero one before the first.
	StateAt func(ctx context.Context, at time.Time) (rules.StateAt, error)
	// Templates returns the templates that rules can be made from.
	Templates func(ctx context.Context) (rules.Templates, error)
	// Lint returns what is found in rules of a book and not accepted there.
	Lint func(book *rules.Book, entries []rules.Entry) []rules.Finding
	// Examine asks a ruler what it has of what rules read, for two seconds at most; nil asks nothing.
	Examine func(ctx context.Context, ruler string, entries []rules.Entry) []rules.Finding
	// SignIn returns the address of a page that signs in whoever gave a command, once and for a short time. Errors: Unavailable, with what to do.
	SignIn func(ctx context.Context, request rules.Request) (string, error)
	// Missed returns once what came of a person's commands at a terminal or in the console that were interrupted or displaced, which nobody could tell
	// there; nil: nothing.
	Missed func(ctx context.Context, actorID string) []rules.Record
	// Pages is the address of the pages that replies link to, without a slash at its end; "" for no links.
	Pages string
	// Checks are the names of what is looked for.
	Checks []string
	// Zone is where times are told and meant: the journal's. UTC by default.
	Zone *time.Location
}

// call is one command as it is being worked on.
type call struct {
	backend Backend
	table   []Command
	request rules.Request
	origin  string // the id of the request itself, or of the one whose pages a button turns
	now     time.Time
	trigger string // "/alert"
	text    string // everything after it, as typed
	from    int    // where in text the words after the command's name begin
	args    arguments
	command string       // the name of the command that text begins with
	taken   string       // the line that text was taken as; "" where it is as it was typed
	intent  rules.Intent // what its check made of it; nil for none
	book    func() (*rules.Book, error)
	turns   []turn // the pages around the one that the answer shows
}

// answer is what a command ends in: the outcome for the journal, and what the person reads.
type answer struct {
	reply   Reply
	outcome rules.Outcome
}

// told returns the answer of a command that changed nothing and tells its author something.
func told(text string) answer {
	return answer{reply: Reply{Text: text}, outcome: rules.Outcome{Result: rules.Success}}
}

// changed returns the answer of a command that went through Backend.Apply. One that was refused before anything was
// committed is returned as the error that it is.
func (c *call) changed(outcome rules.Outcome) (answer, error) {
	if outcome.Revision == "" && outcome.Err != nil {
		return answer{outcome: outcome}, outcome.Err
	}
	text := outcomeText(c.request.Actor, outcome) + findingsText(c.trigger, outcome) + undoHint(c.trigger, c.request, outcome) + againHint(c.table, c.trigger, c.request, outcome)
	reply := Reply{Text: text, InChannel: outcome.Revision != ""}
	if outcome.Revision != "" {
		reply = reply.WithEntry(c.backend.Pages, c.request.ID)
	}
	return answer{reply: reply, outcome: outcome}, nil
}

// words returns all words after the command's name; line breaks are spaces.
func (c *call) words() ([]word, error) { return scanAll(c.text, c.from) }

// lookUp finds the command that a text names and where its arguments begin. It forgives a repeated "/alert", upper case,
// full-width letters and aliases. Empty text asks for help.
func lookUp(table []Command, trigger, text string) (Command, int, error) {
	name, start, next := firstWord(text, 0)
	for next < len(text) && isBefore(name, trigger) && !looksLikeYAML(text[start:]) {
		name, start, next = firstWord(text, next)
	}
	if looksLikeYAML(text[start:]) {
		return Command{}, next, mistake(start, "Pasted rules need the command add before them.", "add\n"+text[start:])
	}
	if isBefore(name, trigger) {
		name = "help"
	}
	var names []string
	for _, c := range table {
		if c.Name == name {
			return c, next, nil
		}
		names = append(names, c.Name)
		for _, alias := range slices.Concat(c.Aliases, c.Spelled) {
			if alias == name {
				return c, next, nil
			}
			names = append(names, alias)
		}
	}
	if second, _, _ := strings.Cut(strings.TrimLeftFunc(text[next:], isSpace), " "); slices.Contains([]string{"==", "!=", ">", "<", ">=", "<="}, fold(second)) {
		return Command{}, next, mistake(start, "This is an expression. A rule is made of it with a name before it: add NAME expr='up == 0' for=5m.")
	}
	err := mistake(start, "There is no such command. The commands are "+commandNames(table)+".", withoutCommand(names, text[start:], text[next:])...)
	if near := nearest(name, names); near != "" {
		err.Text = "There is no such command. Did you mean " + near + "?"
		err.Fixes = []string{near + text[next:]}
	}
	return Command{}, next, err
}

// ActionOf returns what a command is called in the journal, by its first word: that of a command that did not come to its end. "" where there is no
// such command.
func ActionOf(request rules.Request) string {
	if request.Entry == rules.EntryImport {
		return rules.Import{}.Action()
	}
	command, _, err := lookUp(Commands, "/alert", request.Command)
	if err != nil {
		return ""
	}
	return command.Name
}

// nearest returns the name that was probably meant; "" when none is near.
func nearest(word string, names []string) string {
	if near := rules.Nearest(word, names); len(near) > 0 {
		return near[0]
	}
	return ""
}

// firstWord returns the first word from text[from:] as a keyword, where it begins and where it ends. It knows no quotes:
// a command is found even when its arguments are in a tangle.
func firstWord(text string, from int) (name string, start, end int) {
	rest := strings.TrimLeftFunc(text[from:], isSpace)
	start = len(text) - len(rest)
	if end = strings.IndexFunc(rest, isSpace); end < 0 {
		end = len(rest)
	}
	if end > 100 { // no keyword is that long
		return rest[:1] + "…", start, start + end
	}
	return commandWord(rest[:end]), start, start + end
}

// commandNames returns the names of all commands in a sentence.
func commandNames(table []Command) string {
	names := make([]string, len(table))
	for i, c := range table {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
