package bot

import (
	"context"

	"github.com/alertsmith/alertsmith/rules"
)

var pauseCommand = Command{
	Name:    "pause",
	Spelled: []string{"disable", "mute", "一時停止", "停止"},
	Usage:   []string{`pause NAME [for=2h] [until=…] [reason="…"]`},
	Summary: "Take a rule from its ruler for a while",
	Help: "The rule stays in the rulebook and comes back by itself; without `for=` and `until=` when somebody says `resume`. " +
		"What other rules read is not taken from them, unless you say `force` and why.",
	Examples: []string{`pause sshd-ban for=2h reason="we move the jails"`, `pause sshd-ban until="2027-01-01 09:00"`},
	Options:  pauseOptions,
	Changes:  true,
	Forces:   forcesUsed,
	Check:    func(call *call) error { _, err := parsePause(call); return err },
	Run: func(ctx context.Context, call *call) (answer, error) {
		intent, err := parsePause(call)
		if err = call.meant(err); err != nil {
			return answer{}, err
		}
		ended, err := call.apply(ctx, intent)
		if err == nil && !call.dry() {
			back := "It comes back with " + code(call.trigger+" resume "+quote(intent.Address)) + "."
			if !intent.Until.IsZero() {
				back = "It comes back by itself at " + escape(call.when(intent.Until)) + ", or before with " + code(call.trigger+" resume "+quote(intent.Address)) + "."
			}
			ended.reply.Text += "\n" + back
		}
		return ended, err
	},
}

// parsePause makes the intent of a pause.
func parsePause(call *call) (rules.Pause, error) {
	words, err := call.words()
	if err != nil {
		return rules.Pause{}, err
	}
	rest, err := call.args.takeOptions(words, pauseOptions)
	if err != nil {
		return rules.Pause{}, err
	}
	rest, forced, err := call.takeForce(rest, 1)
	if err != nil {
		return rules.Pause{}, err
	}
	intent := rules.Pause{By: call.request.Actor, Request: call.request.ID, Force: forced, Reason: call.args["reason"].value}
	until, given := "until", 0
	for _, name := range []string{"for", "until"} {
		if _, ok := call.args[name]; ok {
			until = name
			given++
		}
	}
	if given > 1 {
		return intent, &rules.Error{Kind: rules.Invalid, Field: "until", Offset: -1, Text: "Say for= or until=, not both."}
	}
	if intent.Until, err = call.later(until); err != nil {
		return intent, err
	}
	intent.Address, err = call.oneName(rest, pauseOptions)
	return intent, err
}
