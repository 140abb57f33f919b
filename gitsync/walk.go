package gitsync

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxLookBehind is how many commits before the wanted ones are looked at for a clock that went wrong, where merges make that necessary. Git
// looks at 5 (revision.c, SLOP), and so lists commits in A..B that lead to A. Where the first commit of a history was found, all are looked at: the
// old ones begin with it too, unless the two have nothing in common.
const maxLookBehind = 1000

// everything is a limit that none is.
const everything = math.MaxInt

// node is a commit in the graph of a walk: all that its order needs, as a history is too long to hold whole commits of it.
type node struct {
	hash, root plumbing.Hash // of the commit and of its directory
	parents    []plumbing.Hash
	seconds    int64 // the committer's date, since 1970
	old        bool  // the walk's old end leads to it
	passed     bool  // its parents were visited
	children   int   // that are not yet in order, see oldestFirst
}

// found reports whether the walk found the node and did not find it old later.
func (n *node) found() bool { return n.passed && !n.old }

// walk goes from two ends of a history, an old and a new one, down to what both have.
type walk struct {
	objects *objects
	shallow map[plumbing.Hash]bool // commits whose parents a shallow clone has left out
	nodes   map[plumbing.Hash]*node
	next    newestFirst // whose parents are not visited yet
	wanted  int         // how many of those are not old
	found   int         // how many nodes the walk found, see node.found
}

func newWalk(o *objects) (*walk, error) {
	shallow, err := o.shallow()
	return &walk{objects: o, shallow: shallow, nodes: map[plumbing.Hash]*node{}}, err
}

// between returns the commits that lead to the commit to and to none of froms (zero: none), the oldest first; of more than limit, the newest.
// Where to leads to the only one of froms in a straight line, or that to it, which is how a rulebook and its Git server stand nearly always, it
// reads the commits between them and a few more.
func (w *walk) between(ctx context.Context, to plumbing.Hash, limit int, froms ...plumbing.Hash) ([]*node, error) {
	var ends []plumbing.Hash
	for _, from := range froms {
		if from.IsZero() || slices.Contains(ends, from) {
			continue
		}
		ends = append(ends, from)
		if err := w.visit(from, true); err != nil {
			return nil, err
		}
	}
	if err := w.visit(to, false); err != nil {
		return nil, err
	}
	var found []*node
	straight := true // each found commit is the only parent of the one before
	first := false   // a commit without parents was found
	for behind := 0; w.next.Len() > 0 && len(found) < limit && behind < maxLookBehind; {
		if w.wanted == 0 {
			// What is left to visit can only show that something found is old: not when nothing is found, and not when what is found leads
			// on from the one old end, which would then lead to itself.
			if w.found == 0 || straight && slices.Equal(found[len(found)-1].parents, ends) {
				break
			}
			if !first {
				behind++
			}
		}
		n := heap.Pop(&w.next).(*node) //nolint:forcetypeassert // nothing else is pushed
		n.passed = true
		if !n.old {
			w.wanted--
			w.found++
			straight = straight && len(n.parents) < 2
			first = first || len(n.parents) == 0
			found = append(found, n)
		}
		for _, parent := range n.parents {
			if err := w.visit(parent, n.old); err != nil {
				return nil, err
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return w.oldestFirst(slices.DeleteFunc(found, func(n *node) bool { return n.old })), nil
}

// visit notes that an end of the walk leads to a commit.
func (w *walk) visit(hash plumbing.Hash, old bool) error {
	if hash.IsZero() {
		return nil
	}
	if n := w.nodes[hash]; n != nil {
		if old {
			w.markOld(n)
		}
		return nil
	}
	commit, err := w.objects.commit(hash)
	if err != nil {
		return fmt.Errorf("commit %s: %w", hash, err)
	}
	n := &node{hash: hash, root: commit.TreeHash, seconds: commit.Committer.When.Unix(), old: old}
	if !w.shallow[hash] {
		n.parents = withoutAgain(commit.ParentHashes)
	}
	w.nodes[hash] = n
	heap.Push(&w.next, n)
	if !old {
		w.wanted++
	}
	return nil
}

// withoutAgain returns hashes without those that stand there again: a commit can name one parent thousands of times.
func withoutAgain(hashes []plumbing.Hash) []plumbing.Hash {
	seen := make(map[plumbing.Hash]bool, len(hashes))
	return slices.DeleteFunc(slices.Clone(hashes), func(hash plumbing.Hash) bool {
		again := seen[hash]
		seen[hash] = true
		return again
	})
}

// markOld marks a commit and what leads to it.
func (w *walk) markOld(n *node) {
	for stack := []*node{n}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n.old {
			continue
		}
		n.old = true
		if !n.passed {
			w.wanted--
			continue
		}
		w.found--
		for _, parent := range n.parents {
			stack = append(stack, w.nodes[parent])
		}
	}
}

// oldestFirst puts what was found in the reverse order of `git log --date-order`: no commit before its parents, otherwise by date.
func (w *walk) oldestFirst(found []*node) []*node {
	for _, n := range found {
		for _, parent := range n.parents {
			w.nodes[parent].children++
		}
	}
	var next newestFirst
	for _, n := range found {
		if n.children == 0 {
			heap.Push(&next, n)
		}
	}
	ordered := found[:0]
	for next.Len() > 0 {
		n := heap.Pop(&next).(*node) //nolint:forcetypeassert // nothing else is pushed
		ordered = append(ordered, n)
		for _, parent := range n.parents {
			p := w.nodes[parent]
			if p.children--; p.children == 0 && p.found() {
				heap.Push(&next, p)
			}
		}
	}
	slices.Reverse(ordered)
	return ordered
}

// shallow returns the commits whose parents a shallow clone has left out.
func (o *objects) shallow() (map[plumbing.Hash]bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	hashes, err := o.store.Shallow()
	if err != nil {
		return nil, err
	}
	shallow := map[plumbing.Hash]bool{}
	for _, hash := range hashes {
		shallow[hash] = true
	}
	return shallow, nil
}

// newestFirst is a heap of commits by date.
type newestFirst []*node

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(i, j int) bool { return h[i].seconds > h[j].seconds }
func (h newestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)        { *h = append(*h, x.(*node)) } //nolint:forcetypeassert // nothing else is pushed
func (h *newestFirst) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
