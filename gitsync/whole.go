package gitsync

import (
	"context"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// maxTreeDepth is how deep directories may be that are taken from a Git server. Those deeper than maxDepth are kept and not listed.
const maxTreeDepth = 256

// assertWhole fails unless all that tip needs is in the repository, given that all that the commits known need is. types are the objects that
// came with it.
func (r *Rulebook) assertWhole(ctx context.Context, tip plumbing.Hash, known []plumbing.Hash, types map[plumbing.Hash]plumbing.ObjectType) error {
	came, err := r.objects.beyond(ctx, tip, known...)
	if err != nil {
		return err
	}
	c := &completeness{objects: r.objects, types: types, whole: map[plumbing.Hash]bool{}}
	for _, n := range came.commits {
		before := plumbing.ZeroHash
		if len(n.parents) > 0 {
			before = came.walk.nodes[n.parents[0]].root
		}
		if err := c.tree(before, n.root, 0); err != nil {
			return fmt.Errorf("commit %s: %w", n.hash, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// completeness looks whether directories have all that they name.
type completeness struct {
	objects *objects
	types   map[plumbing.Hash]plumbing.ObjectType
	whole   map[plumbing.Hash]bool
}

// tree fails unless a directory is there with all that is in it. What another one, which is whole, has as well is not looked at.
func (c *completeness) tree(before, after plumbing.Hash, depth int) error {
	if before == after || c.whole[after] {
		return nil
	}
	if depth > maxTreeDepth {
		return fmt.Errorf("%w: directories deeper than %d", errPack, maxTreeDepth)
	}
	if err := c.stored(after, plumbing.TreeObject); err != nil {
		return err
	}
	was, now, err := c.objects.treesToCompare(before, after)
	if err != nil {
		return err
	}
	for _, e := range now {
		switch {
		case e.Mode == filemode.Submodule || e == was[e.Name]:
		case e.Mode == filemode.Dir:
			if err := c.tree(directory(was[e.Name]), e.Hash, depth+1); err != nil {
				return err
			}
		default:
			if err := c.stored(e.Hash, plumbing.BlobObject); err != nil {
				return err
			}
		}
	}
	c.whole[after] = true
	return nil
}

// stored fails unless an object is in the repository, whatever is remembered in memory, and is what it has to be.
func (c *completeness) stored(hash plumbing.Hash, t plumbing.ObjectType) error {
	if is, came := c.types[hash]; came {
		if is != t {
			return fmt.Errorf("%w: %s has to be a %s and is a %s", errPack, hash, t, is)
		}
		return nil
	}
	_, err := c.objects.read(t, hash, maxObject)
	return err
}
