package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// messages say what to do when a line of the log has an id: what is a warning (it went on, but look) or an error (somebody has to act). The
// thousands are: 1 chat, 2 the journal and its sinks, 3 Git, 4 rulers, 5 the service itself.
var messages = map[string]string{
	"AS1001": "Its author has no answer: see the entry in the journal by the request's id, and tell them. When it happens often, see whether this machine reaches `mattermost.url`.",
	"AS1002": "Somebody sent a command without a valid token, or pressed a button that is not ours: of before a restart, or made by somebody else. When it is your Mattermost, its token is not in `mattermost.token_files`; when it is not, find out who asks from that network. Of a flood a line a second is written, and `unsaid` says how many came between.",
	"AS1003": "A command failed by no fault of its author: `err` says why. Nothing was changed, unless the result is `OPEN`: then the rulebook says it, and the journal follows.",
	"AS1004": "The end of a command is not in the journal; its commit is. Make room on the disk, or mend it; the next start looks the command up.",
	"AS1005": "See whether the bot may post in that channel and whether its token is valid.",
	"AS1006": "See whether the bot is a member of `mattermost.report_channel` and whether its token is valid.",
	"AS2001": "See the disk that the storage path is on; `alertsmith journal verify` says whether the journal is sound.",
	"AS2002": "As AS2001.",
	"AS2003": "Report it: it is a mistake in Alertsmith.",
	"AS2004": "See the disk that the storage path is on; `alertsmith journal verify` says whether the journal is sound.",
	"AS2005": "Nothing, when who downloaded it went away; else as AS2001.",
	"AS2101": "The commit is in Git. Make room on the disk, or mend it.",
	"AS2102": "Nothing: Git has them all.",
	"AS2103": "Make room on the disk, or mend it; the next start looks the change up.",
	"AS2104": "`git log` of the rulebook says it. Make room on the disk, or mend it.",
	"AS2105": "Commits go on without the journal's anchor. See the disk that the storage path is on.",
	"AS2106": "Make room on the disk, or mend it; it is tried again.",
	"AS2107": "`git log` of the rulebook says it. Make room on the disk, or mend it.",
	"AS2201": "Nothing at once. When it stays, run `alertsmith journal verify` first, as the index is evidence of entries that were removed, and keep a copy of the storage path; then stop the service and remove `journal-search.db`: it is made anew.",
	"AS2202": "Nothing at once: it is tried again. When it stays, see the disk that the storage path is on.",
	"AS2203": "Nothing at once: it is made anew by itself. When it happens again, somebody or something else writes journal.db, or its disk loses what is written.",
	"AS2301": "It is tried again in a day. See the disk that the storage path is on; `alertsmith journal verify` tries at once.",
	"AS2302": "Keep a copy of the storage path. `alertsmith journal verify` names the first entry that was changed; the commits in Git vouch for those before it. Find out who wrote to `journal.db`, or whether the disk is broken.",
	"AS2303": "`alertsmith journal verify` names the first of them. Find out in Git who pushed it; when it is this service's own, entries were removed from the journal: keep a copy of the storage path. Configure `git.signing_key_file`: then nobody's word counts but this service's.",
	"AS2401": "Nothing, when you took the sink out. When you gave it another name, what it missed is in the journal.",
	"AS2402": "See the disk that the storage path is on. Nothing is lost: sinks are told when it is well.",
	"AS2403": "See what `err` says of the server, its secret or its address. What it misses waits in its queue.",
	"AS2404": "The journal has it: `alertsmith journal`. When the sink was away for long, raise its `give_up_after`.",
	"AS2405": "Report it, with the stack: it is a mistake in Alertsmith.",
	"AS2406": "See the disk that the storage path is on. Only what was given up long ago stays a little longer.",
	"AS3001": "See whether the server is up and whether the credentials in `git` are valid; it is tried again.",
	"AS3002": "See what `err` says: whether the server is up, and whether it takes our pushes.",
	"AS3003": "Push the old history back, or set `git.accept_rewritten` to the hash that `/alert status` shows and start again.",
	"AS3004": "Tell its author: the commit is in the ref that `kept` names and in force no more. What is still wanted of it has to be made again.",
	"AS3005": "Start the service again, and report what `err` says.",
	"AS3006": "Start the service again when what `err` says is mended.",
	"AS3007": "Nothing: the authors of these requests are told.",
	"AS3008": "See the disk that the storage path is on; the next start tries again.",
	"AS3009": "See the disk that the storage path is on. The next start needs the Git server.",
	"AS3010": "See the disk that the storage path is on; `git update-ref -d REF` in the rulebook removes it too.",
	"AS3011": "Nothing, when a `git` was killed there. When it comes again, find out what else writes to the rulebook.",
	"AS3012": "See what `err` says. The rulebook works, and grows.",
	"AS3013": "Nothing at once; start the service again some time.",
	"AS3014": "See the disk: it failed to confirm a write. The commit is safe.",
	"AS3015": "Mend the files that `/alert status` names, and push again. What was there before stays in force.",
	"AS3016": "When it is your Git server, its secret is not in `git.webhook_secret_files`; when it is not, find out who asks from that network. Of a flood a line a second is written, and `unsaid` says how many came between.",
	"AS3017": "See what `err` says; nothing of the push is applied until it is examined.",
	"AS3018": "See in `git log` whether what the rulebook has is what you want: nothing that was pushed is held up.",
	"AS3019": "Find out who pushed it, unless you have put the journal back from a backup: its message was written to look like this service's. The journal has it as `external`.",
	"AS3020": "See what `err` says. The report of the push may name rules that commands changed while it was held.",
	"AS3021": "A hook, a limit or a right on the Git server is in the way: `said` has its words. Let the server take it, or give the change up with the line that `/alert status` shows.",
	"AS3022": "See what `err` says. Who gave a command that took something of a held push in force is not told of that; the report of the push tells what is live.",
	"AS3023": "Somebody wrote to the repository below the storage path. To take changes back, use `/alert undo`, or push what takes them back; commits that the Git server did not have yet, and that the branch has lost, are told to the channel for reports.",
	"AS3024": "See what `err` says. Nothing of that commit can be put back from chat; while its objects are there, `git update-ref refs/heads/NAME COMMIT` in the rulebook keeps it.",
	"AS3027": "The repository below the storage path has lost objects: a disk, or somebody. Whether the Git server took that push says its history; `git fsck --full` in the rulebook says what else is missing.",
	"AS3028": "Complete it with `git fetch --unshallow` in the rulebook, while the service is stopped, and start again: until then `history` and `blame` name the commit that the clone begins with for all that is older.",
	"AS4001": "See whether the ruler is up, and what `err` says; `/alert status` tells how it stands. Changes are committed and wait.",
	"AS4002": "Its author is told. The ruler refused what our checks take: report it, with `err`.",
	"AS4003": "See the disk that the storage path is on; it is tried again.",
	"AS4004": "See what `err` says; it is tried again. `/alert status` lists what is overdue.",
	"AS4005": "Start the service again when what `err` says is mended; until then the journal does not say how the command ended.",
	"AS4006": "Start the service again when what `err` says is mended.",
	"AS4007": "Nothing, when you took the ruler out. Its rules are still in the rulebook.",
	"AS4008": "Nothing: this start takes longer.",
	"AS4009": "See the disk that the storage path is on.",
	"AS4010": "See the disk that the storage path is on. After a restart a ruler may be brought more than it needs.",
	"AS4011": "See what `err` says. `journal result=interrupted` finds the command.",
	"AS5101": "Mend what `err` names, and reload again.",
	"AS5102": "Start the service again for the other changes.",
	"AS5103": "Nothing: start it again.",
	"AS5104": "See the disk that the storage path is on. What was acknowledged is there.",
	"AS5105": "Report it, with the stack: it is a mistake in Alertsmith.",
	"AS5106": "As AS5105.",
}

const messagesPage = "../../deploy/MESSAGES.md"

// logged is a message as the code has it.
type logged struct{ level, text, at string }

var messageID = regexp.MustCompile(`^"(AS[0-9]{4})"$`)

// levels are the methods of a logger whose messages need an id, and where the message stands among their arguments.
var levels = map[string]struct {
	level   string
	message int
}{"Warn": {"warn", 0}, "WarnContext": {"warn", 1}, "Error": {"error", 0}, "ErrorContext": {"error", 1}}

// TestMessages holds that every warning and every error has an id that the table knows, and writes the page of what to do.
func TestMessages(t *testing.T) {
	t.Parallel()
	found := loggedMessages(t)
	for id := range messages {
		if _, used := found[id]; !used {
			t.Errorf("nothing is logged with the id %s any more: take it out of the table", id)
		}
	}
	var page strings.Builder
	page.WriteString("# What to do when the log says it\n\nEvery line of the log that is a warning (it went on, but look) or an error (somebody has to act) has an id. " +
		"What else is logged is evidence and needs nobody.\n\n| id | level | message | what to do |\n|---|---|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(found)) {
		todo, known := messages[id]
		if !known {
			t.Errorf("%s: %s is not in the table of messages: say there what to do", found[id].at, id)
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", id, found[id].level, found[id].text, todo)
	}
	if *update {
		if err := os.WriteFile(messagesPage, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(messagesPage); err != nil || string(written) != page.String() {
		t.Errorf("deploy/MESSAGES.md is stale (%v); mend it with\n\n  make generate", err)
	}
}

// loggedMessages returns the warnings and errors of the whole module by their ids. One without an id, or with that of another one, is a failure.
func loggedMessages(t *testing.T) map[string]logged {
	t.Helper()
	found := map[string]logged{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "../.." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, message, is := loggedBy(n)
			if !is {
				return true
			}
			message.at = files.Position(call.Pos()).String()
			id := idIn(call)
			other, known := found[id]
			switch {
			case id == "":
				t.Errorf("%s: %q has no id", message.at, message.text)
			case known && (other.text != message.text || other.level != message.level):
				t.Errorf("%s: %q has the id of another message, %s", message.at, message.text, id)
			default:
				found[id] = message
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing is logged: %v", err)
	}
	return found
}

// loggedBy returns a call that logs a warning or an error, and what it says.
func loggedBy(n ast.Node) (call *ast.CallExpr, message logged, is bool) {
	call, is = n.(*ast.CallExpr)
	if !is {
		return nil, message, false
	}
	method, is := call.Fun.(*ast.SelectorExpr)
	if !is {
		return nil, message, false
	}
	if of, isName := method.X.(*ast.Ident); isName && of.Name == "t" { // a test's
		return nil, message, false
	}
	at, is := levels[method.Sel.Name]
	if !is || len(call.Args) <= at.message {
		return nil, message, false
	}
	text, is := call.Args[at.message].(*ast.BasicLit) // the linter sees to it that a message is one
	if !is || text.Kind != token.STRING {
		return nil, message, false
	}
	message.level = at.level
	message.text, _ = strconv.Unquote(text.Value) // it compiles
	return call, message, true
}

// idIn returns the id among a call's arguments; "" for none.
func idIn(call *ast.CallExpr) (id string) {
	ast.Inspect(call, func(n ast.Node) bool {
		if text, is := n.(*ast.BasicLit); is {
			if m := messageID.FindStringSubmatch(text.Value); m != nil {
				id = m[1]
			}
		}
		return true
	})
	return id
}
