package bot

import (
	"context"

	"github.com/alertsmith/alertsmith/rules"
)

var restoreCommand = Command{
	Name:    "restore",
	Spelled: []string{"復元"},
	Usage:   []string{`restore NAME@COMMIT [reason="…"]`, `restore NAME at="2026-11-01 02:00" [reason="…"]`},
	Summary: "Put a rule back as it was, also after it was deleted",
	Help: "The rule gets the text that it had at that commit, with its comments, in place of what it says now. " +
		"Without a commit, a rule that was deleted comes back as it was last.",
	Examples: []string{`restore sshd-ban@1a2b3c4 reason="it was no noise"`},
	Options:  restoreOptions,
	Changes:  true,
	Check:    func(call *call) error { _, err := parseRestore(call); return err },
	Run:      runRestore,
}

// parseRestore returns the one word that names the rule and the commit.
func parseRestore(call *call) ([]word, error) {
	words, err := call.words()
	if err != nil {
		return nil, err
	}
	rest, err := call.args.takeOptions(words, restoreOptions)
	if err != nil {
		return nil, err
	}
	if _, err := call.moment("at"); err != nil {
		return nil, err
	}
	_, err = call.oneName(rest, restoreOptions)
	return rest, err
}

func runRestore(ctx context.Context, call *call) (answer, error) {
	rest, err := parseRestore(call)
	if err != nil {
		return answer{}, err
	}
	n, err := call.nameAt(ctx, rest, restoreOptions)
	if err != nil {
		return answer{}, err
	}
	if n.commit == nil {
		if n.commit, err = call.deletion(ctx, n); err != nil {
			return answer{}, err
		}
	}
	then, err := call.ruleAt(ctx, n.newest, n.address, *n.commit)
	if err != nil {
		return answer{}, err
	}
	restore := rules.Restore{From: then.book, Ref: then.entry.Ref, Commit: then.commit, Reason: call.args["reason"].value, Time: call.now}
	if restore.Now, err = call.standsNow(ctx, then); err != nil {
		return answer{}, err
	}
	ended, err := call.apply(ctx, restore)
	if err == nil {
		ended.reply.Text = "As of " + call.hashAndTime(then.commit) + n.since + ":\n" + ended.reply.Text
	}
	return ended, err
}

// standsNow returns where a rule of then stands now; zero when it is gone. Its address of then may be another rule's by now.
func (c *call) standsNow(ctx context.Context, then ruleThen) (rules.Ref, error) {
	if then.now != nil {
		return *then.now, nil
	}
	versions, err := c.backend.History(ctx, rules.HistoryQuery{Rule: &then.entry.Ref, Limit: 1})
	if err != nil || len(versions) == 0 || versions[0].Kind == rules.RuleDeleted {
		return rules.Ref{}, err
	}
	return versions[0].Ref, nil
}

// deletion returns the commit that deleted a rule which is gone. A rule that is there has several pasts, and one must be chosen.
func (c *call) deletion(ctx context.Context, n nameAt) (*rules.PastCommit, error) {
	entry, err := n.newest.FindOrPaused(n.address)
	_, there := n.newest.Branch(entry.Ref)
	if err == nil && (there || !entry.Held) {
		e := &rules.Error{Kind: rules.Invalid, Field: "name", Offset: -1, Text: "Say which version: restore NAME@COMMIT. The command history shows the commits of a rule."}
		versions, err := c.backend.History(ctx, rules.HistoryQuery{Rule: &entry.Ref, Limit: fixesShown + 1})
		for i, v := range versions {
			if i > 0 && v.Kind != rules.RuleDeleted {
				e.Fixes = append(e.Fixes, n.address+"@"+short(v.Commit.Revision))
			}
		}
		if err != nil {
			return nil, err
		}
		return nil, e
	}
	if err != nil && rules.KindOf(err) != rules.NotFound {
		return nil, err
	}
	versions, err := c.versions(ctx, n.newest, n.address, rules.HistoryQuery{Limit: 1})
	if err != nil {
		return nil, c.commitInstead(ctx, n.address, err)
	}
	if len(versions) == 0 || versions[0].Kind != rules.RuleDeleted {
		_, err := n.newest.Find(n.address)
		return nil, err
	}
	return &versions[0].Commit, nil
}
