package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// alternates is the file in which `git clone --shared` notes whose objects a repository borrows.
const alternates = "objects/info/alternates"

// Head returns the newest state. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) Head(ctx context.Context) (rules.Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	return head, nil
}

// At returns the state at a commit, given by its full hash; fs.ErrNotExist when the rulebook has no such commit.
func (r *Rulebook) At(ctx context.Context, revision string) (rules.Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	hash := plumbing.NewHash(revision)
	commit, err := r.objects.commit(hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, fmt.Errorf("commit %s: %w", revision, fs.ErrNotExist)
	}
	if err != nil {
		return nil, unavailable(err, "the commit %s of the rulebook %s cannot be read", revision, r.dir)
	}
	return &tree{objects: r.objects, commit: hash, root: commit.TreeHash}, nil
}

func (r *Rulebook) head() (*tree, error) {
	hash, err := readRef(r.fs, r.branch)
	if err != nil {
		return nil, unavailable(err, "%s", "the rulebook "+r.dir+" cannot be read"+r.whyUnreadable(err))
	}
	if hash.IsZero() {
		return &tree{objects: r.objects}, nil
	}
	if last := r.newest.Load(); last != nil && last.commit == hash {
		return last, nil
	}
	commit, err := r.objects.commit(hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		if _, borrows := r.fs.Stat(alternates); borrows == nil {
			return nil, unavailable(err, "the newest commit of the rulebook %s is not in it: it borrows objects of another repository (%s), which is not supported. "+
				"Run `git -C %s repack -a -d`, and remove that file", r.dir, alternates, r.dir)
		}
	}
	if err != nil {
		return nil, unavailable(err, "%s", "the newest commit of the rulebook "+r.dir+" cannot be read"+r.whyUnreadable(err))
	}
	head := &tree{objects: r.objects, commit: hash, root: commit.TreeHash}
	r.newest.Store(head)
	return head, nil
}
