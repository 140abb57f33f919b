package ruler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// staging is the directory inside a live directory where files are made before they are renamed into place. Only there is it certain to
// be on the same file system, when the live directory is a volume of its own. Prometheus's patterns do not match inside it (its
// files have no extension), and Loki skips directories inside a tenant's. It is there only during a publication.
const staging = ".alertsmith"

// liveDir publishes rule files into the directory that a ruler reads: flat, by rename, and nothing else in it is touched.
//
// The order of things, so that a kill at any moment leaves only whole files and no doubt about whose they are:
//
//  1. every new content is written and fsynced in the staging directory: a full disk is noticed before anything has changed;
//  2. the manifest says which names will be written, with the hash of what, and which removed (intent), and is fsynced;
//  3. new names are linked (which fails when somebody else took the name), changed ones renamed over, vanished ones removed;
//  4. the directory is fsynced;
//  5. the manifest says that it is done, and is fsynced.
//
// After a kill between 2 and 5, a file with the old or the intended hash is ours; a missing one is nobody's; one with another content is
// ours if it was to be changed, and somebody else's if it was to be created or removed.
type liveDir struct {
	dir      string
	manifest *manifest
	logger   *slog.Logger
	step     func() // called after every step that outlasts a kill; tests look at what is on disk then
}

func openLiveDir(dir, statePath string, logger *slog.Logger) (*liveDir, error) {
	m, err := openManifest(statePath, dir)
	if err != nil {
		return nil, err
	}
	return &liveDir{dir: dir, manifest: m, logger: logger, step: func() {}}, nil
}

// publication is what one call of publish is to do.
type publication struct {
	write    []rules.RuleFile
	remove   []string // names
	settled  bool     // the manifest differs from what is on disk, with nothing to write
	conflict []string // paths whose name somebody else's file has
}

// publish makes our files in the directory equal to files. A name that somebody else's file has is a Conflict; all other files are
// published nevertheless. Other errors are of kind Unavailable.
func (d *liveDir) publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	var published rules.Published
	present, err := d.list()
	if err != nil {
		return published, d.failed(err)
	}
	todo, err := d.plan(files, present)
	if err != nil {
		return published, d.failed(err)
	}
	for name := range present {
		if _, ours := d.manifest.Entries[name]; !ours {
			published.Foreign = append(published.Foreign, name)
		}
	}
	slices.Sort(published.Foreign)
	if len(todo.write)+len(todo.remove) > 0 {
		published.Changed, err = d.carryOut(ctx, todo)
	} else if todo.settled {
		err = d.manifest.save()
	}
	switch {
	case err != nil && rules.KindOf(err) == rules.Conflict:
		return published, err
	case err != nil:
		return published, d.failed(err)
	case len(todo.conflict) > 0:
		return published, d.conflict(todo.conflict)
	}
	return published, nil
}

// list returns every entry of the directory but the staging directory, which it empties, by name. Directories are left out.
func (d *liveDir) list() (map[string]fs.FileInfo, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(os.MkdirAll(d.dir, 0o755), os.Chmod(d.dir, 0o755)) // whatever the umask is: the ruler is another user
	}
	if err != nil {
		return nil, err
	}
	present := make(map[string]fs.FileInfo, len(entries))
	for _, e := range entries {
		if e.Name() == staging { // left by a kill
			if err := os.RemoveAll(filepath.Join(d.dir, staging)); err != nil {
				return nil, err
			}
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			present[e.Name()] = info
		}
	}
	return present, nil
}

// plan compares what is to be with what is. It settles what a kill left undecided in the manifest, and takes over files
// that are there already as they should be.
func (d *liveDir) plan(files []rules.RuleFile, present map[string]fs.FileInfo) (publication, error) {
	var todo publication
	if err := d.settle(&todo, present); err != nil {
		return todo, err
	}
	wanted := make(map[string]bool, len(files))
	for _, file := range files {
		name := rules.LiveName(file.Path)
		wanted[name] = true
		if file.Bad {
			continue
		}
		sum := sumOf(file.Content)
		known, ours := d.manifest.Entries[name]
		info, exists := present[name]
		if exists && ours && known.Sum == sum && known.describes(info) {
			continue
		}
		same := false
		if exists {
			var err error
			if same, err = d.holds(name, info, file.Content); err != nil {
				return todo, err
			}
		}
		switch {
		case same:
			d.manifest.Entries[name] = entryOf(sum, info)
			todo.settled = true
			if !ours {
				d.logger.Info("Took over a rule file that was there already", "dir", d.dir, "file", name)
			}
		case exists && !ours:
			todo.conflict = append(todo.conflict, file.Path)
		default:
			todo.write = append(todo.write, file)
		}
	}
	for name := range d.manifest.Entries {
		if wanted[name] {
			continue
		}
		if _, exists := present[name]; exists {
			todo.remove = append(todo.remove, name)
		} else {
			delete(d.manifest.Entries, name)
			todo.settled = true
		}
	}
	slices.Sort(todo.remove)
	return todo, nil
}

// settle decides every pending entry, as liveDir says.
func (d *liveDir) settle(todo *publication, present map[string]fs.FileInfo) error {
	for name, e := range d.manifest.Entries {
		if !e.Pending {
			continue
		}
		todo.settled = true
		found := ""
		if info, exists := present[name]; exists && info.Mode().IsRegular() {
			content, err := os.ReadFile(filepath.Join(d.dir, name))
			if err != nil {
				return err
			}
			found = sumOf(content)
		}
		_, exists := present[name]
		switch {
		case exists && found != "" && (found == e.Next || found == e.Sum):
			d.manifest.Entries[name] = entryOf(found, present[name])
		case exists && e.Next != "" && e.Sum != "": // ours, changed by hand meanwhile
			d.manifest.Entries[name] = entry{Sum: e.Sum}
		default:
			delete(d.manifest.Entries, name)
		}
	}
	return nil
}

// holds reports whether the entry is a regular file with this content.
func (d *liveDir) holds(name string, info fs.FileInfo, content []byte) (bool, error) {
	if !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false, nil
	}
	found, err := os.ReadFile(filepath.Join(d.dir, name))
	return bytes.Equal(found, content), err
}

// carryOut does what was planned, in the order that liveDir tells, and returns the paths that it wrote or removed.
func (d *liveDir) carryOut(ctx context.Context, todo publication) (changed []string, err error) {
	stagingDir := filepath.Join(d.dir, staging)
	defer func() { err = errors.Join(err, os.RemoveAll(stagingDir)) }()
	if err := d.stage(ctx, stagingDir, todo.write); err != nil {
		return nil, err
	}
	for _, file := range todo.write {
		name := rules.LiveName(file.Path)
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true, Next: sumOf(file.Content)}
	}
	for _, name := range todo.remove {
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true}
	}
	if err := d.manifest.save(); err != nil {
		return nil, err
	}
	d.step()
	// From here on the context is not asked: it is a matter of milliseconds, and half a publication helps nobody.
	var taken []string
	for i, file := range todo.write {
		name := rules.LiveName(file.Path)
		err := d.place(filepath.Join(stagingDir, stagedName(i)), name, d.manifest.Entries[name].Sum == "")
		if errors.Is(err, fs.ErrExist) {
			delete(d.manifest.Entries, name)
			taken = append(taken, file.Path)
			continue
		}
		if err != nil {
			return changed, err
		}
		changed = append(changed, file.Path)
		d.step()
	}
	for _, name := range todo.remove {
		if err := os.Remove(filepath.Join(d.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return changed, err
		}
		if path, ok := rules.RulebookPath(name); ok {
			changed = append(changed, path)
		}
		delete(d.manifest.Entries, name)
		d.step()
	}
	slices.Sort(changed)
	if err := d.done(todo.write); err != nil {
		return changed, err
	}
	if len(taken) > 0 {
		return changed, d.conflict(taken)
	}
	return changed, nil
}

// stage writes the new contents into the staging directory.
func (d *liveDir) stage(ctx context.Context, stagingDir string, files []rules.RuleFile) error {
	if len(files) == 0 {
		return nil
	}
	if err := os.Mkdir(stagingDir, 0o700); err != nil {
		return err
	}
	for i, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeDurably(filepath.Join(stagingDir, stagedName(i)), file.Content, 0o644); err != nil { // the ruler is another user
			return err
		}
		d.step()
	}
	return nil
}

func stagedName(i int) string { return fmt.Sprint(i) }

// place moves a staged file to its name. A new name is linked, not renamed, so that a file which somebody else made meanwhile is
// not overwritten: that is fs.ErrExist.
func (d *liveDir) place(staged, name string, isNew bool) error {
	target := filepath.Join(d.dir, name)
	if !isNew {
		return os.Rename(staged, target)
	}
	err := os.Link(staged, target)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(target); err == nil { // a file system without hard links
		return fs.ErrExist
	}
	return os.Rename(staged, target)
}

// done makes a publication durable and notes it.
func (d *liveDir) done(written []rules.RuleFile) error {
	if err := syncDir(d.dir); err != nil {
		return err
	}
	for _, file := range written {
		name := rules.LiveName(file.Path)
		e, ours := d.manifest.Entries[name]
		if !ours {
			continue
		}
		info, err := os.Lstat(filepath.Join(d.dir, name))
		if err != nil {
			return err
		}
		d.manifest.Entries[name] = entryOf(e.Next, info)
	}
	return d.manifest.save()
}

// path returns the rulebook's path of a file as the ruler names it, which may see the directory under another name; "" for one that is
// not ours.
func (d *liveDir) path(file string) string {
	name := file[strings.LastIndexByte(file, '/')+1:]
	if !d.manifest.owns(name) {
		return ""
	}
	path, _ := rules.RulebookPath(name)
	return path
}

func (d *liveDir) conflict(paths []string) error {
	names := make([]string, 0, len(paths))
	for _, path := range paths {
		names = append(names, rules.LiveName(path))
	}
	return &rules.Error{
		Kind: rules.Conflict,
		Text: fmt.Sprintf("In %s there is another file named %s, which Alertsmith did not write and does not overwrite. Move it away, or make it equal to the rulebook's, and it is taken over.",
			d.dir, strings.Join(names, ", ")),
		Offset: -1,
	}
}

func (d *liveDir) failed(err error) error {
	return &rules.Error{Kind: rules.Unavailable, Text: "The rule files in " + d.dir + " cannot be written.", Offset: -1, Cause: err}
}

// describes reports whether the file was not touched since the entry was made.
func (e entry) describes(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && e.Size == info.Size() && e.ModTime.Equal(info.ModTime())
}

func entryOf(sum string, info fs.FileInfo) entry {
	return entry{Sum: sum, Size: info.Size(), ModTime: info.ModTime()}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
