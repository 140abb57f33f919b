package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

// Reply is what a person reads: Markdown in which everything from outside is escaped already.
type Reply struct {
	Text      string
	InChannel bool // to the channel; else only to the author of the command

	result rules.Result // how the command ended, for ResultHeader
}

// maxReply is the longest message that Mattermost takes, in runes (5.36.1: a post of 16,384 is refused). pageSize leaves
// room for a head and a foot.
const (
	maxReply = 16383
	pageSize = 15000
)

// message returns the text as it is sent: no longer than Mattermost takes, and without secrets where others than the author read it.
func (r Reply) message() string {
	if r.InChannel {
		return fit(redact(r.Text))
	}
	return fit(r.Text)
}

// payload returns the reply as the JSON of a command response, as Mattermost 5.36.1 takes it. Slack's syntax, in which
// <!channel> would ping everybody, is off.
func (r Reply) payload() []byte {
	response := model.CommandResponse{ResponseType: model.CommandResponseTypeEphemeral, Text: r.message(), SkipSlackParsing: true}
	if r.InChannel {
		response.ResponseType = model.CommandResponseTypeInChannel
	}
	body, err := json.Marshal(response)
	if err != nil {
		panic(err) // texts and a bool
	}
	return body
}

// outcomeText says how a change ended; why is the person's reason, if there is one.
func outcomeText(actor rules.Person, why string, o rules.Outcome) string {
	what := fmt.Sprintf("**%s** %s by %s", refNames(o.Refs), past(o.Action), escape(actor.Name))
	if from, to, moved := movedText(o); moved {
		what = fmt.Sprintf("**%s** %s to **%s** by %s", from, past(o.Action), to, escape(actor.Name))
	}
	if why != "" {
		what += " (" + escape(oneLine(cut(why, 500))) + ")"
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
		text = fmt.Sprintf("%s, %s; a later change replaced it before %s ran it.", what, commit, ruler)
	case rules.Displaced:
		return fmt.Sprintf("The change %s by %s is not in force any more: somebody else pushed first, and it does not fit on top of that: %s. The commit %s says so in its place.",
			"**"+refNames(o.Refs)+"** ("+escape(o.Action)+")", escape(actor.Name), sentence(o.Reason), code(short(o.Undone)))
	case rules.Reverted:
		text = fmt.Sprintf("**%s** was not %s: %s refused it: %s. The commit %s was undone by %s.", refNames(o.Refs), past(o.Action), ruler,
			sentence(o.Reason), code(short(o.Revision)), code(short(o.Undone)))
	default:
		text = what + ", " + commit + "."
	}
	text += continuityText(o, false)
	if o.Diff != "" && o.State != rules.Reverted && o.State != rules.Superseded {
		text += "\n" + fence("diff", cut(o.Diff, 3000))
	}
	return text
}

// undoHint returns the line to copy that takes a change back; "" where nothing is left to be taken back.
func undoHint(trigger string, request rules.Request, o rules.Outcome) string {
	if o.Revision == "" || o.State == rules.Reverted || o.State == rules.Displaced || o.State == rules.Superseded {
		return ""
	}
	return "\nTo undo it: " + code(trigger+" undo "+request.ID)
}

// Settled returns what a channel hears when a change that was reported as not live has come to rest: its Outcome says how.
func Settled(w rules.Waiting, now time.Time) Reply {
	text := outcomeText(w.Request.Actor, "", w.Outcome)
	if w.Outcome.State == rules.Live {
		where := "is live in"
		switch {
		case takesAway(w.Outcome.Action):
			where = "is gone from"
		case w.Outcome.Action == "undo":
			where = "is in force in"
		}
		text = fmt.Sprintf("**%s**, %s by %s as %s, %s %s now, after %s.", refNames(w.Outcome.Refs), past(w.Outcome.Action),
			escape(w.Request.Actor.Name), code(short(w.Outcome.Revision)), where, escape(w.Outcome.Ruler), tookText(now.Sub(w.Since)))
	}
	return Reply{Text: text, InChannel: true}
}

// Own returns what a channel hears of a command that the service gave itself, as its time had come.
func Own(request rules.Request, o rules.Outcome) Reply {
	if o.Err != nil {
		return Reply{InChannel: true, Text: fmt.Sprintf("It was time for %s, but it could not be done: %s It is tried again.", code(request.Command), escape(publicText(o.Err)))}
	}
	return Reply{InChannel: true, Text: outcomeText(request.Actor, "", o) + undoHint("/alert", request, o)}
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
	return Reply{Text: outcomeText(r.Request.Actor, "", r.Outcome) + undoHint("/alert", r.Request, r.Outcome), InChannel: true}
}

// refNames returns the names of the rules that a change touched, the first few of many.
func refNames(refs []rules.Ref) string {
	var names []string
	for _, r := range refs[:min(len(refs), shown)] {
		name := escape(r.Name)
		if r.Nth > 1 {
			name += fmt.Sprintf("\\#%d", r.Nth)
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if more := len(refs) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// takesAway reports whether rules are gone from their ruler once an action is done.
func takesAway(action string) bool { return action == "delete" || action == "pause" || action == "expire" }

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
	case "expire":
		return "deleted, as its time was over,"
	}
	return escape(action) + " done"
}

// sentence returns a reason so that it can stand inside a sentence.
func sentence(reason string) string {
	return escape(strings.TrimRight(oneLine(orUnknown(reason)), "."))
}

// oneLine returns a text with every run of spaces and line breaks as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// short returns the first digits of a commit's hash.
func short(revision string) string { return revision[:min(len(revision), 7)] }

// tookText returns a span of time as a person says it: "40 ms", "0.8 s", "3 min", "2 d".
func tookText(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", max(0, d.Milliseconds()))
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	default:
		return fmt.Sprintf("%.0f d", d.Hours()/24)
	}
}

// problemText returns one problem of a rule file in a line.
func problemText(p rules.Problem) string {
	place := p.Path
	if p.Line > 0 {
		place += fmt.Sprintf(":%d", p.Line)
	}
	if p.Column > 0 {
		place += fmt.Sprintf(":%d", p.Column)
	}
	return code(place) + ": " + escape(p.Text)
}

// count returns a number of things: "1 rule", "2 rules".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// runes returns how many runes a text has, as Mattermost counts.
func runes(s string) int { return utf8.RuneCountInString(s) }

// cut returns the first n runes of a text, with a note of how many were left out.
func cut(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return fmt.Sprintf("%s\n… %d characters left out", s[:i], runes(s[i:]))
		}
	}
	return s
}

// fit returns a text that Mattermost takes: when it is too long it is cut at the end of a line, with a code fence that is
// open there closed.
func fit(text string) string {
	const note = "\n…the rest was left out: the message would have been too long."
	if runes(text) <= maxReply {
		return text
	}
	var b strings.Builder
	left, open := maxReply-runes(note), ""
	for line := range strings.SplitAfterSeq(text, "\n") {
		after := fenceAfter(open, line)
		closing := 0
		if after != "" {
			closing = len(after) + 1
		}
		n := runes(line)
		if n+closing > left {
			break
		}
		left -= n
		b.WriteString(line)
		open = after
	}
	if open != "" {
		return strings.TrimSuffix(b.String(), "\n") + "\n" + open + note
	}
	return strings.TrimSuffix(b.String(), "\n") + note
}

// fenceAfter returns the fence that is open after a line, given the one that was open before it; "" for none.
func fenceAfter(open, line string) string {
	ticks := line[:tickRun(line)]
	switch {
	case open == "" && len(ticks) >= 3:
		return ticks
	case open != "" && len(ticks) >= len(open) && strings.TrimSpace(line[len(ticks):]) == "":
		return ""
	}
	return open
}
