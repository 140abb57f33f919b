package gitsync

import (
	"context"
	"path/filepath"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// EveryCommit calls visit for every commit that a branch of the bare repository in dir leads to, each before its parents were looked for and
// in no other order; a branch that is not there leads to none. It only reads, and may do so beside the service that writes. A shallow clone's
// history begins where the clone was cut off. It returns the first error: that of visit, of the context, or why something cannot be read.
func EveryCommit(ctx context.Context, dir, branch string, visit func(*object.Commit) error) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	fs := &durable{Filesystem: osfs.New(dir, osfs.WithBoundOS()), step: func(string) {}}
	if _, err := fs.Stat("HEAD"); err != nil {
		return err // there is no repository
	}
	head, err := readRef(fs, plumbing.NewBranchReferenceName(branch))
	if err != nil || head.IsZero() {
		return err
	}
	objects := newObjects(fs)
	defer objects.packs.close()
	shallow, err := objects.shallow()
	if err != nil {
		return err
	}
	seen := map[plumbing.Hash]bool{head: true}
	for next := []plumbing.Hash{head}; len(next) > 0; {
		hash := next[len(next)-1]
		next = next[:len(next)-1]
		if err := ctx.Err(); err != nil {
			return err
		}
		commit, err := objects.commit(hash)
		if err != nil {
			return err
		}
		if err := visit(commit); err != nil {
			return err
		}
		if shallow[hash] {
			continue
		}
		for _, parent := range commit.ParentHashes {
			if !seen[parent] {
				seen[parent] = true
				next = append(next, parent)
			}
		}
	}
	return nil
}
