package bot

import (
	"context"

	"github.com/alertsmith/alertsmith/rules"
)

var showCommand = Command{
	Name:    "show",
	Spelled: []string{"cat", "表示"},
	Usage:   []string{`show NAME`, `show NAME@COMMIT`, `show NAME at="2026-11-01 02:00"`},
	Summary: "Show a rule in full, as it is or as it was, and who changed it last",
	Help: "COMMIT is the beginning of a commit's hash or the id of a request, as `history` shows them, or HEAD for the newest. at= takes a date, a time in the journal's zone, " +
		"or how long ago: `7d`.",
	Examples: []string{`show sshd-ban`, `show sshd-ban at=7d`},
	Options:  showOptions,
	Check:    reading(1, showOptions),
	Run:      runShow,
}

func runShow(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	if len(words) == 0 || len(words) == 1 && words[0].keyword() == "all" {
		return runList(ctx, call)
	}
	rest, err := call.args.takeOptions(words, showOptions)
	if err != nil {
		return answer{}, err
	}
	n, err := call.nameAt(ctx, rest, showOptions)
	if err != nil {
		return answer{}, err
	}
	if n.commit == nil {
		return call.showNow(ctx, n)
	}
	then, err := call.ruleAt(ctx, n.newest, n.address, *n.commit)
	if err != nil {
		return answer{}, err
	}
	head := "As of " + call.hashAndTime(then.commit) + n.since + movedThenText(then.moved)
	if then.before {
		head = "Before it was deleted: " + call.hashAndTime(then.commit)
	}
	if then.entry.Ref.Paused() {
		head += ", paused"
	}
	text := inFull(then.book.Address(then.entry.Ref), then.entry) + "\n" + head
	if now, there := n.newest.Get(then.entry.Ref); !there || now.Text() != then.entry.Text() {
		address, stood := n.address, then.commit.Revision
		switch {
		case then.before:
			stood = then.commit.Parent
		case then.left:
			address = then.book.Address(then.entry.Ref)
		}
		text += "; to put it back: " + code(call.trigger+" restore "+quote(address+"@"+short(stood)))
	}
	return told(text), nil
}

// showNow shows a rule as it is.
func (c *call) showNow(ctx context.Context, n nameAt) (answer, error) {
	entry, err := n.newest.Find(n.address)
	if text, paused := c.pausedInFull(n.newest, n.address); err != nil && paused {
		return told(text + c.lastChange(ctx, n)), nil
	}
	if err != nil {
		return answer{}, c.gone(ctx, n.newest, n.address, err)
	}
	return told(inFull(n.newest.Address(entry.Ref), entry) + c.heldText(n.newest, entry) + c.lastChange(ctx, n)), nil
}

// lastChange tells of the last change of a rule; "" while its history cannot be read: what the rule says now is shown all the same.
func (c *call) lastChange(ctx context.Context, n nameAt) string {
	versions, err := c.versions(ctx, n.newest, n.address, rules.HistoryQuery{Limit: 1})
	if err != nil || len(versions) == 0 {
		return ""
	}
	return "\nLast change: " + c.commitText(versions[0].Commit) + reasonText(versions[0].Commit)
}

// reasonText returns the reason of a commit behind what is said of it.
func reasonText(commit rules.PastCommit) string {
	if reason := commit.Reason(); reason != "" && !commit.External() {
		return ": " + escape(cut(reason, 500))
	}
	return ""
}
