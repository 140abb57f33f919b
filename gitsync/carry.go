package gitsync

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// carry adds a commit that somebody else made, as theirs: the same files become what they became by it, if each is what it was before. It returns
// false when one is not, and when the commit did anything that no change of regular files does, as a symbolic link is.
func (r *Rulebook) carry(ctx context.Context, d *draft, past rules.PastCommit) (bool, error) {
	original, err := r.objects.commit(plumbing.NewHash(past.Revision))
	if err != nil {
		return false, err
	}
	became, whole, err := r.became(ctx, past, original.TreeHash)
	if err != nil || !whole {
		return false, err
	}
	for path, did := range became {
		now, err := d.tip.find(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		switch {
		case err == nil && alike(now, did.after) || err != nil && !isFile(did.after):
			delete(became, path)
		case err == nil && !alike(now, did.before) || err != nil && isFile(did.before):
			return false, nil
		}
	}
	if len(became) == 0 {
		return true, nil // a merge, or done already
	}
	b := &builder{objects: r.objects}
	root, fits, err := b.again(d.tip.root, became)
	if err != nil || !fits {
		return false, err
	}
	again := &object.Commit{
		Author: original.Author, Committer: original.Committer, Encoding: original.Encoding, Message: withoutRequest(original.Message), TreeHash: root,
	} // without a signature: ours would say that it is ours, and theirs is of another commit
	if !d.tip.commit.IsZero() {
		again.ParentHashes = []plumbing.Hash{d.tip.commit}
	}
	hash, err := b.add(again.Encode)
	if err != nil {
		return false, err
	}
	fresh := r.objects.hold(b.made)
	if differ, err := r.objects.compare(d.tip.root, root); err != nil || !maps.Equal(differ, became) {
		r.objects.release(fresh)
		return false, err
	}
	d.tip, d.made = &tree{objects: r.objects, commit: hash, root: root}, append(d.made, fresh...)
	return true, nil
}

// became returns what a commit with this root made of files, and false where that is not all that it did.
func (r *Rulebook) became(ctx context.Context, past rules.PastCommit, root plumbing.Hash) (map[string]differs, bool, error) {
	before, err := r.treeOf(plumbing.NewHash(past.Parent))
	if err != nil {
		return nil, false, err
	}
	c := &comparison{r.objects, ctx.Err, maxEntries, map[string]differs{}}
	if err := c.directories(before.root, root, ""); err != nil || past.Cut {
		if errors.Is(err, errTooMuch) {
			err = nil
		}
		return nil, false, err
	}
	if len(past.Parents) > 1 { // what else it has is of its parents
		own := map[string]bool{}
		for _, file := range past.Files {
			own[file.Path] = true
		}
		maps.DeleteFunc(c.differ, func(path string, _ differs) bool { return !own[path] })
	}
	for _, did := range c.differ {
		if isFile(did.before) && !regular(did.before.Mode) || isFile(did.after) && !regular(did.after.Mode) {
			return nil, false, nil
		}
	}
	if len(past.Parents) > 1 {
		return c.differ, true, nil
	}
	again, fits, err := (&builder{objects: r.objects}).again(before.root, c.differ)
	return c.differ, fits && again == root, err
}

// again makes a directory with the same done to it; false when it cannot be.
func (b *builder) again(dir plumbing.Hash, did map[string]differs) (root plumbing.Hash, fits bool, err error) {
	if len(did) == 0 {
		return dir, true, nil
	}
	files := make(map[string]written, len(did))
	for path, d := range did {
		files[path] = written{entry: d.after}
	}
	planned, err := newEdit(files)
	if err == nil {
		root, err = b.tree(dir, planned, "")
	}
	if k := rules.KindOf(err); err != nil && (k == rules.Conflict || k == rules.Invalid) {
		return root, false, nil
	}
	return root, err == nil, err
}

// alike reports whether two entries are the same file.
func alike(a, b object.TreeEntry) bool { return a.Mode == b.Mode && a.Hash == b.Hash }

// withoutRequest returns a commit's message without lines that say which request asked for it, and those that go on with them.
func withoutRequest(message string) string {
	gone := false
	return strings.Join(slices.DeleteFunc(splitLines(strings.ReplaceAll(message, "\x00", "")), func(line string) bool {
		if n := separator(line); n >= 1 {
			gone = strings.EqualFold(trim(line[:n]), "Request-Id")
		} else {
			gone = gone && (line[0] == ' ' || line[0] == '\t')
		}
		return gone
	}), "")
}
