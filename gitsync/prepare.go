package gitsync

import (
	"errors"
	"os"
	"path"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// prepare makes the directory a bare repository if it is empty, and checks that it is one that we can use if it is not.
func prepare(fs *durable, dir string, branch plumbing.ReferenceName, store *filesystem.Storage) error {
	_, err := fs.Stat("HEAD")
	if os.IsNotExist(err) {
		return create(fs, dir, branch, store)
	}
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", dir)
	}
	return adopt(fs, dir, branch, store)
}

// create makes a bare repository. HEAD comes last: without it a crash leaves what the next start completes.
func create(fs *durable, dir string, branch plumbing.ReferenceName, store *filesystem.Storage) error {
	entries, err := fs.ReadDir(".")
	if err != nil {
		return unavailable(err, "the rulebook's directory %s cannot be read", dir)
	}
	for _, e := range entries {
		switch e.Name() {
		case writerLock, "objects", "refs", "config", "config.lock", "HEAD.lock":
		default:
			return unavailable(nil, "%s is not a bare Git repository and not empty (it holds %q): choose another directory, or make the repository with `git init --bare`", dir, e.Name())
		}
	}
	cfg := config.NewConfig()
	cfg.Core.IsBare = true
	err = errors.Join(store.Init(), store.SetConfig(cfg))
	if err == nil {
		err = pointHead(fs, branch)
	}
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be made", dir)
	}
	return nil
}

// adopt checks a repository that is already there. A HEAD whose branch does not exist yet is pointed at ours, so that
// a person's `git log` in the repository shows the rulebook.
func adopt(fs *durable, dir string, branch plumbing.ReferenceName, store *filesystem.Storage) error {
	if _, err := git.Open(store, nil); err != nil {
		return unavailable(err, "the Git repository %s cannot be used: Alertsmith reads SHA-1 repositories with loose and packed refs, without extensions", dir)
	}
	if err := assertNotPartial(fs, dir); err != nil {
		return err
	}
	ours, err := readRef(fs, branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", dir)
	}
	if !ours.IsZero() {
		return nil
	}
	head, err := dotgit.New(fs).Ref(plumbing.HEAD)
	if err != nil {
		return unavailable(err, "HEAD of the rulebook %s cannot be read", dir)
	}
	if head.Type() != plumbing.SymbolicReference || head.Target() == branch {
		return nil
	}
	other, err := readRef(fs, head.Target())
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", dir)
	}
	if !other.IsZero() {
		name := head.Target().Short()
		return unavailable(nil, "the rulebook %s has commits on the branch %s and none on %s: rename it with `git -C %s branch -m %s %s`", dir, name, branch.Short(), dir, name, branch.Short())
	}
	if err := pointHead(fs, branch); err != nil {
		return unavailable(err, "HEAD of the rulebook %s cannot be pointed at %s", dir, branch.Short())
	}
	return nil
}

// assertNotPartial fails for a partial clone (`git clone --filter`), which git marks at its packs: what it left out is nowhere here, and nobody fetches it.
func assertNotPartial(fs billy.Filesystem, dir string) error {
	packs, err := fs.ReadDir(packDir)
	if err != nil && !os.IsNotExist(err) {
		return unavailable(err, "the packs of the rulebook %s cannot be read", dir)
	}
	for _, f := range packs {
		if path.Ext(f.Name()) == ".promisor" {
			return unavailable(nil, "the rulebook %s is a partial clone (it has %s/%s), which is not supported, as it lacks content. Put a whole one in its place: "+
				"`git clone --bare URL %[1]s`, without --filter", dir, packDir, f.Name())
		}
	}
	return nil
}

// pointHead makes HEAD name our branch.
func pointHead(fs billy.Filesystem, branch plumbing.ReferenceName) error {
	return dotgit.New(fs).SetRef(plumbing.NewSymbolicReference(plumbing.HEAD, branch), nil)
}
