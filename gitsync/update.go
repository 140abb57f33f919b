package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxAttempts = 12                     // to win against other writers
	maxPause    = 250 * time.Millisecond // between two of them
)

var errClosed = errors.New("the rulebook is closed")

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
		return nil, unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	if hash.IsZero() {
		return &tree{objects: r.objects}, nil
	}
	commit, err := r.objects.commit(hash)
	if err != nil {
		return nil, unavailable(err, "the newest commit of the rulebook %s cannot be read", r.dir)
	}
	return &tree{objects: r.objects, commit: hash, root: commit.TreeHash}, nil
}

// Update runs plan against the newest state and writes what it returns as one commit, which is durable when Update returns
// the new state. Updates run one after another; plan runs again when somebody pushed to the repository meanwhile, so it
// must be pure. ctx can end the waiting and the trying again, but not a commit that is being written.
//
// An error of plan is returned as it is. A plan that changes nothing or does not fit the tree is a *rules.Error of kind
// Conflict, one with a path that cannot be written or no date is Invalid; any other failure is Unavailable. On an error nothing
// was changed, with one exception that its text names: a disk that takes the branch's new value and twice refuses to confirm it.
func (r *Rulebook) Update(ctx context.Context, plan func(rules.Tree) (rules.Commit, error)) (rules.Tree, error) {
	select {
	case <-r.writer:
		defer func() { r.writer <- struct{}{} }()
	case <-r.closed:
		return nil, unavailable(errClosed, "nothing was changed: the service is stopping")
	case <-ctx.Done():
		return nil, unavailable(ctx.Err(), "nothing was changed: other changes took too long")
	}
	for attempt := 0; ; attempt++ {
		r.step(StepPlan)
		head, err := r.head()
		if err != nil {
			return nil, err
		}
		commit, err := plan(head)
		if err != nil {
			return nil, err
		}
		now, err := r.write(head, commit)
		if err == nil {
			r.step(StepDone)
			return now, nil
		}
		if !errors.Is(err, errMoved) && !errors.Is(err, errLocked) {
			return nil, err
		}
		if attempt == maxAttempts-1 {
			return nil, unavailable(err, "nothing was changed: other programs keep writing to the rulebook %s; if none is, remove the file %s.lock there", r.dir, r.branch)
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, unavailable(err, "nothing was changed: other changes took too long")
		}
	}
}

// pause waits longer after each attempt, and never as long as another writer that waits as well.
func pause(ctx context.Context, attempt int) error {
	longest := min(maxPause, 4*time.Millisecond<<attempt)
	select {
	case <-time.After(longest/2 + rand.N(longest/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write writes one commit on top of head and moves the branch to it.
func (r *Rulebook) write(head *tree, c rules.Commit) (*tree, error) {
	if c.When.Unix() <= 0 {
		return nil, &rules.Error{Kind: rules.Invalid, Text: "nothing was changed: the change has no date that Git can hold", Offset: -1}
	}
	planned, err := newEdit(c.Files)
	if err != nil {
		return nil, err
	}
	b := &builder{objects: r.objects}
	next := &tree{objects: r.objects}
	next.root, err = b.tree(head.root, planned, "")
	if err != nil {
		return nil, unchanged(err)
	}
	if next.root == head.root || head.root.IsZero() && next.root == emptyTree {
		return nil, conflict("nothing to change: the rulebook says this already")
	}
	next.commit, err = b.commit(head, next.root, r.committer, c)
	if err != nil {
		return nil, unchanged(err)
	}
	r.step(StepObjects)
	if err := r.fs.write(b.made); err != nil {
		return nil, unchanged(err)
	}
	r.step(StepCompare)
	if err := r.objects.assertPlanned(head.root, next.root, c.Files); err != nil {
		return nil, unchanged(err)
	}
	if err := r.move(head.commit, next.commit); err != nil {
		return nil, unchanged(err)
	}
	return next, nil
}

// move moves the branch. A failure after the rename leaves open whether the move is on the disk, so it is decided by what
// the branch says now: if it moved, its directory is forced to the disk once more.
func (r *Rulebook) move(from, to plumbing.Hash) error {
	err := moveRef(r.fs, r.branch, from, to)
	if err == nil || errors.Is(err, errLocked) || errors.Is(err, errMoved) {
		return err
	}
	if now, readErr := readRef(r.fs, r.branch); readErr != nil || now != to {
		return err
	}
	if again := r.fs.syncDir(path.Dir(r.branch.String())); again != nil {
		return unavailable(errors.Join(err, again), "the change is committed as %s, but the disk did not confirm it: it may be lost when the power fails", to)
	}
	r.log.Warn("the disk confirmed a commit only when asked again", "commit", to.String(), "err", err)
	return nil
}

// unchanged makes any error that is not ours yet one of kind Unavailable that says that nothing happened.
func unchanged(err error) error {
	if _, ok := errors.AsType[*rules.Error](err); ok || errors.Is(err, errLocked) || errors.Is(err, errMoved) {
		return err
	}
	return unavailable(err, "nothing was changed: the rulebook cannot be written")
}

// emptyTree is the hash of a directory without entries.
var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// commit makes the commit object.
func (b *builder) commit(parent *tree, root plumbing.Hash, committer rules.Person, c rules.Commit) (plumbing.Hash, error) {
	o := object.Commit{
		Author:    signature(c.Author, c.When),
		Committer: signature(committer, c.When),
		Message:   message(c),
		TreeHash:  root,
	}
	if !parent.commit.IsZero() {
		o.ParentHashes = []plumbing.Hash{parent.commit}
	}
	return b.add(o.Encode)
}
