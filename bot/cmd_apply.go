package bot

import (
	"context"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var applyCommand = Command{
	Name:     "apply",
	Spelled:  []string{"適用", "実行"},
	Usage:    []string{"apply PLAN"},
	Summary:  "Carry out what an edit of many rules has planned",
	Help:     "The answer to `edit … where …` shows the PLAN. It is refused when one of its rules was changed since, or another one has come to be meant.",
	Examples: []string{"apply 7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f"},
	Options:  []string{"reason"},
	Changes:  true,
	Check:    func(call *call) error { _, _, err := parseApply(call); return err },
	Run:      runApply,
}

// parseApply returns the request of the command that made a plan, and what tells its change from others.
func parseApply(call *call) (request, digest string, err error) {
	words, err := call.words()
	if err != nil {
		return "", "", err
	}
	rest, err := call.args.takeOptions(words, []string{"reason"})
	if err != nil {
		return "", "", err
	}
	if len(rest) == 0 {
		return "", "", mistake(len(strings.TrimRightFunc(call.text, isSpace)), "The plan is missing. The answer to edit … where … shows it.")
	}
	if len(rest) > 1 {
		return "", "", call.args.unexpected(rest[1], []string{"reason"}, "One plan is enough: apply one at a time.")
	}
	call.args["plan"] = rest[0].whole()
	m := planName.FindStringSubmatch(strings.Trim(fold(rest[0].value), "`"))
	if m == nil {
		return "", "", &rules.Error{Kind: rules.Invalid, Field: "plan", Offset: -1, Text: "This is no plan. The answer to edit … where … shows it."}
	}
	return m[1], m[2], nil
}

func runApply(ctx context.Context, call *call) (answer, error) {
	request, digest, err := parseApply(call)
	if err != nil {
		return answer{}, err
	}
	record, err := call.backend.Recorded(ctx, request)
	if err != nil {
		return answer{}, err
	}
	_, planned := record.Outcome.Refs, record.Outcome.Result == rules.Success && record.Outcome.Revision == ""
	if call.now.Sub(record.Request.Time) > planLives {
		planned = false
	}
	first := *call
	first.text, first.args, first.now = record.Request.Command, arguments{}, record.Request.Time
	command, from, err := lookUp(call.table, call.trigger, first.text)
	if err != nil || command.Name != editCommand.Name || !planned {
		return answer{}, &rules.Error{Kind: rules.NotFound, Field: "plan", Offset: -1,
			Text: "There is no such plan, or not any more: a plan can be carried out for " + tookText(planLives) + ". Send the edit again to plan it."}
	}
	first.from = from
	intent, err := parseEdit(&first)
	if err != nil {
		return answer{}, err
	}
	all, bulk := intent.(rules.EditAll)
	if !bulk {
		return answer{}, &rules.Error{Kind: rules.NotFound, Field: "plan", Offset: -1, Text: "That command has planned nothing."}
	}
	all.Digest = digest
	if reason := call.args["reason"].value; reason != "" {
		all.Options.Reason = reason
	}
	ended, err := call.apply(ctx, all)
	if err == nil {
		ended.reply.Text = "As " + escape(record.Request.Actor.Name) + " planned it:\n" + fence("", cut(record.Request.Command, 500)) + "\n" + ended.reply.Text
	}
	return ended, err
}
