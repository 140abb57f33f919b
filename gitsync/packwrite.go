package gitsync

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5"
	"golang.org/x/sync/errgroup"
)

const (
	packDir = "objects/pack"
	// keepMark is in the .keep files of our packs, so that those that a crash left behind are known.
	keepMark = "alertsmith is about to refer to this\n"
	// ownTemporary begins the names of files that are being written. `git prune --expire=now` (2.39) removes what begins with tmp_, also from under
	// whoever writes it.
	ownTemporary = "alertsmith_tmp_"
	// oldTemporary began them before.
	oldTemporary = "tmp_alertsmith_"
)

// errPackExists means that exactly this pack is there already: something made the same objects before and failed.
var errPackExists = errors.New("the pack exists")

// writePack writes a pack; all of it is on the disk when it returns nil. As git does when it receives one, it has a .keep file
// before it can be seen, so that no `git repack` that runs meanwhile takes it for a pack that nobody refers to; releasePack removes that.
// The index gets its name last, as with git, for which a pack is there when its index is; an index without a pack is what `git gc` removes.
func (d *durable) writePack(p *pack) error {
	name := path.Join(packDir, p.name)
	switch _, err := d.Stat(name + ".idx"); {
	case err == nil:
		return errPackExists
	case !os.IsNotExist(err):
		return err
	}
	if err := d.MkdirAll(packDir, 0o777); err != nil {
		return err
	}
	temporary := path.Join(packDir, ownTemporary+rand.Text())
	var group errgroup.Group
	group.Go(func() error { return d.writeFile(temporary, p.data) })
	group.Go(func() error { return d.writeFile(temporary+"_index", p.index) })
	err := group.Wait()
	if err == nil {
		err = d.keep(name)
	}
	if err == nil {
		err = d.Filesystem.Rename(temporary, name+".pack")
	}
	if err == nil {
		err = d.Filesystem.Rename(temporary+"_index", name+".idx")
	}
	if err == nil {
		err = d.syncDir(packDir)
	}
	if err != nil {
		return errors.Join(err, d.removeAny(temporary), d.removeAny(temporary+"_index"), d.discardPack(p))
	}
	return nil
}

// writeFile writes a new file that is on the disk when it returns nil.
func (d *durable) writeFile(name string, content []byte) error {
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// keep makes a pack's .keep file, which need not outlive the process.
func (d *durable) keep(name string) error {
	f, err := d.Filesystem.OpenFile(name+".keep", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(keepMark))
	return errors.Join(err, f.Close())
}

// releasePack lets `git repack` have a pack.
func (d *durable) releasePack(p *pack) error { return d.removeAny(path.Join(packDir, p.name+".keep")) }

// discardPack removes a pack that nothing refers to.
func (d *durable) discardPack(p *pack) error {
	name := path.Join(packDir, p.name)
	return errors.Join(d.removeAny(name+".idx"), d.removeAny(name+".pack"), d.removeAny(name+".keep"))
}

// ReadDir reads a directory. Packs that have no index are left out, as git leaves them out: somebody is just giving them their name, or was
// killed at it, and go-git (v5.19.3) would read none of the other packs either.
func (d *durable) ReadDir(dir string) ([]os.FileInfo, error) {
	files, err := d.Filesystem.ReadDir(dir)
	if path.Clean(dir) != packDir {
		return files, err
	}
	indexed := map[string]bool{}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".idx"); ok {
			indexed[name] = true
		}
	}
	return slices.DeleteFunc(files, func(f os.FileInfo) bool {
		name, ok := strings.CutSuffix(f.Name(), ".pack")
		return ok && !indexed[name]
	}), err
}

// names returns the names of what is in a directory. Other than ReadDir it does not look at each, and so does not fail when some are removed
// meanwhile.
func (d *durable) names(dir string) ([]string, error) {
	f, err := d.Filesystem.Open(dir)
	if err != nil {
		return nil, err
	}
	lister, ok := f.(interface {
		Readdirnames(n int) ([]string, error)
	})
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: %w: listing", dir, billy.ErrNotSupported), f.Close())
	}
	names, err := lister.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}

// tidyPacks removes what a killed process left among the packs: files that it was writing, and .keep files of ours. What they kept
// stays when it has an index, and is no pack when it has none.
func (d *durable) tidyPacks() error {
	entries, err := d.ReadDir(packDir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(packDir, e.Name())
		ours := strings.HasPrefix(e.Name(), ownTemporary) || strings.HasPrefix(e.Name(), oldTemporary)
		if strings.HasSuffix(name, ".keep") {
			mark, err := readSmall(d.Filesystem, name)
			if err != nil {
				return err
			}
			ours = len(mark) > 0 && strings.HasPrefix(keepMark, string(mark)) // an empty one may be an operator's
		}
		if ours {
			if err := errors.Join(d.removeUnindexed(strings.TrimSuffix(name, ".keep")), d.removeAny(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeUnindexed removes a pack without an index.
func (d *durable) removeUnindexed(name string) error {
	if _, err := d.Stat(name + ".idx"); !os.IsNotExist(err) {
		return err
	}
	return d.removeAny(name + ".pack")
}
