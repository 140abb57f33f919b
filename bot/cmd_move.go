package bot

import (
	"context"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

var moveCommand = Command{
	Name:     "move",
	Aliases:  []string{"mv"},
	Spelled:  []string{"移動"},
	Usage:    []string{`move NAME group=G`, `move NAME namespace=N [group=G]`},
	Summary:  "Put a rule into another group or namespace of its ruler",
	Help:     "The rule keeps its text and its comments. Its alerts begin anew: a ruler knows them by file and group.",
	Examples: []string{`move sshd-ban group=security`, `move sshd-ban namespace=team/web`},
	Options:  moveOptions,
	Changes:  true,
	Check:    func(call *call) error { intent, err := parseMove(call); return call.planning(intent, err) },
	Run: func(ctx context.Context, call *call) (answer, error) {
		intent, err := parseMove(call)
		if err = call.meant(err); err != nil {
			return answer{}, err
		}
		return call.apply(ctx, intent)
	},
}

// parseMove makes the intent of a move.
func parseMove(call *call) (rules.Move, error) {
	words, err := call.words()
	if err != nil {
		return rules.Move{}, err
	}
	rest, err := call.args.takeOptions(words, moveOptions)
	if err != nil {
		return rules.Move{}, err
	}
	intent := rules.Move{Group: call.args["group"].value, Namespace: call.args["namespace"].value, Reason: call.args["reason"].value}
	if intent.Group == "" && intent.Namespace == "" {
		bare := slices.DeleteFunc(slices.Clone(rest), func(w word) bool { return slices.Contains(linking, w.keyword()) })
		if len(bare) == 2 && bare[0].key == "" && bare[1].key == "" {
			line := "move " + quote(bare[0].value) + " "
			to := "=" + quote(bare[1].value)
			return rules.Move{}, mistake(bare[1].start, "Say whether that is a group or a namespace.", line+"group"+to, line+"namespace"+to)
		}
	}
	if intent.Address, err = call.oneName(rest, moveOptions); err != nil {
		return rules.Move{}, err
	}
	if intent.Group == "" && intent.Namespace == "" {
		return rules.Move{}, mistake(len(call.text), "Say where to: group=…, namespace=…, or both. The command rename gives another name.")
	}
	return intent, nil
}
