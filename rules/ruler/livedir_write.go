package ruler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// carryOut does what was planned, in the order that liveDir tells, and returns the paths that it wrote or removed.
func (d *liveDir) carryOut(ctx context.Context, due publication) (changed []string, err error) {
	stagingDir := filepath.Join(d.dir, staging)
	defer func() { err = errors.Join(err, os.RemoveAll(stagingDir)) }()
	if err := d.stage(ctx, stagingDir, due.write); err != nil {
		return nil, err
	}
	for _, file := range due.write {
		name := rules.LiveName(file.Path)
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true, Next: sumOf(file.Content)}
	}
	for _, name := range due.remove {
		d.manifest.Entries[name] = entry{Sum: d.manifest.Entries[name].Sum, Pending: true}
	}
	if err := d.manifest.save(); err != nil {
		return nil, err
	}
	d.step()
	// From here on the context is not asked: it is a matter of milliseconds, and half a publication helps nobody.
	placed := map[string]entry{}
	var taken []string
	for i, file := range due.write {
		name := rules.LiveName(file.Path)
		intent := d.manifest.Entries[name]
		info, err := d.place(filepath.Join(stagingDir, stagedName(i)), name, intent.Sum == "")
		if errors.Is(err, fs.ErrExist) {
			delete(d.manifest.Entries, name)
			taken = append(taken, file.Path)
			continue
		}
		if err != nil {
			return changed, err
		}
		placed[name] = entryOf(intent.Next, info)
		changed = append(changed, file.Path)
		d.step()
	}
	for _, name := range due.remove {
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
	if err := syncDir(d.dir); err != nil {
		return changed, err
	}
	maps.Copy(d.manifest.Entries, placed)
	if err := d.manifest.save(); err != nil {
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

// place moves a staged file to its name and tells its size and time. A new name is linked, not renamed, so that a file which somebody
// else made meanwhile is not overwritten: that is fs.ErrExist.
func (d *liveDir) place(staged, name string, isNew bool) (fs.FileInfo, error) {
	info, err := os.Lstat(staged)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(d.dir, name)
	if isNew {
		err := os.Link(staged, target)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return info, err
		}
		if _, err := os.Lstat(target); err == nil { // a file system without hard links
			return nil, fs.ErrExist
		}
	}
	return info, os.Rename(staged, target)
}
