package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// outcomeText says how a change ended.
func outcomeText(actor rules.Person, o rules.Outcome) string {
	what := fmt.Sprintf("**%s** %s by %s", changedNames(o), past(o.Action), escape(actor.Name))
	if from, to, moved := movedText(o); moved {
		what = fmt.Sprintf("**%s** %s to **%s** by %s", from, past(o.Action), to, escape(actor.Name))
	}
	if o.Why != "" {
		what += " (" + escape(oneLine(cut(o.Why, 500))) + ")"
	}
	if o.Revision == "" {
		return what + "."
	}
	commit := "committed as " + code(short(o.Revision))
	ruler := escape(o.Ruler)
	if ruler == "" {
		ruler = "the ruler"
	}
	var text string
	switch o.State {
	case rules.Live:
		where := "live in "
		switch {
		case takesAway(o.Action):
			where = "gone from "
		case o.Action == "undo":
			where = "in force in "
		}
		text = fmt.Sprintf("%s, %s, %s%s after %s.", what, commit, where, ruler, tookText(o.Took))
	case rules.PausedState:
		text = fmt.Sprintf("%s, %s, %s.", what, commit, asidePart(o.Action, ruler, o.Took))
	case rules.Pending:
		if takesAway(o.Action) {
			text = fmt.Sprintf("%s, %s; still running in %s: %s; retrying.", what, commit, ruler, sentence(o.Reason))
			break
		}
		text = fmt.Sprintf("%s, %s; not live yet: %s; retrying.", what, commit, sentence(o.Reason))
	case rules.NotLoaded:
		if takesAway(o.Action) {
			text = fmt.Sprintf("%s, %s; still running in %s: %s; retrying.", what, commit, ruler, sentence(o.Reason))
			break
		}
		text = fmt.Sprintf("%s, %s; not live: %s; retrying.", what, commit, sentence(o.Reason))
	case rules.Superseded:
		text = fmt.Sprintf("%s, %s; a later change on top of it took its place before %s ran it.", what, commit, ruler)
	case rules.Displaced:
		if o.LeftOut() {
			change := "**" + refNames(o.Refs) + "** (" + escape(o.Action) + ") by " + escape(actor.Name)
			if len(o.Refs) == 0 { // all that is known of it is the commit in its place, which names nobody
				change = "(" + escape(o.Action) + ") " + code(short(o.Revision))
			}
			return fmt.Sprintf("The change %s is not in the history of the rulebook any more: %s. The commit %s says so in its place.", change, sentence(o.Reason), code(short(o.Undone)))
		}
		whyNot := "somebody else pushed first, and this does not fit on top of that: "
		if o.LacksRefused() {
			whyNot = ""
		}
		if o.InPart() {
			return fmt.Sprintf("The change %s by %s is kept in part: %s. The commit %s has the rest.",
				"**"+refNames(o.Refs)+"** ("+escape(o.Action)+")", escape(actor.Name), whyNot+sentence(o.Reason), code(short(o.Undone)))
		}
		return fmt.Sprintf("The change %s by %s is not kept: %s. The commit %s says so in its place.",
			"**"+refNames(o.Refs)+"** ("+escape(o.Action)+")", escape(actor.Name), whyNot+sentence(o.Reason), code(short(o.Undone)))
	case rules.Reverted:
		text = fmt.Sprintf("**%s** was not %s: %s refused it: %s. The commit %s was undone by %s.", refNames(o.Refs), past(o.Action), ruler,
			sentence(o.Reason), code(short(o.Revision)), code(short(o.Undone)))
	default:
		text = what + ", " + commit + "."
	}
	if o.State != rules.Reverted && o.State != rules.Superseded {
		text += settingsText(o)
	}
	text += releasedText(o.Released) + continuityText(o, false)
	if o.Diff != "" && o.State != rules.Reverted && o.State != rules.Superseded {
		text += "\n" + fence("diff", cut(o.Diff, 3000))
	}
	return text
}

// releasedText says what of somebody else's push, which was held, a change took in force besides.
func releasedText(r *rules.Released) string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	verbs := "were held are"
	if len(r.Refs) == 1 {
		verbs = "was held is"
	}
	if len(r.Refs) > 0 {
		fmt.Fprintf(&b, "\nWith it, %s of %s that %s applied now: **%s**.", count(len(r.Refs), "change"), pushOf(r.Commits), verbs, refNames(r.Refs))
	}
	utc := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }
	for _, p := range r.Paused {
		fmt.Fprintf(&b, "\nWith it, **%s** is paused as %s says, which was held:%s.", escape(p.Ref.Name), pushOf(r.Commits), pausedText(p, utc))
	}
	return b.String()
}

// pushOf names what somebody pushed with some commits.
func pushOf(commits []rules.PastCommit) string {
	if n := len(commits); n > 0 {
		return fmt.Sprintf("what %s pushed (%s)", authors(commits), code(short(commits[n-1].Revision)))
	}
	return "what was pushed"
}

// asidePart says what a change of a rule that is paused means for its ruler; took is 0 where the ruler had nothing to do with it.
func asidePart(action, ruler string, took time.Duration) string {
	runs := ruler + " runs what it ran"
	switch {
	case took > 0:
		return "gone from " + ruler + " after " + tookText(took)
	case takesAway(action):
		return "while it was paused: " + runs
	case action == "undo":
		return "in paused rules alone: " + runs
	}
	return "paused: " + runs
}

// undoHint returns the line to copy that takes a change back; "" where nothing is left to be taken back.
func undoHint(trigger string, request rules.Request, o rules.Outcome) string {
	if o.Revision == "" || o.State == rules.Reverted || o.State == rules.Displaced || o.State == rules.Superseded {
		return ""
	}
	return "\nTo undo it: " + code(trigger+" undo "+request.ID)
}

// maxAgain is the longest command that is told to be given again.
const maxAgain = 1000

// againHint returns the line to copy that does a change again on top of what somebody else pushed first, which left no room for it; "" where that is not how
// it ended, a part of it is kept, or the command cannot be given again as it is told.
func againHint(table []Command, trigger string, request rules.Request, o rules.Outcome) string {
	command := trigger + " " + request.Command
	switch {
	case o.State != rules.Displaced || o.InPart() || o.LeftOut() || o.LacksRefused():
		return ""
	case request.Command == "" || len(command) > maxAgain || strings.Contains(command, cutOut):
		return ""
	case request.Entry == rules.EntryService: // it is due again by itself
		return ""
	case request.Entry == rules.EntryImport:
		command = "alertsmith " + request.Command
	case !asksTheSame(table, trigger, request.Command):
		return ""
	}
	if strings.Contains(command, "\n") {
		return "\nTo do it again on top of that:\n" + fence("", command)
	}
	return "\nTo do it again on top of that: " + code(command)
}

// asksTheSame reports whether a command, given again, asks for the same: not one whose plan is of before a push, nor an undo of whatever somebody changed last.
func asksTheSame(table []Command, trigger, text string) bool {
	again := call{text: unwrapped(text), args: arguments{}}
	command, from, err := lookUp(table, trigger, again.text)
	if err != nil {
		return false
	}
	switch again.from = from; command.Name {
	case "apply":
		return false
	case "undo":
		asked, err := parseUndo(&again)
		return err == nil && asked.id != ""
	}
	return true
}

// Settled returns what a channel hears when a change that was reported as not live has come to rest: its Outcome says how.
func Settled(w rules.Waiting, now time.Time) Reply {
	text := outcomeText(w.Request.Actor, w.Outcome)
	if w.Outcome.State.InForce() {
		where := "is live in"
		switch {
		case takesAway(w.Outcome.Action) || w.Outcome.State == rules.PausedState:
			where = "is gone from"
		case w.Outcome.Action == "undo":
			where = "is in force in"
		}
		text = fmt.Sprintf("**%s**, %s by %s as %s, %s %s now, after %s.", refNames(w.Outcome.Refs), past(w.Outcome.Action),
			escape(w.Request.Actor.Name), code(short(w.Outcome.Revision)), where, escape(w.Outcome.Ruler), tookText(now.Sub(w.Since)))
	}
	return Reply{Text: text + againHint(Commands, "/alert", w.Request, w.Outcome), InChannel: true}
}

// Interrupted returns what a channel hears of a command of which it was not known how it ended: its Outcome says what had come of it.
func Interrupted(r rules.Record) Reply {
	if r.Outcome.Revision == "" {
		why := "Nothing was changed."
		if r.Outcome.Err != nil {
			why = publicText(r.Outcome.Err)
		}
		return Reply{InChannel: true, Text: fmt.Sprintf("A command of %s came to nothing. %s\n%s",
			escape(r.Request.Actor.Name), escape(why), fence("", cut(r.Request.Command, 1000)))}
	}
	return Reply{Text: outcomeText(r.Request.Actor, r.Outcome) + undoHint("/alert", r.Request, r.Outcome) + againHint(Commands, "/alert", r.Request, r.Outcome), InChannel: true}
}

// changedNames names what a change touched: its rules or, where it changed no rule that can be read, its files.
func changedNames(o rules.Outcome) string {
	if len(o.Refs) > 0 {
		return refNames(o.Refs)
	}
	var files []string
	was := ""
	for line := range strings.Lines(o.Diff) {
		line = strings.TrimRight(line, "\n")
		if is, second := strings.CutPrefix(line, "+++ "); second && was != "" {
			name := strings.TrimPrefix(is, "b/")
			if is == "/dev/null" {
				name = strings.TrimPrefix(was, "a/")
			}
			files = append(files, escape(name))
		}
		if first, is := strings.CutPrefix(line, "--- "); is {
			was = first
		} else {
			was = ""
		}
	}
	if len(files) == 0 {
		return "No rule"
	}
	return firstNames(files)
}

// refNames returns the names of the rules that a change touched, the first few of many.
func refNames(refs []rules.Ref) string {
	var names []string
	for _, r := range refs {
		name := escape(cmp.Or(r.Name, "(a rule without a name)"))
		if r.Nth > 1 {
			name += fmt.Sprintf("\\#%d", r.Nth)
		}
		if !slices.Contains(names, name) { // one that stands elsewhere now is there twice
			names = append(names, name)
		}
	}
	return firstNames(names)
}

// firstNames returns some names in a line, the first few of many.
func firstNames(names []string) string {
	text := strings.Join(names[:min(len(names), shown)], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// takesAway reports whether rules are gone from their ruler once an action is done.
func takesAway(action string) bool {
	return action == "delete" || action == "pause" || action == "expire"
}

// movedText returns what a rule that stands elsewhere now was called or where it stood, and what it is called or where it stands.
func movedText(o rules.Outcome) (from, to string, moved bool) {
	if len(o.Refs) != 2 {
		return "", "", false
	}
	is, was := o.Refs[0], o.Refs[1]
	switch o.Action {
	case "rename":
		return escape(was.Name), escape(is.Name), true
	case "move":
		return escape(was.Name), escape(strings.TrimPrefix(is.Namespace()+"/"+is.Group, "/")), true
	}
	return "", "", false
}

// settingsText says what the group of a rule that was moved or copied says otherwise than its old one, with a space before it; "" for nothing.
func settingsText(o rules.Outcome) string {
	var says []string
	for _, s := range o.Settings {
		name := strings.TrimPrefix(s.Field, rules.GroupField)
		if name == "interval" {
			every := func(interval string) string {
				if interval == "" {
					return "as often as the ruler does by itself"
				}
				return "every " + interval
			}
			says = append(says, "is evaluated "+every(s.Is)+" instead of "+every(s.Was))
			continue
		}
		says = append(says, fmt.Sprintf("has the %s %s instead of %s", escape(name), escape(cmp.Or(oneLine(s.Is), "none")), escape(cmp.Or(oneLine(s.Was), "none"))))
	}
	if len(says) == 0 {
		return ""
	}
	return " In its group there it " + strings.Join(says, ", ") + "."
}

// past returns an action as it reads once it is done.
func past(action string) string {
	switch action {
	case "add":
		return "added"
	case "delete":
		return "deleted"
	case "undo":
		return "undone"
	case "restore":
		return "restored"
	case "edit":
		return "edited"
	case "rename":
		return "renamed"
	case "move":
		return "moved"
	case "copy":
		return "copied"
	case "pause":
		return "paused"
	case "resume":
		return "resumed"
	case rules.ExternalAction:
		return "pushed"
	case "expire":
		return "deleted, as its time was over,"
	}
	return escape(action) + " done"
}
