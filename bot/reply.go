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

	result  rules.Result        // how the command ended, for ResultHeader
	state   rules.State         // how its change stands, for StateHeader
	secret  string              // a part of Text that is for the author's eyes alone: the journal does not keep it
	turns   []turn              // the pages around this one
	actions []*model.PostAction // the buttons that lead there
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
	if len(r.actions) > 0 {
		response.Attachments = []*model.MessageAttachment{{Actions: r.actions}}
	}
	body, err := json.Marshal(response)
	if err != nil {
		panic(err) // texts, a bool and buttons of texts
	}
	return body
}

// Own returns what a channel hears of a command that the service gave itself, as its time had come.
func Own(request rules.Request, o rules.Outcome) Reply {
	if o.Err != nil {
		return Reply{InChannel: true, Text: fmt.Sprintf("It was time for %s, but it could not be done: %s It is tried again.", code(request.Command), escape(publicText(o.Err)))}
	}
	return Reply{InChannel: true, Text: outcomeText(request.Actor, o) + undoHint("/alert", request, o)}
}

// sentence returns a reason so that it can stand inside a sentence.
func sentence(reason string) string {
	return escape(strings.TrimRight(oneLine(orUnknown(reason)), "."))
}

// oneLine returns a text with every run of spaces and line breaks as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// short returns the first digits of a commit's hash.
func short(revision string) string { return rules.ShortRevision(revision) }

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
	return code(p.Place()) + ": " + escape(p.Text)
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
