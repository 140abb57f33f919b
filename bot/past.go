package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var (
	hashPrefix = regexp.MustCompile(`^[0-9a-f]{4,64}$`)
	requestID  = regexp.MustCompile(`^[0-9a-z]{26}$`)
)

// maxOfRequest is how many commits of one request are looked at: there are three at most.
const maxOfRequest = 10

// commit returns the commit that a text names: a hash or its first digits, or the id of the request that it was made for, or that stands for it. field is the
// argument's name for the error, and before what stands before the text in that argument.
func (c *call) commit(ctx context.Context, field, before, text string) (rules.PastCommit, error) {
	name := commitName(text)
	if requestID.MatchString(name) {
		changes, err := c.backend.Changes(ctx, rules.HistoryQuery{Request: name, Limit: maxOfRequest})
		if err != nil {
			return rules.PastCommit{}, err
		}
		if len(changes) > 0 {
			return changes[len(changes)-1].Commit, nil // the oldest: what took it back comes later
		}
	}
	if hash, pushed := strings.CutPrefix(name, "git"); pushed && hashPrefix.MatchString(hash) {
		name = hash // the id that a pushed commit has in the journal
	}
	if !hashPrefix.MatchString(name) {
		if requestID.MatchString(name) {
			return rules.PastCommit{}, c.claimed(ctx, field, before, name)
		}
		text := fmt.Sprintf("%q is no commit: write at least 4 digits of its hash, or the id of the request that made it. The command history shows both.", cut(name, 60))
		return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Field: field, Offset: -1, Text: text}
	}
	commit, err := c.backend.Commit(ctx, name)
	if e, ok := errors.AsType[*rules.Error](err); ok {
		own := *e
		own.Field, own.Offset, own.Fixes = field, -1, nil
		for _, fix := range e.Fixes {
			own.Fixes = append(own.Fixes, before+fix)
		}
		return commit, &own
	}
	return commit, err
}

// commitName returns a commit's hash, or a request's id, as it was meant.
func commitName(text string) string { return strings.Trim(fold(strings.TrimSpace(text)), "`") }

// kept returns the commit that a text names by its hash or its first digits, and that the branch had once. unknown is the error where there is none.
func (c *call) kept(ctx context.Context, text string, unknown error) (rules.PastCommit, error) {
	hash := commitName(text)
	if c.backend.Kept == nil || !hashPrefix.MatchString(hash) {
		return rules.PastCommit{}, unknown
	}
	commit, err := c.backend.Kept(ctx, hash)
	if rules.KindOf(err) == rules.NotFound {
		err = unknown
	}
	return commit, err
}

// versions returns what happened to the rule of an address. One that is gone is looked for by its name, in whatever group it was.
func (c *call) versions(ctx context.Context, book *rules.Book, address string, query rules.HistoryQuery) ([]rules.Version, error) {
	return rules.Life(ctx, book, address, query, c.backend.History)
}

// commitInstead returns, in place of the error about a rule that is not there, one that tells of the commit that the address names: by its hash or the
// id of its request. Its fixes are the command's lines for the rules that the commit changed.
func (c *call) commitInstead(ctx context.Context, address string, err error) error {
	if rules.KindOf(err) != rules.NotFound {
		return err
	}
	commit, unknown := c.commit(ctx, "name", "", address)
	if unknown != nil {
		return err
	}
	changes, historyErr := c.backend.Changes(ctx, rules.HistoryQuery{Revision: commit.Revision})
	if historyErr != nil || len(changes) == 0 {
		return err
	}
	e := &rules.Error{Kind: rules.NotFound, Offset: -1, Text: fmt.Sprintf("%q is no rule, but a commit: %s of %s by %s.", cut(address, 80),
		oneLine(cut(commit.Subject, 200)), c.when(commit.When), oneLine(cut(commit.Author.Name, 100)))}
	for _, v := range changes[0].Versions[:min(len(changes[0].Versions), fixesShown)] {
		name := v.Ref.Name
		if c.command == "show" || c.command == "restore" {
			name += "@" + short(commit.Revision)
		}
		e.Fixes = append(e.Fixes, c.command+" "+quote(name))
	}
	e.Fixes = append(e.Fixes, "undo "+short(commit.Revision))
	return e
}

// journalInstead adds to the error about a rule that the history does not know that the journal tells of it: the branch may have been put elsewhere.
func (c *call) journalInstead(ctx context.Context, name string, err error) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok || e.Kind != rules.NotFound {
		return err
	}
	found, journalErr := c.backend.Journal(ctx, rules.JournalQuery{Rule: name, Changed: rules.Yes, Limit: 1})
	if journalErr != nil || len(found.Entries) == 0 {
		return err
	}
	return &rules.Error{
		Kind: rules.NotFound, Offset: -1, Text: e.Text + " The journal tells of such a rule, which the rulebook's history does not have any more.", Fixes: []string{"journal rule=" + quote(name)},
	}
}

// gone adds to the error about a rule that is not there how it went, and the line that brings it back.
func (c *call) gone(ctx context.Context, book *rules.Book, address string, err error) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok || e.Kind != rules.NotFound {
		return err
	}
	versions, historyErr := c.versions(ctx, book, address, rules.HistoryQuery{Limit: 1})
	if rules.KindOf(historyErr) == rules.NotFound {
		return c.commitInstead(ctx, address, err)
	}
	if historyErr != nil || len(versions) == 0 || versions[0].Kind != rules.RuleDeleted {
		return err
	}
	v, line := versions[0], "restore "
	if then, err := c.backend.BookAt(ctx, v.Commit.Parent); err == nil && !book.Restores(then, v.Ref, rules.Ref{}) {
		line = "show " // what it said: its file is edited by hand
	}
	return &rules.Error{
		Kind: rules.NotFound, Offset: -1,
		Text:  fmt.Sprintf("%q is gone: it was deleted on %s by %s.", address, c.when(v.Commit.When), v.Commit.Author.Name),
		Fixes: []string{line + quote(address+"@"+short(v.Commit.Parent))},
	}
}

// ruleThen is a rule as it was at a commit.
type ruleThen struct {
	entry  rules.Entry
	book   *rules.Book      // in which it stood
	commit rules.PastCommit // that was asked for
	before bool             // the rule stood there before the commit, which deleted it
	moved  *rules.Version   // what the commit did, where it moved or renamed the rule; nil where it did not
	left   bool             // and it took the address from the rule, which was asked for
	now    *rules.Ref       // where it stands now, when it was found by its address of today
}

// ruleAt returns the rule of an address as it was at a commit. It is followed through the names and places that it had: the address may be
// that of then or today's. At the commit that deleted it, it is what was deleted.
func (c *call) ruleAt(ctx context.Context, newest *rules.Book, address string, commit rules.PastCommit) (ruleThen, error) {
	then, err := c.backend.BookAt(ctx, commit.Revision)
	if err != nil {
		return ruleThen{}, err
	}
	entry, findErr := then.FindOrPaused(address)
	if findErr == nil {
		return ruleThen{entry: entry, book: then, commit: commit, moved: c.movedBy(ctx, commit, func(v rules.Version) bool { return v.Ref == entry.Ref })}, nil
	}
	if rules.KindOf(findErr) == rules.Conflict {
		return ruleThen{}, c.ambiguousThen(findErr, commit)
	}
	if entry, now, followed := c.followed(ctx, newest, address, commit, then); followed {
		return ruleThen{entry: entry, book: then, commit: commit, now: &now}, nil
	}
	before, err := c.backend.BookAt(ctx, commit.Parent)
	if err != nil {
		return ruleThen{}, err
	}
	if entry, err := before.FindOrPaused(address); err == nil {
		moved := c.movedBy(ctx, commit, func(v rules.Version) bool { return v.From == entry.Ref })
		if moved == nil {
			return ruleThen{entry: entry, book: before, commit: commit, before: true}, nil
		}
		if entry, there := then.Get(moved.Ref); there {
			return ruleThen{entry: entry, book: then, commit: commit, moved: moved, left: true}, nil
		}
	}
	e := &rules.Error{Kind: rules.NotFound, Field: "name", Offset: -1,
		Text: fmt.Sprintf("At the commit %s of %s there was no rule %q.", short(commit.Revision), c.when(commit.When), address)}
	if found, ok := errors.AsType[*rules.Error](findErr); ok {
		e.Fixes = at(found.Fixes, commit)
	}
	return ruleThen{}, e
}

// maxMoved is how many rules that one commit changed are looked through for one that it moved.
const maxMoved = 10_000

// movedBy returns what a commit did to the rule of which that is true, where it moved or renamed it; nil where it did not, or the history does not tell.
func (c *call) movedBy(ctx context.Context, commit rules.PastCommit, of func(rules.Version) bool) *rules.Version {
	versions, err := c.backend.History(ctx, rules.HistoryQuery{Revision: commit.Revision, Limit: maxMoved})
	if err != nil {
		return nil
	}
	for _, v := range versions {
		if kind, _ := v.Told(); kind == rules.RuleMoved && of(v) {
			return &v
		}
	}
	return nil
}

// followed returns the rule that has an address today as it was at a commit, and where it stands now.
func (c *call) followed(ctx context.Context, newest *rules.Book, address string, commit rules.PastCommit, then *rules.Book) (entry rules.Entry, at rules.Ref, ok bool) {
	now, err := newest.FindOrPaused(address)
	if err != nil {
		return rules.Entry{}, rules.Ref{}, false
	}
	versions, err := c.backend.History(ctx, rules.HistoryQuery{Rule: &now.Ref, UpTo: commit.Revision, Limit: 1})
	if err != nil || len(versions) == 0 || versions[0].Kind == rules.RuleDeleted {
		return rules.Entry{}, rules.Ref{}, false
	}
	entry, ok = then.Get(versions[0].Ref)
	return entry, now.Ref, ok
}

// ambiguousThen returns the error about an address that several rules had, with what to write instead.
func (c *call) ambiguousThen(err error, commit rules.PastCommit) error {
	e, ok := errors.AsType[*rules.Error](err)
	if !ok {
		return err
	}
	own := *e
	own.Field, own.Fixes = "name", at(e.Fixes, commit)
	return &own
}

// at returns addresses with a commit behind them.
func at(addresses []string, commit rules.PastCommit) []string {
	var fixes []string
	for _, address := range addresses {
		fixes = append(fixes, address+"@"+short(commit.Revision))
	}
	return fixes
}

// commitText tells of a commit in a line: what, by whom, when, as what.
func (c *call) commitText(commit rules.PastCommit) string {
	return fmt.Sprintf("**%s** of %s by %s, commit %s", escape(oneLine(cut(commit.Subject, 200))), escape(c.when(commit.When)),
		escape(oneLine(cut(commit.Author.Name, 100))), code(short(commit.Revision)))
}

// movedThenText says from where to where a version moved its rule, or what it was called before; "" for none.
func movedThenText(v *rules.Version) string {
	if v == nil {
		return ""
	}
	did, from, to := "moved", v.From.Path+", group "+v.From.Group, v.Ref.Path+", group "+v.Ref.Group
	switch {
	case from == to:
		did, from, to = "renamed", v.From.Name, v.Ref.Name
	case v.From.Name != v.Ref.Name:
		from, to = v.From.Name+" in "+from, v.Ref.Name+" in "+to
	}
	return ", which " + did + " it from " + code(shortCut(from)) + " to " + code(shortCut(to))
}

// hashAndTime names a commit by its hash and date.
func (c *call) hashAndTime(commit rules.PastCommit) string {
	return "commit " + code(short(commit.Revision)) + ", " + escape(c.when(commit.When))
}
