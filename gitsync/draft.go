package gitsync

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// draft is commits that were made one on top of the other and are not part of the rulebook yet. Their objects are in memory,
// readable through the trees that add returns. Whoever has the writer's token may have one at a time, and drops it in the end.
type draft struct {
	rulebook *Rulebook
	tip      *tree // the newest of the commits; where the draft began while there is none
	made     []plumbing.EncodedObject
}

// newDraft begins a draft on top of a commit.
func (r *Rulebook) newDraft(onto *tree) *draft { return &draft{rulebook: r, tip: onto} }

// add makes one commit on top of the last one, and returns the state at it. A commit that changes nothing or does not fit the
// tree is a *rules.Error of kind Conflict, one with a path that cannot be written or no date is Invalid; any other failure is
// Unavailable. After an error the draft is as it was.
func (d *draft) add(c rules.Commit) (*tree, error) {
	if c.When.Unix() <= 0 {
		return nil, &rules.Error{Kind: rules.Invalid, Text: "nothing was changed: the change has no date that Git can hold", Offset: -1}
	}
	planned, err := newEdit(withContents(c.Files))
	if err != nil {
		return nil, err
	}
	r := d.rulebook
	b := &builder{objects: r.objects}
	next := &tree{objects: r.objects}
	next.root, err = b.tree(d.tip.root, planned, "")
	if err != nil {
		return nil, r.unchanged(err)
	}
	if next.root == d.tip.root || d.tip.root.IsZero() && next.root == emptyTree {
		return nil, &rules.Error{Kind: rules.Conflict, Text: "nothing to change: the rulebook says this already", Offset: -1}
	}
	next.commit, err = b.commit(d.tip, next.root, r.committer, c, r.sign)
	if err != nil {
		return nil, r.unchanged(err)
	}
	r.step(StepCompare)
	fresh := r.objects.hold(b.made)
	if err := r.objects.assertPlanned(d.tip.root, next.root, c.Files); err != nil {
		r.objects.release(fresh)
		return nil, r.unchanged(err)
	}
	d.tip, d.made = next, append(d.made, fresh...)
	return next, nil
}

// land lands all commits of the draft, with the branch moving from base, or none of them.
func (d *draft) land(ctx context.Context, base plumbing.Hash) error {
	return d.rulebook.land(ctx, base, d.made, d.tip.commit)
}

// drop forgets what the draft holds in memory. What has landed is read from the disk from now on.
func (d *draft) drop() { d.rulebook.objects.release(d.made) }

// emptyTree is the hash of a directory without entries.
var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// commit makes the commit object, and signs it when sign is not nil.
func (b *builder) commit(parent *tree, root plumbing.Hash, committer rules.Person, c rules.Commit, sign Signer) (plumbing.Hash, error) {
	o := object.Commit{
		Author:    signature(c.Author, c.When),
		Committer: signature(committer, c.When),
		Message:   message(c),
		TreeHash:  root,
	}
	if !parent.commit.IsZero() {
		o.ParentHashes = []plumbing.Hash{parent.commit}
	}
	if err := sign.sign(&o); err != nil {
		return plumbing.ZeroHash, err
	}
	return b.add(o.Encode)
}
