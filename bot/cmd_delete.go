package bot

import (
	"context"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var deleteCommand = Command{
	Name:    "delete",
	Aliases: []string{"rm", "remove"},
	Spelled: []string{"del", "削除"},
	Usage:   []string{`delete NAME [reason="…"]`},
	Summary: "Delete a rule",
	Help: "NAME may be `group/NAME`, `namespace/group/NAME` or `ruler:namespace/group/NAME` where several rules share it, " +
		"and `NAME#2` is the second of that name in one group. What other rules read is not taken from them, unless you say `force` and why.",
	Examples: []string{
		`delete sshd-ban`,
		`delete loki:ops/ssh/sshd-ban reason="the jail is gone"`,
	},
	Options: deleteOptions,
	Changes: true,
	Forces:  forcesUsed,
	Check:   func(call *call) error { _, err := parseDelete(call); return err },
	Run:     runDelete,
}

func runDelete(ctx context.Context, call *call) (answer, error) {
	intent, err := parseDelete(call)
	if err = call.meant(err); err != nil {
		return answer{}, err
	}
	return call.apply(ctx, intent)
}

// parseDelete makes the intent of a delete.
func parseDelete(call *call) (rules.Delete, error) {
	words, err := call.words()
	if err != nil {
		return rules.Delete{}, err
	}
	rest, err := call.args.takeOptions(words, deleteOptions)
	if err != nil {
		return rules.Delete{}, err
	}
	rest, forced, err := call.takeForce(rest, 1)
	if err != nil {
		return rules.Delete{}, err
	}
	address, err := call.oneName(rest, deleteOptions)
	return rules.Delete{Address: address, Force: forced, Reason: call.args["reason"].value}, err
}

// oneName returns the rule's address that is the only word; it is the argument "name".
func (c *call) oneName(rest []word, allowed []string) (string, error) {
	if len(rest) == 0 {
		return "", mistake(len(strings.TrimRightFunc(c.text, isSpace)), "The name of the rule is missing. The command list shows the names.")
	}
	if w := rest[0]; w.key != "" && nearest(w.key, allowed) != "" {
		return "", c.args.unexpected(w, allowed, "")
	}
	c.args["name"] = rest[0].whole()
	if len(rest) > 1 {
		err := c.args.unexpected(rest[1], allowed, "One name is enough: name one rule at a time, and put quotes around a name that has spaces.")
		return "", err
	}
	return address(rest[0]), nil
}

// address returns the address that a word says. In the long form ruler:namespace/group/NAME a full-width colon and slashes are signs of
// the address; elsewhere they are part of a name.
func address(w word) string {
	ruler, rest, found := strings.Cut(w.value, "：")
	if !found || w.quoted || strings.ContainsAny(ruler, ":/") || strings.Count(rest, "/")+strings.Count(rest, "／") < 2 {
		return w.value
	}
	return ruler + ":" + strings.ReplaceAll(rest, "／", "/")
}
