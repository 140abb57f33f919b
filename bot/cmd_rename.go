package bot

import (
	"context"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var renameCommand = Command{
	Name:     "rename",
	Spelled:  []string{"名前変更", "改名"},
	Usage:    []string{`rename NAME NEW [reason="…"]`},
	Summary:  "Give a rule another name",
	Help:     "Its group and its file keep their names. What other rules read by its old name is not taken from them, unless you say `force` and why.",
	Examples: []string{`rename sshd-ban ssh-bans reason="there are several"`},
	Options:  []string{"reason"},
	Changes:  true,
	Forces:   forcesUsed,
	Check:    func(call *call) error { intent, err := parseRename(call); return call.planning(intent, err) },
	Run: func(ctx context.Context, call *call) (answer, error) {
		intent, err := parseRename(call)
		if err = call.meant(err); err != nil {
			return answer{}, err
		}
		return call.apply(ctx, intent)
	},
}

// parseRename makes the intent of a rename.
func parseRename(call *call) (rules.Rename, error) {
	words, err := call.words()
	if err != nil {
		return rules.Rename{}, err
	}
	rest, err := call.args.takeOptions(words, []string{"reason"})
	if err != nil {
		return rules.Rename{}, err
	}
	rest, forced, err := call.takeForce(rest, 2)
	if err != nil {
		return rules.Rename{}, err
	}
	intent := rules.Rename{Force: forced, Reason: call.args["reason"].value}
	intent.Address, intent.Name, err = call.twoNames(rest, []string{"reason"})
	return intent, err
}

// twoNames returns the rule's address and the new name that are the only words.
func (c *call) twoNames(rest []word, allowed []string) (from, to string, err error) {
	if len(rest) == 1 && rest[0].key == "" {
		return "", "", mistake(len(strings.TrimRightFunc(c.text, isSpace)), "The new name is missing: after the rule's name comes the one that it is to have.")
	}
	if len(rest) < 2 {
		if _, err := c.oneName(rest, allowed); err != nil {
			return "", "", err
		}
		return "", "", mistake(rest[0].start, "Two names are needed, with a space between them: the rule's name, and the one that it is to have.")
	}
	if len(rest) > 2 {
		return "", "", c.args.unexpected(rest[2], allowed, "Two names are enough. Put quotes around a name that has spaces.")
	}
	if from, err = c.oneName(rest[:1], allowed); err == nil && (rest[1].key != "" || rest[1].likeFlag()) {
		err = c.args.unexpected(rest[1], allowed, likeFlagText)
	}
	c.args["new name"] = rest[1].whole()
	return from, rest[1].value, err
}
