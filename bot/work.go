package bot

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// work is the path of a command from the verified token to its reply. A panic anywhere on it is an error of this one request.
func (h *Handler) work(ctx context.Context, access Access, request rules.Request, f form) (reply Reply) {
	defer func() {
		if p := recover(); p != nil {
			err := broken(request, p)
			h.finished(ctx, request, "unknown", rules.Outcome{Result: rules.Failed, Err: err})
			reply = Reply{Text: err.Text, result: rules.Failed}
		}
	}()
	var denied error
	if h.options.Mattermost != nil && (request.Entry == rules.EntryChat || request.Entry == rules.EntryButton) {
		if request.Key, denied = h.options.Mattermost.verifyTrigger(ctx, f); denied == nil {
			denied = f.refused
		}
	}
	start := h.options.Now()
	prior, err := h.journal.Receive(ctx, request)
	received := rules.Stage{Name: rules.StageReceived, Took: h.options.Now().Sub(start)}
	if err != nil {
		h.finished(ctx, request, "unknown", rules.Outcome{Result: rules.Failed, Err: err})
		why, ours := strings.CutPrefix(publicText(err), "not accepted: ")
		if !ours {
			why = "the journal cannot be written"
		}
		return Reply{Text: "Not accepted: " + why + ". Nothing was changed.", result: rules.Failed}
	}
	if prior != nil {
		return again(*prior)
	}
	defer h.options.Answered(request.ID) // also when something panics
	call := &call{
		backend: h.backend, table: Commands, request: request, origin: cmp.Or(f.origin, request.ID), now: h.options.Now(),
		trigger: f.command, text: unwrapped(f.text), args: arguments{},
	}
	name, ended, err := "unknown", answer{}, denied
	if err == nil && f.length > maxText {
		err = &rules.Error{Kind: rules.Invalid, Offset: -1, Text: fmt.Sprintf("The command is %d bytes long; at most %d are allowed.", f.length, maxText)}
	}
	if err == nil {
		name, ended, err = h.run(ctx, access, call)
	}
	if err != nil {
		ended = call.failed(ended, err)
	}
	ended.reply.Text += h.missed(ctx, request)
	ended.outcome.Stages = append([]rules.Stage{received}, ended.outcome.Stages...)
	if rules.KindOf(err) == rules.Uncertain {
		// Nobody knows yet: the journal keeps it open until the rulebook says how it ended, and then its author is told.
		ended.outcome.Result = ""
	} else if err := h.record(ctx, request, name, ended); err != nil {
		ended.reply.Text += "\nThe journal could not be written: this is not in it."
		h.options.Logger.Error("journal not written", "id", "AS1004", "request", request.ID, "err", err)
	}
	h.finished(ctx, request, name, ended.outcome)
	ended.reply.result, ended.reply.state = ended.outcome.Result, ended.outcome.State
	ended.reply.actions = h.buttons(call, ended.reply)
	return ended.reply
}

// missed tells whoever types at a terminal or in the console what came of commands that were interrupted or displaced: there is no channel that could
// hear it.
func (h *Handler) missed(ctx context.Context, request rules.Request) string {
	if h.backend.Missed == nil || request.Entry != rules.EntryCLI && request.Entry != rules.EntryWeb {
		return ""
	}
	var b strings.Builder
	for _, r := range h.backend.Missed(ctx, request.Actor.ID) {
		happened := "The service was stopped while it worked on"
		switch {
		case r.Outcome.LeftOut():
			happened = "The Git server refused"
		case r.Outcome.LacksRefused():
			happened = "The Git server refused what came before"
		case r.Outcome.State == rules.Displaced || r.Outcome.Released != nil:
			happened = "Somebody else's push came before"
		case r.Outcome.InDoubt:
			happened = "It was not known whether the Git server had taken"
		}
		fmt.Fprintf(&b, "\n\n%s your command %s. What came of it: %s",
			happened, code(oneLine(cut(r.Request.Command, 200))), Interrupted(r).WithEntry(h.backend.Pages, r.Request.ID).Text)
	}
	return b.String()
}

// broken is the error that a panic makes. A change may have been committed before it.
func broken(request rules.Request, p any) *rules.Error {
	return &rules.Error{
		Kind: rules.Unavailable, Offset: -1, Cause: fmt.Errorf("panic: %v\n%s", p, debug.Stack()),
		Text: "An internal error, under the request " + request.ID + ". The command status and the rulebook say what was done.",
	}
}

// run looks the command up, authorizes it and runs it. A panic in it ends in the journal too, as any other error.
func (h *Handler) run(ctx context.Context, access Access, call *call) (name string, ended answer, err error) {
	name = "unknown"
	defer func() {
		if p := recover(); p != nil {
			err = broken(call.request, p)
		}
	}()
	command, from, unknown := lookUp(call.table, call.trigger, call.text)
	if unknown == nil {
		name, call.from, call.command = command.Name, from, command.Name
	}
	if command.Changes {
		defer func() { ended.outcome.Why = cmp.Or(ended.outcome.Why, call.why()) }()
	}
	if err := access.check(call.request); err != nil {
		return name, ended, err
	}
	call.book = sync.OnceValues(func() (*rules.Book, error) { return call.backend.Book(ctx) })
	if unknown != nil {
		return name, ended, call.fromTemplate(ctx, unknown)
	}
	if call.request.Entry == rules.EntryButton && !command.hasPages() {
		return name, ended, &rules.Error{Kind: rules.Denied, Offset: -1, Text: "A button only turns pages. Type the command."}
	}
	if command.Changes {
		select {
		case h.slots <- struct{}{}:
			defer func() { <-h.slots }()
		default:
			return name, ended, &rules.Error{Kind: rules.Unavailable, Offset: -1,
				Text: "Nothing was changed: too many changes are being worked on. Try again in a moment."}
		}
	}
	ended, err = command.Run(ctx, call)
	ended.reply.Text, ended.reply.turns = call.takenText()+ended.reply.Text, call.turns
	return name, ended, err
}

// why returns the reason that the words give, also of a command that was refused before they were read.
func (c *call) why() string {
	if why := c.args["reason"].value; why != "" || strings.Contains(c.text, "\n") { // what is pasted has words of its own
		return why
	}
	words, err := c.words()
	at := slices.IndexFunc(words, func(w word) bool { return w.key == "reason" })
	if err != nil || at < 0 {
		return ""
	}
	return words[at].value[words[at].keyLen:]
}

// failed returns the answer to a command that ended in an error.
func (c *call) failed(ended answer, err error) answer {
	ended.outcome.Err = err
	if ended.outcome.Result == "" || ended.outcome.Result == rules.Success {
		ended.outcome.Result = rules.ResultOf(err)
	}
	ended.reply = Reply{Text: c.errorText(err)}
	return ended
}

// again returns the answer to a request that came before.
func again(prior rules.Record) Reply {
	if prior.Done.IsZero() {
		return Reply{Text: "This request is being worked on already (request " + code(prior.Request.ID) + ")."}
	}
	return Reply{
		Text:      prior.Reply + "\n(This request came twice; it was done once, and this is its answer again.)",
		InChannel: prior.InChannel, result: prior.Outcome.Result, state: prior.Outcome.State,
	}
}

// record writes down how a request ended, without secrets. It has a deadline of its own: the command may have used up its.
func (h *Handler) record(ctx context.Context, request rules.Request, name string, ended answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	outcome, reply := WithoutSecrets(ended.outcome), fit(ended.reply.Text)
	if ended.reply.secret != "" {
		reply = strings.ReplaceAll(reply, ended.reply.secret, cutOut)
	}
	if name == "unknown" {
		name = ""
	}
	return h.journal.Finish(ctx, rules.Record{
		Request: request, Action: name, Outcome: outcome,
		Reply: redact(reply), InChannel: ended.reply.InChannel, Done: h.options.Now(),
	})
}

// finished writes the one log line of a command and counts it. What a person typed wrong is no news for an operator.
func (h *Handler) finished(ctx context.Context, request rules.Request, name string, outcome rules.Outcome) {
	took, result := h.options.Now().Sub(request.Time), cmp.Or(outcome.Result, rules.OpenResult)
	h.options.Observe(name, result, took)
	fields := []any{
		"request", request.ID, "actor", request.Actor.ID, "user", request.Actor.Name, "channel", request.Channel.Name,
		"entry", request.Entry, "command", name, "result", string(result), "duration", took,
	}
	if outcome.State != "" {
		fields = append(fields, "state", string(outcome.State), "revision", short(outcome.Revision))
	}
	if (result == rules.Failed || result == rules.OpenResult) && outcome.Err != nil {
		h.options.Logger.ErrorContext(ctx, "command", append(fields, "id", "AS1003", "err", redact(outcome.Err.Error()))...)
		return
	}
	h.options.Logger.InfoContext(ctx, "command", fields...)
}
