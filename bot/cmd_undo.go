package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

var undoCommand = Command{
	Name:    "undo",
	Aliases: []string{"revert"},
	Spelled: []string{"取り消し", "取消", "元に戻す"},
	Usage:   []string{`undo [REQUEST-ID] [ruler=NAME] [reason="…"]`},
	Summary: "Take back a change: your own last one in this channel, or the one with this id",
	Help: "The answer to every change shows its id; the beginning of a commit's hash will do too, also of a commit that somebody pushed: with ruler= where it changed rules of several. " +
		"What later changes touched as well is not undone, and explained. An undo can be undone.",
	Examples: []string{`undo`, `undo reason="too loud"`},
	Options:  undoOptions,
	Changes:  true,
	Forces:   true,
	Check:    func(call *call) error { _, _, err := parseUndo(call); return err },
	Run:      runUndo,
}

func runUndo(ctx context.Context, call *call) (answer, error) {
	id, forced, err := parseUndo(call)
	if err != nil {
		return answer{}, err
	}
	var commit rules.PastCommit
	if id == "" {
		commit, err = call.ownLast(ctx)
	} else {
		commit, err = call.toUndo(ctx, id)
	}
	if err != nil {
		return answer{}, err
	}
	undo := rules.Undo{Commit: commit, Ruler: call.args["ruler"].value, Force: forced, Reason: call.args["reason"].value, Time: call.now}
	if undo.Before, err = call.backend.BookAt(ctx, commit.Parent); err != nil {
		return answer{}, err
	}
	if undo.After, err = call.backend.BookAt(ctx, commit.Revision); err != nil {
		return answer{}, err
	}
	if undo.Earlier, err = call.earlier(ctx, undo); err != nil {
		return answer{}, err
	}
	if err := knownRuler(undo.After, undo.Ruler); err != nil {
		return answer{}, err
	}
	ended, err := call.apply(ctx, undo)
	if e, ok := errors.AsType[*rules.Error](err); ok && e.Kind == rules.Conflict {
		own := *e
		own.Text = fmt.Sprintf("The commit %s of %s by %s (%s): %s", short(commit.Revision), call.when(commit.When),
			commit.Author.Name, oneLine(cut(commit.Subject, 200)), e.Text)
		return ended, &own
	}
	if err == nil {
		ended.reply.Text = "Taking back " + call.commitText(commit) + "\n" + ended.reply.Text
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

// parseUndo returns the id of an undo, "" for none, and whether what others use by now is taken away all the same.
func parseUndo(call *call) (id string, forced bool, err error) {
	words, err := call.words()
	if err != nil {
		return "", false, err
	}
	rest, err := call.args.takeOptions(words, undoOptions)
	if err == nil {
		rest, forced, err = call.takeForce(rest, 0)
	}
	if err != nil || len(rest) == 0 {
		return "", forced, err
	}
	if len(rest) > 1 || rest[0].key != "" {
		return "", false, call.args.unexpected(rest[len(rest)-1], undoOptions, "One id is enough: undo one change at a time.")
	}
	call.args["id"] = rest[0].whole()
	return rest[0].value, forced, nil
}

// toUndo returns the commit of an id, if it is not undone yet.
func (c *call) toUndo(ctx context.Context, id string) (rules.PastCommit, error) {
	commit, err := c.commit(ctx, "id", "", id)
	if err != nil {
		return commit, err
	}
	undone, err := c.undone(ctx, commit.When)
	by, ok := undone[commit.Name()]
	if ruler := c.args["ruler"].value; ruler != "" && by.Trailer("Ruler") != ruler { // of several rulers' rules those of another were taken back
		ok = false
	}
	if ok && err == nil {
		if by.Name() == commit.Name() { // the service's own undo: there is no other id to undo
			return commit, &rules.Error{Kind: rules.Conflict, Offset: -1,
				Text: fmt.Sprintf("The ruler refused that change on %s, and it was taken back then: there is nothing to undo.", c.when(by.When))}
		}
		return commit, &rules.Error{Kind: rules.Conflict, Field: "id", Offset: -1,
			Text: fmt.Sprintf("That was undone already, on %s by %s. To have it again, undo that.", c.when(by.When), by.Author.Name), Fixes: []string{by.Name()}}
	}
	return commit, err
}

// How far back an undo looks for the person's own last change.
const (
	undoChanges = 200
	undoSlack   = 24 * time.Hour // by which clocks may be wrong
)

// ownLast returns the person's own last change in this channel that is not undone.
func (c *call) ownLast(ctx context.Context) (rules.PastCommit, error) {
	changes, _, err := changesOf(c.ofAll(ctx), rules.HistoryQuery{By: c.request.Actor.ID}, undoChanges)
	if err != nil {
		return rules.PastCommit{}, err
	}
	var undone map[string]rules.PastCommit
	if last := len(changes) - 1; last >= 0 {
		if undone, err = c.undone(ctx, changes[last].commit.When); err != nil {
			return rules.PastCommit{}, err
		}
	}
	for _, change := range changes {
		if _, gone := undone[change.commit.Name()]; !gone && change.action != (rules.Undo{}).Action() && c.here(change.commit) {
			return change.commit, nil
		}
	}
	return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Offset: -1,
		Text: "You have changed nothing in this channel that could be undone. Say which change: undo ID; the command history shows them."}
}

// here reports whether a commit was asked for by this person in this channel.
func (c *call) here(commit rules.PastCommit) bool {
	own := func(value string, id, name string) bool {
		words := strings.Fields(value)
		return len(words) > 0 && words[len(words)-1] == id || id == "" && value == name
	}
	return !commit.External() && own(commit.Trailer("Channel"), c.request.Channel.ID, c.request.Channel.Name) && own(commit.Trailer("Actor"), c.request.Actor.ID, c.request.Actor.Name)
}

// undone returns the changes since a time that an undo took back which is in force: by the name of the commit, and who did it.
func (c *call) undone(ctx context.Context, since time.Time) (map[string]rules.PastCommit, error) {
	undos, _, err := changesOf(c.ofAll(ctx), rules.HistoryQuery{Action: (rules.Undo{}).Action(), Since: since.Add(-undoSlack)}, maxVersions)
	if err != nil {
		return nil, err
	}
	undone := map[string]rules.PastCommit{}
	for _, undo := range undos { // the newest first: whether an undo is undone itself is known when it comes
		of := undo.commit.Trailer(rules.TrailerUndoes)
		if of == "" || of == undo.commit.Trailer("Request-Id") { // the service's own, of what a ruler refused
			undone[undo.commit.Name()] = undo.commit
			continue
		}
		if _, again := undone[undo.commit.Name()]; !again {
			undone[of] = undo.commit
		}
	}
	return undone, nil
}
