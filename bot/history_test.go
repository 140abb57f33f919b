package bot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// pastIn is the history of a rulebook in memory, as the index of the real one tells it, and as slow as can be.
type pastIn struct{ c *chat }

// tell gives the backend all that it is asked of the past.
func (c *chat) tell() {
	p := pastIn{c}
	c.backend.Changes = p.changes
	c.backend.History, c.backend.Commit, c.backend.StateAt, c.backend.BookAt = p.history, p.commit, p.stateAt, c.applier.BookAt
	c.journalOf()
}

func (p pastIn) log(ctx context.Context) ([]rules.PastCommit, error) {
	head, err := p.c.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	var commits []rules.PastCommit
	err = p.c.store.Log(ctx, "", head.Revision(), func(commit rules.PastCommit) error {
		commits = append(commits, commit)
		return nil
	})
	slices.Reverse(commits)
	return commits, err
}

// versions returns all that happened, the newest first.
func (p pastIn) versions(ctx context.Context) ([]rules.Version, error) {
	commits, err := p.log(ctx)
	if err != nil {
		return nil, err
	}
	book, err := p.c.applier.Book(ctx)
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, commit := range commits {
		tree, err := p.c.store.At(ctx, commit.Revision)
		if err != nil {
			return nil, err
		}
		list, err := tree.List("")
		if err != nil {
			return nil, err
		}
		for path, id := range list {
			if contents[id], err = tree.Read(path); err != nil {
				return nil, err
			}
		}
	}
	historian := rules.NewHistorian(book.Rulers(), func(_ context.Context, id string) ([]byte, error) { return contents[id], nil })
	var all []rules.Version
	for _, commit := range commits {
		versions, err := historian.Versions(ctx, commit)
		if err != nil {
			return nil, err
		}
		all = append(all, versions...)
	}
	return all, nil
}

func (p pastIn) history(ctx context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
	all, err := p.versions(ctx)
	if err != nil {
		return nil, err
	}
	var found []rules.Version
	did := map[string]rules.ChangeKind{"add": rules.RuleAdded, "delete": rules.RuleDeleted, "edit": rules.RuleChanged}
	at := q.Rule
	if at != nil {
		last := standsLast(all, *at)
		at = &last
	}
	behind := q.UpTo != ""
	for _, v := range all {
		if at != nil && v.Ref != *at {
			continue
		}
		if at != nil && v.Kind == rules.RuleMoved {
			at = &v.From
		}
		if behind = behind && !p.leads(ctx, v.Commit.Revision, q.UpTo); behind {
			continue
		}
		actor := strings.ToLower(v.Commit.Trailer("Actor"))
		if q.Name != "" && q.Name != v.Ref.Name || q.Action != "" && q.Action != v.Action && v.Kind != did[q.Action] || q.Request != "" && q.Request != v.Commit.Trailer("Request-Id") ||
			q.By != "" && !slices.Contains(append(strings.Fields(actor), strings.ToLower(v.Commit.Author.Name)), strings.ToLower(q.By)) ||
			v.Commit.When.Before(q.Since) || !q.Until.IsZero() && !v.Commit.When.Before(q.Until) {
			continue
		}
		found = append(found, v)
	}
	if q.Limit == 0 {
		q.Limit = 20
	}
	found = found[min(q.Offset, len(found)):]
	return found[:min(q.Limit, len(found))], nil
}

// leads reports whether a commit is another one or stands before it.
func (p pastIn) leads(ctx context.Context, revision, upTo string) bool {
	commits, err := p.log(ctx)
	index := func(hash string) int {
		return slices.IndexFunc(commits, func(c rules.PastCommit) bool { return c.Revision == hash })
	}
	return err == nil && index(revision) >= index(upTo)
}

// changes is history commit by commit.
func (p pastIn) changes(ctx context.Context, q rules.HistoryQuery) ([]rules.PastChange, error) {
	all := q
	all.Limit, all.Offset = 1_000_000, 0
	versions, err := p.history(ctx, all)
	var found []rules.PastChange
	for _, v := range versions {
		if q.Revision != "" && q.Revision != v.Commit.Revision || q.Undoes != "" && (v.Action != "undo" || q.Undoes != v.Commit.Trailer(rules.TrailerUndoes)) {
			continue
		}
		if len(found) == 0 || found[len(found)-1].Commit.Revision != v.Commit.Revision {
			found = append(found, rules.PastChange{Commit: v.Commit, Action: v.Action, Did: map[rules.ChangeKind]int{}})
		}
		last := &found[len(found)-1]
		kind, _ := v.Told()
		last.Did[kind]++
		last.Versions = append(last.Versions, v)
	}
	if q.Limit == 0 {
		q.Limit = 20
	}
	found = found[min(q.Offset, len(found)):]
	return found[:min(q.Limit, len(found))], err
}

// standsLast follows the rule that stood at a place last to where it stands now, or stood last. The newest version comes first.
func standsLast(all []rules.Version, at rules.Ref) rules.Ref {
	for i, v := range all {
		if v.Ref == at {
			return at
		}
		if v.Kind == rules.RuleMoved && v.From == at {
			return standsLast(all[:i], v.Ref)
		}
	}
	return at
}

func (p pastIn) commit(ctx context.Context, prefix string) (rules.PastCommit, error) {
	commits, err := p.log(ctx)
	if err != nil {
		return rules.PastCommit{}, err
	}
	var found []rules.PastCommit
	var fixes []string
	for _, commit := range commits {
		if strings.HasPrefix(commit.Revision, prefix) {
			found, fixes = append(found, commit), append(fixes, commit.Revision[:12])
		}
	}
	switch len(found) {
	case 0:
		return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Offset: -1, Text: fmt.Sprintf("The rulebook has no commit %q.", prefix)}
	case 1:
		return found[0], nil
	}
	return rules.PastCommit{}, &rules.Error{Kind: rules.Conflict, Offset: -1, Text: fmt.Sprintf("%d commits begin with %q.", len(found), prefix), Fixes: fixes}
}

func (p pastIn) stateAt(ctx context.Context, at time.Time) (rules.StateAt, error) {
	commits, err := p.log(ctx)
	for _, commit := range commits {
		if !commit.When.After(at) {
			return rules.StateAt{Revision: commit.Revision, Date: commit.When, Since: commit.When}, err
		}
	}
	return rules.StateAt{}, err
}

// pushed makes a commit that somebody pushed.
func (c *chat) pushed(subject string, files map[string]string) {
	c.t.Helper()
	_, err := c.store.Update(c.t.Context(), func(rules.Tree) (rules.Commit, error) {
		commit := rules.Commit{Author: rules.Person{Name: "Bob Builder"}, When: c.now, Subject: subject, Files: map[string][]byte{}}
		for path, content := range files {
			commit.Files[path] = []byte(content)
			if content == "" {
				commit.Files[path] = nil
			}
		}
		return commit, nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// head returns the newest commit.
func (c *chat) head() string {
	c.t.Helper()
	head, err := c.store.Head(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return head.Revision()
}

// read returns a file of the newest commit; "" when it is not there.
func (c *chat) read(path string) string {
	c.t.Helper()
	head, err := c.store.Head(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	content, err := head.Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.t.Fatal(err)
	}
	return string(content)
}

// step lets an hour pass and says something.
func (c *chat) step(text string) answered {
	c.t.Helper()
	c.now = c.now.Add(time.Hour)
	return c.say(text)
}

// must says something that has to succeed, an hour later, and returns the answer's text and the commit that it made.
func (c *chat) must(text string) (answer, commit string) {
	c.t.Helper()
	got := c.step(text)
	if c.last().Outcome.Result != rules.Success {
		c.t.Fatalf("%s: %s", text, got.Text)
	}
	return got.Text, c.last().Outcome.Revision
}

func requireParts(t testing.TB, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("no %q in its place in\n%s", part, text)
		}
		rest = after
	}
}
