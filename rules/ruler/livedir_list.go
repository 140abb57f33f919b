package ruler

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// open opens the directory for one publication: it may be another one under the same name than last time. It makes it where it is not
// there, and removes what a kill left of staging.
func (d *liveDir) open() error {
	root, err := os.OpenRoot(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = errors.Join(os.MkdirAll(d.dir, 0o755), os.Chmod(d.dir, 0o755)); err == nil { // whatever the umask is: the ruler is another user
			root, err = os.OpenRoot(d.dir)
		}
	}
	if err != nil {
		return err
	}
	d.root = root
	if err := root.RemoveAll(staging); err != nil {
		return errors.Join(err, root.Close())
	}
	return nil
}

// list returns every entry that is no directory, by its name. Below directories it looks where we publish or have published.
func (d *liveDir) list() (map[string]fs.FileInfo, error) {
	deep := d.layout == rules.TreeLayout
	for name := range d.manifest.Entries { // as before the layout was changed
		deep = deep || strings.Contains(name, "/")
	}
	present := make(map[string]fs.FileInfo, len(d.manifest.Entries))
	return present, d.listIn(".", deep, present)
}

func (d *liveDir) listIn(dir string, deep bool, present map[string]fs.FileInfo) error {
	file, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	entries, err := file.ReadDir(-1)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			if !deep || e.Name()[0] == '.' { // no rule file is below a hidden directory
				continue
			}
			if err := d.listIn(name, deep, present); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
				return err
			}
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		present[name] = info
	}
	return nil
}

// isRead reports whether a file of that name may be the ruler's business: in a flat directory every one (Loki reads whatever is there),
// in a tree what is named like a rule file.
func (d *liveDir) isRead(name string) bool {
	if d.layout == rules.TreeLayout {
		_, ok := d.layout.RulebookPath(name)
		return ok
	}
	return !strings.Contains(name, "/")
}

// dirsOf returns the directories that a name is below, the outermost first.
func dirsOf(name string) []string {
	var dirs []string
	for i, r := range name {
		if r == '/' {
			dirs = append(dirs, name[:i])
		}
	}
	return dirs
}

// intendDirs notes in the manifest which directories will be made for a name.
func (d *liveDir) intendDirs(name string) error {
	for _, dir := range dirsOf(name) {
		switch _, err := d.root.Lstat(dir); {
		case errors.Is(err, fs.ErrNotExist):
			d.manifest.Dirs[dir] = true
		case err != nil:
			return err
		}
	}
	return nil
}

// makeDirs makes the directories that a name is below. It fails with fs.ErrExist where one of them is a file or a symbolic link.
func (d *liveDir) makeDirs(name string) error {
	for _, dir := range dirsOf(name) {
		err := d.root.Mkdir(dir, 0o755)
		switch {
		case err == nil:
			if err := errors.Join(d.root.Chmod(dir, 0o755), d.sync(path.Dir(dir))); err != nil { // whatever the umask is
				return err
			}
			d.step()
		case !errors.Is(err, fs.ErrExist):
			return err
		default:
			if info, err := d.root.Lstat(dir); err != nil || !info.IsDir() {
				return errors.Join(fs.ErrExist, err)
			}
		}
	}
	return nil
}

// sweep removes the directories that were made for files which are gone. One in which somebody has put something stays.
func (d *liveDir) sweep() error {
	needed := map[string]bool{}
	for name, e := range d.manifest.Entries {
		if e.Pending && e.Next == "" {
			continue
		}
		for _, dir := range dirsOf(name) {
			needed[dir] = true
		}
	}
	for _, dir := range slices.Backward(slices.Sorted(maps.Keys(d.manifest.Dirs))) { // what is below a directory first
		if needed[dir] {
			continue
		}
		info, err := d.root.Lstat(dir)
		if err == nil && info.IsDir() {
			err = d.root.Remove(dir)
		}
		switch {
		case err == nil && info.IsDir():
			if err := d.sync(path.Dir(dir)); err != nil {
				return err
			}
			d.step()
		case errors.Is(err, fs.ErrExist): // it is not empty
			continue
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
		delete(d.manifest.Dirs, dir)
	}
	return nil
}

// sync makes what was renamed, linked, made or removed in a directory durable.
func (d *liveDir) sync(dir string) error {
	file, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
