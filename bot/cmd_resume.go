package bot

import (
	"context"

	"github.com/alertsmith/alertsmith/rules"
)

var resumeCommand = Command{
	Name:     "resume",
	Spelled:  []string{"unpause", "enable", "再開"},
	Usage:    []string{`resume NAME [reason="…"]`},
	Summary:  "Put a paused rule back where it stood",
	Help:     "The command `list` shows which rules are paused.",
	Examples: []string{`resume sshd-ban`},
	Options:  []string{"reason"},
	Changes:  true,
	Forces:   "puts the rule back alone where the file that it stood in would not be taken as it was",
	Check:    func(call *call) error { _, err := parseResume(call); return err },
	Run: func(ctx context.Context, call *call) (answer, error) {
		intent, err := parseResume(call)
		if err = call.meant(err); err != nil {
			return answer{}, err
		}
		return call.apply(ctx, intent)
	},
}

// parseResume makes the intent of a resumption.
func parseResume(call *call) (rules.Resume, error) {
	words, err := call.words()
	if err != nil {
		return rules.Resume{}, err
	}
	rest, err := call.args.takeOptions(words, []string{"reason"})
	if err != nil {
		return rules.Resume{}, err
	}
	rest, forced, err := call.takeForce(rest, 1)
	if err != nil {
		return rules.Resume{}, err
	}
	address, err := call.oneName(rest, []string{"reason"})
	return rules.Resume{Address: address, Force: forced, Reason: call.args["reason"].value}, err
}
