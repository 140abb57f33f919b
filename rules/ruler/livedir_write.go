package ruler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// carryOut does what was planned, in the order that liveDir tells, and returns the paths that it wrote or removed.
func (d *liveDir) carryOut(ctx context.Context, due publication) (changed []string, err error) {
	defer func() { err = errors.Join(err, d.root.RemoveAll(staging)) }()
	if err := d.stage(ctx, due.write); err != nil {
		return nil, err
	}
	if err := d.intend(due); err != nil {
		return nil, err
	}
	d.step()
	// From here on the context is not asked: it is a matter of milliseconds, and half a publication helps nobody.
	placed := map[string]entry{}
	touched := map[string]bool{} // directories
	var taken []string
	for i, file := range due.write {
		name := d.layout.LiveName(file.Path)
		intent := d.manifest.Entries[name]
		info, err := d.place(path.Join(staging, stagedName(i)), name, intent.Sum == "")
		if errors.Is(err, fs.ErrExist) {
			delete(d.manifest.Entries, name)
			taken = append(taken, file.Path)
			continue
		}
		if err != nil {
			return changed, err
		}
		placed[name] = entryOf(intent.Next, info)
		changed, touched[path.Dir(name)] = append(changed, file.Path), true
		d.step()
	}
	for _, name := range due.remove {
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return changed, err
		}
		rulebookPath, ok := d.layout.RulebookPath(name)
		if !ok { // it was published in another layout
			rulebookPath = name
		}
		changed, touched[path.Dir(name)] = append(changed, rulebookPath), true
		delete(d.manifest.Entries, name)
		d.step()
	}
	slices.Sort(changed)
	for dir := range touched {
		if err := d.sync(dir); err != nil {
			return changed, err
		}
	}
	maps.Copy(d.manifest.Entries, placed)
	dirs := len(d.manifest.Dirs)
	if err := d.sweep(); err != nil {
		return changed, err
	}
	if err := d.remember(due, len(d.manifest.Dirs) != dirs, true); err != nil {
		return changed, err
	}
	if len(taken) > 0 {
		return changed, d.conflict(taken)
	}
	return changed, nil
}

// intend writes into the manifest what will be done.
func (d *liveDir) intend(due publication) error {
	dirs := len(d.manifest.Dirs)
	for _, file := range due.write {
		name := d.layout.LiveName(file.Path)
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true, Next: sumOf(file.Content)}
		if err := d.intendDirs(name); err != nil {
			return err
		}
	}
	for _, name := range due.remove {
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true}
	}
	return d.remember(due, len(d.manifest.Dirs) != dirs, false)
}

// remember writes what is known of the files of a publication into the manifest; all of it where that is shorter, directories were made or
// removed, or more than these files was settled. That something is done may be written lazily.
func (d *liveDir) remember(due publication, dirs, done bool) error {
	names := slices.Clone(due.remove)
	for _, file := range due.write {
		names = append(names, d.layout.LiveName(file.Path))
	}
	if dirs || due.settled && !done || 4*len(names) > len(d.manifest.Entries) {
		return d.manifest.save()
	}
	return d.manifest.note(done, names...)
}

// stage writes the new contents into the staging directory.
func (d *liveDir) stage(ctx context.Context, files []rules.RuleFile) error {
	if len(files) == 0 {
		return nil
	}
	if err := d.root.Mkdir(staging, 0o700); err != nil {
		return err
	}
	for i, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		staged, err := d.root.OpenFile(path.Join(staging, stagedName(i)), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		if err := fill(staged, file.Content, 0o644); err != nil { // the ruler is another user
			return err
		}
		d.step()
	}
	return nil
}

func stagedName(i int) string { return fmt.Sprint(i) }

// place moves a staged file to its name and tells its size and time. A new name is linked, not renamed, so that a file which somebody
// else made meanwhile is not overwritten: that is fs.ErrExist.
func (d *liveDir) place(staged, name string, isNew bool) (fs.FileInfo, error) {
	info, err := d.root.Lstat(staged)
	if err != nil {
		return nil, err
	}
	if err := d.makeDirs(name); err != nil {
		return nil, err
	}
	if isNew {
		err := d.root.Link(staged, name)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return info, err
		}
		if _, err := d.root.Lstat(name); err == nil { // a file system without hard links
			return nil, fs.ErrExist
		}
	}
	return info, d.root.Rename(staged, name)
}
