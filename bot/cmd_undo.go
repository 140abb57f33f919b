package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var undoCommand = Command{
	Name:    "undo",
	Aliases: []string{"revert"},
	Spelled: []string{"取り消し", "取消", "元に戻す"},
	Usage:   []string{`undo [REQUEST-ID] [part] [ruler=NAME] [reason="…"]`},
	Summary: "Take back a change: your own last one in this channel, or the one with this id",
	Help: "The answer to every change shows its id; the beginning of a commit's hash will do too, also of a commit that somebody pushed: with ruler= where it changed rules of several. " +
		"A change of which later changes touched a part as well is not undone, but explained; `part` takes back the rest of it. An undo can be undone.",
	Examples: []string{`undo`, `undo reason="too loud"`},
	Options:  undoOptions,
	Changes:  true,
	Forces:   forcesUsed,
	Check:    func(call *call) error { _, err := parseUndo(call); return err },
	Run:      runUndo,
}

func runUndo(ctx context.Context, call *call) (answer, error) {
	asked, err := parseUndo(call)
	if err != nil {
		return answer{}, err
	}
	var commit rules.PastCommit
	if asked.id == "" {
		commit, err = call.ownLast(ctx)
	} else {
		commit, err = call.commit(ctx, "id", "", asked.id)
	}
	if err != nil {
		return answer{}, err
	}
	undo := rules.Undo{Commit: commit, Ruler: call.args["ruler"].value, Force: asked.forced, Reason: call.args["reason"].value, Time: call.now}
	if undo.Before, err = call.backend.BookAt(ctx, commit.Parent); err != nil {
		return answer{}, err
	}
	if undo.After, err = call.backend.BookAt(ctx, commit.Revision); err != nil {
		return answer{}, err
	}
	if err := knownRuler(undo.After, undo.Ruler); err != nil {
		return answer{}, err
	}
	rest, err := call.restToUndo(ctx, &undo)
	if err != nil {
		return answer{}, err
	}
	if undo.Earlier, err = call.earlier(ctx, undo); err != nil {
		return answer{}, err
	}
	if asked.part {
		if undo.Leave, err = call.leave(ctx, undo); err != nil {
			return answer{}, err
		}
	}
	ended, err := call.apply(ctx, undo)
	if e, ok := errors.AsType[*rules.Error](err); ok && e.Kind == rules.Conflict {
		own := *e
		own.Text = fmt.Sprintf("The commit %s of %s by %s (%s): %s", short(commit.Revision), call.when(commit.When),
			commit.Author.Name, oneLine(cut(commit.Subject, 200)), e.Text)
		own.Detail = strings.Trim(call.laterDetail(ctx, undo, e)+"\n"+own.Detail, "\n")
		if !call.offerOrder(ctx, &own, commit) {
			call.offerPart(&own, commit)
		}
		if text, shell := call.noRulesText(ctx, undo); text != "" {
			own.Text, own.Shell = own.Text+" "+text, slices.Concat(own.Shell, shell)
		}
		return ended, &own
	}
	if err == nil {
		ended.reply.Text = "Taking back " + rest + call.commitText(commit) + "\n" + ended.reply.Text + call.leftText(undo) + call.stayingText(ended.outcome.Staying)
		if text, shell := call.noRulesText(ctx, undo); text != "" {
			ended.reply.Text += "\n" + escape(text) + "\n" + fence("", strings.Join(shell, "\n"))
		}
	}
	return ended, err
}

// maxNewcomers is how many rules an undo looks up to find the place of those that it brings back.
const maxNewcomers = 10

// earlier returns the books in which an undo's newcomers stood until they were deleted, for a while.
func (c *call) earlier(ctx context.Context, undo rules.Undo) (books []*rules.Book, err error) {
	newest, err := c.backend.Book(ctx)
	if err != nil {
		return nil, err
	}
	newcomers := undo.Newcomers(newest)
	for _, ref := range newcomers[:min(len(newcomers), maxNewcomers)] {
		versions, err := c.backend.History(ctx, rules.HistoryQuery{Rule: &ref})
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if v.Kind != rules.RuleDeleted {
				continue
			}
			book, err := c.backend.BookAt(ctx, v.Commit.Parent)
			if err != nil {
				return nil, err
			}
			books = append(books, book)
			break
		}
	}
	return books, nil
}

// askedUndo is what an undo is asked to do.
type askedUndo struct {
	id     string // "" for none
	part   bool   // what later changes touched as well stays as it is
	forced bool   // what others use by now is taken away all the same
}

// flagPart is the word that takes back of a change what later ones did not touch.
const flagPart = "part"

func parseUndo(call *call) (asked askedUndo, err error) {
	words, err := call.words()
	if err != nil {
		return asked, err
	}
	rest, err := call.args.takeOptions(words, undoOptions)
	if err == nil {
		rest, asked.forced, err = call.takeForce(rest, 0)
	}
	n := len(rest)
	rest = slices.DeleteFunc(rest, func(w word) bool { return w.key == "" && !w.quoted && fold(w.undashed()) == flagPart })
	asked.part = len(rest) < n
	if err != nil || len(rest) == 0 {
		return asked, err
	}
	if len(rest) > 1 || rest[0].key != "" {
		return asked, call.args.unexpected(rest[len(rest)-1], undoOptions, "One id is enough: undo one change at a time.")
	}
	call.args["id"] = rest[0].whole()
	asked.id = rest[0].value
	return asked, nil
}

// restToUndo has an undo take back what other undos have left of its commit, and returns what to say of that. It fails when that is nothing.
func (c *call) restToUndo(ctx context.Context, undo *rules.Undo) (rest string, err error) {
	undone, err := c.undoneBy(ctx, undo.Commit)
	undone = slices.DeleteFunc(undone, func(by rules.PastCommit) bool { return by.Trailer(rules.TrailerLeft) != "" }) // the rest may be taken back yet
	if err != nil || len(undone) == 0 {
		return "", err
	}
	newest := undone[0]
	if newest.Name() == undo.Commit.Name() { // the service's own undo: there is no other id to undo
		return "", &rules.Error{Kind: rules.Conflict, Offset: -1,
			Text: fmt.Sprintf("The ruler refused that change on %s, and it was taken back then: there is nothing to undo.", c.when(newest.When))}
	}
	rulers := undo.Rulers()
	var left, ids []string
	for _, ruler := range rulers {
		if !slices.ContainsFunc(undone, func(by rules.PastCommit) bool { return by.Trailer("Ruler") == ruler }) {
			left = append(left, ruler)
		}
	}
	switch {
	case undo.Ruler != "" && (slices.Contains(left, undo.Ruler) || !slices.Contains(rulers, undo.Ruler)):
		return "", nil
	case undo.Ruler == "" && len(left) == 1:
		undo.Ruler = left[0]
		return "what is left, the rules of " + escape(left[0]) + ", of ", nil
	case undo.Ruler == "" && len(left) > 1:
		return "", &rules.Error{Kind: rules.Conflict, Field: "ruler", Offset: -1, Fixes: left,
			Text: fmt.Sprintf("Of that commit the rules of several rulers are left (%s), and one command changes those of one. Take them back one by one: say ruler= too.", strings.Join(left, ", "))}
	}
	for _, by := range undone {
		if undo.Ruler == "" || by.Trailer("Ruler") == undo.Ruler {
			if len(ids) == 0 {
				newest = by
			}
			ids = append(ids, by.Name())
		}
	}
	return "", &rules.Error{Kind: rules.Conflict, Field: "id", Offset: -1, Fixes: ids,
		Text: fmt.Sprintf("That was undone already, on %s by %s. To have it again, undo that.", c.when(newest.When), newest.Author.Name)}
}

// How many changes of a person an undo looks through, and how many of them at once.
const (
	undoChanges = 200
	undoAtOnce  = 10
)

// ownLast returns the person's own last change in this channel that is not undone.
func (c *call) ownLast(ctx context.Context) (rules.PastCommit, error) {
	for query := (rules.HistoryQuery{By: c.request.Actor.ID, Limit: undoAtOnce}); query.Offset < undoChanges; query.Offset += undoAtOnce {
		changes, err := c.backend.Changes(ctx, query)
		if err != nil {
			return rules.PastCommit{}, err
		}
		for _, change := range changes {
			if change.Action == (rules.Undo{}).Action() || !c.here(change.Commit) {
				continue
			}
			if undone, err := c.undoneBy(ctx, change.Commit); err != nil || len(undone) == 0 {
				return change.Commit, err
			}
		}
		if len(changes) < undoAtOnce {
			return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Offset: -1,
				Text: "You have changed nothing in this channel that could be undone. Say which change: undo ID; the command history shows them."}
		}
	}
	return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Offset: -1, Fixes: []string{"history by=me"},
		Text: fmt.Sprintf("None of your newest %d changes was made in this channel and is not undone. Say which change: undo ID; the command history shows them.", undoChanges)}
}

// here reports whether a commit was asked for by this person in this channel.
func (c *call) here(commit rules.PastCommit) bool {
	own := func(value string, id, name string) bool {
		words := strings.Fields(value)
		return len(words) > 0 && words[len(words)-1] == id || id == "" && value == name
	}
	return !commit.External() && own(commit.Trailer("Channel"), c.request.Channel.ID, c.request.Channel.Name) && own(commit.Trailer("Actor"), c.request.Actor.ID, c.request.Actor.Name)
}

// maxUndos is how many undos of one change are looked at: it can be taken back again after each undo of one.
const maxUndos = 1000

// undoneBy returns the undos of a change that are in force, the newest first: one that was undone itself is not.
func (c *call) undoneBy(ctx context.Context, commit rules.PastCommit) (inForce []rules.PastCommit, err error) {
	undos, err := c.backend.Changes(ctx, rules.HistoryQuery{Undoes: commit.Name(), Limit: maxUndos})
	if err != nil {
		return nil, err
	}
	for _, undo := range undos {
		if undo.Commit.Name() != commit.Name() { // else the service's own, of what a ruler refused
			again, err := c.undoneBy(ctx, undo.Commit)
			if err != nil {
				return nil, err
			}
			if len(again) > 0 {
				continue
			}
		}
		inForce = append(inForce, undo.Commit)
	}
	return inForce, nil
}
