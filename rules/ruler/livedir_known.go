package ruler

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// known is what a publication left behind in which everything came to be as it should: the next one looks at what differs from it alone.
// When nothing does, as in a reconciliation, all of the directory is looked at again.
type known struct {
	files     []rules.RuleFile // sorted by path
	published rules.Published  // without Changed
}

// differing returns what is to be published otherwise than it was, and the paths that are not to be there any more; false when everything has
// to be looked at.
func (d *liveDir) differing(files []rules.RuleFile) (write []rules.RuleFile, remove []string, ok bool) {
	byPath := func(a, b rules.RuleFile) int { return strings.Compare(a.Path, b.Path) }
	if d.known == nil || !slices.IsSortedFunc(files, byPath) {
		return nil, nil, false
	}
	was := d.known.files
	for _, file := range files {
		for len(was) > 0 && was[0].Path < file.Path {
			remove, was = append(remove, was[0].Path), was[1:]
		}
		if len(was) == 0 || was[0].Path != file.Path {
			write = append(write, file)
			continue
		}
		if was[0].ID != file.ID || was[0].Bad != file.Bad {
			write = append(write, file)
		}
		was = was[1:]
	}
	for _, file := range was {
		remove = append(remove, file.Path)
	}
	return write, remove, len(write)+len(remove) > 0
}

// planSome plans as plan does, of the files that differ from what was published last.
func (d *liveDir) planSome(write []rules.RuleFile, remove []string) (publication, error) {
	present := map[string]fs.FileInfo{}
	look := func(name string) error {
		for _, at := range append(dirsOf(name), name) {
			info, err := d.root.Lstat(at)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !info.IsDir() {
				present[at] = info
				return nil
			}
		}
		return nil
	}
	var due publication
	for _, file := range write {
		if err := look(d.layout.LiveName(file.Path)); err != nil {
			return due, err
		}
	}
	if err := d.compare(&due, write, present); err != nil {
		return due, err
	}
	for _, path := range remove {
		name := d.layout.LiveName(path)
		if err := look(name); err != nil {
			return due, err
		}
		d.planRemoval(&due, name, present)
	}
	slices.Sort(due.remove)
	return due, nil
}

// keep remembers a publication after which everything is as it should be.
func (d *liveDir) keep(files []rules.RuleFile, published rules.Published) {
	d.known = &known{files: slices.Clone(files), published: published}
	d.known.published.Changed = nil
}
