package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// Log implements rules.Store. A shallow clone's history begins where the clone was cut off. Failures to read are *rules.Error of kind
// Unavailable.
func (r *Rulebook) Log(ctx context.Context, from, to string, visit func(rules.PastCommit) error) error {
	commits, err := r.Commits(ctx, from, to)
	if err != nil {
		return err
	}
	return commits.Visit(ctx, visit)
}

// Commits are those that Log visits, found and not read yet.
type Commits struct {
	dir     string
	service string // the address of the committer of our commits
	walk    *walk
	found   []*node // the oldest first
}

// Commits finds the commits that Log visits; it fails as Log does.
func (r *Rulebook) Commits(ctx context.Context, from, to string) (*Commits, error) {
	for _, revision := range []string{from, to} {
		if err := r.has(revision); err != nil {
			return nil, err
		}
	}
	w, err := newWalk(r.objects)
	var found []*node
	if err == nil {
		found, err = w.between(ctx, plumbing.NewHash(to), everything, plumbing.NewHash(from))
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	return &Commits{r.dir, r.serviceAddress(), w, found}, nil
}

// Len returns how many there are.
func (c *Commits) Len() int { return len(c.found) }

// Has reports whether a commit, given by its full hash, is one of them.
func (c *Commits) Has(revision string) bool {
	n := c.walk.nodes[plumbing.NewHash(revision)]
	return n != nil && n.found()
}

// Visit calls visit for each of them as Log does.
func (c *Commits) Visit(ctx context.Context, visit func(rules.PastCommit) error) error {
	for _, n := range c.found {
		past, err := c.walk.past(ctx, n, c.service)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return unavailable(err, "the commit %s of the rulebook %s cannot be read", n.hash, c.dir)
		}
		if err := visit(past); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Content returns the bytes of the file that has this content id, which the caller must not change: ErrTooLarge is in the chain of the
// error about a file that is larger than 4 MB. Any failure is a *rules.Error of kind Unavailable.
func (r *Rulebook) Content(ctx context.Context, id string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	content, err := r.objects.blob(plumbing.NewHash(id))
	if err != nil {
		return nil, unavailable(err, "the content %s cannot be read from the rulebook %s", id, r.dir)
	}
	return content, nil
}

// has returns nil when revision is "" or the full hash of a commit that is there.
func (r *Rulebook) has(revision string) error {
	if revision == "" {
		return nil
	}
	_, err := r.objects.commit(plumbing.NewHash(revision))
	if errors.Is(err, plumbing.ErrObjectNotFound) || !plumbing.IsHash(revision) {
		return fmt.Errorf("commit %s: %w", revision, fs.ErrNotExist)
	}
	if err != nil {
		return unavailable(err, "the commit %s of the rulebook %s cannot be read", revision, r.dir)
	}
	return nil
}

// past returns a commit that the walk found, with the files in which it differs from every parent. service is the address of the committer of
// our commits.
func (w *walk) past(ctx context.Context, n *node, service string) (rules.PastCommit, error) {
	commit, err := w.objects.commit(n.hash)
	if err != nil {
		return rules.PastCommit{}, err
	}
	past := readMessage(commit.Message)
	past.Revision = n.hash.String()
	past.Author.Name, past.Author.Email, past.When = commit.Author.Name, commit.Author.Email, commit.Committer.When
	if commit.Committer.Email != service { // cherry-pick, rebase and amend keep the message of a commit of ours
		past = past.Disowned()
	}
	for _, parent := range n.parents {
		past.Parents = append(past.Parents, parent.String())
	}
	if len(n.parents) > 0 {
		past.Parent = past.Parents[0]
	}
	past.Files, err = w.changedFiles(ctx, n)
	if past.Cut = errors.Is(err, errTooMuch); past.Cut {
		past.Files, err = nil, nil
	}
	return past, err
}

// changedFiles returns the files in which a commit differs from every one of its parents; errTooMuch for all of them together.
func (w *walk) changedFiles(ctx context.Context, n *node) ([]rules.PastFile, error) {
	c := &comparison{objects: w.objects, stopped: ctx.Err, left: maxEntries}
	roots := []plumbing.Hash{{}} // of the parents; of none, what is empty
	if len(n.parents) > 0 {
		roots = roots[:0]
	}
	for _, parent := range n.parents {
		roots = append(roots, w.nodes[parent].root)
	}
	var differ []map[string]differs // from each of the parents
	for _, root := range roots {
		c.differ = map[string]differs{}
		if err := c.directories(root, n.root, ""); err != nil {
			return nil, err
		}
		if len(c.differ) == 0 {
			return nil, nil
		}
		differ = append(differ, c.differ)
	}
	var files []rules.PastFile
	for _, path := range slices.Sorted(maps.Keys(differ[0])) {
		file, fromAll := rules.PastFile{Path: path, Before: contentID(differ[0][path].before), After: contentID(differ[0][path].after)}, true
		for _, further := range differ[1:] {
			d, fromThis := further[path]
			file.Others, fromAll = append(file.Others, contentID(d.before)), fromAll && fromThis
		}
		if fromAll {
			files = append(files, file)
		}
	}
	return files, nil
}

// contentID returns what List has for the path; "" when that is nothing.
func (t *tree) contentID(path string) (string, error) {
	entry, err := t.find(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return contentID(entry), err
}

// contentID returns what List has for the entry; "" when that is nothing.
func contentID(e object.TreeEntry) string {
	if !regular(e.Mode) {
		return ""
	}
	return e.Hash.String()
}
