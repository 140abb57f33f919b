package ruler

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// publication is what one call of publish is to do.
type publication struct {
	write    []rules.RuleFile
	remove   []string // names
	settled  bool     // the manifest differs from what is on disk, with nothing to write
	conflict []string // paths whose name somebody else's file has
}

// plan compares what is to be with what is. It settles what a kill left undecided in the manifest, and takes over files
// that are there already as they should be.
func (d *liveDir) plan(files []rules.RuleFile, present map[string]fs.FileInfo) (publication, error) {
	var due publication
	if err := d.settle(&due, present); err != nil {
		return due, err
	}
	if err := d.compare(&due, files, present); err != nil {
		return due, err
	}
	wanted := make(map[string]bool, len(files))
	for _, file := range files {
		wanted[d.layout.LiveName(file.Path)] = true
	}
	for name := range d.manifest.Entries {
		if !wanted[name] {
			d.planRemoval(&due, name, present)
		}
	}
	slices.Sort(due.remove)
	return due, nil
}

// planRemoval plans the removal of a file that is ours.
func (d *liveDir) planRemoval(due *publication, name string, present map[string]fs.FileInfo) {
	if _, ours := d.manifest.Entries[name]; !ours {
		return
	}
	if _, exists := present[name]; exists {
		due.remove = append(due.remove, name)
	} else {
		delete(d.manifest.Entries, name)
		due.settled = true
	}
}

// compare plans what is to be written.
func (d *liveDir) compare(due *publication, files []rules.RuleFile, present map[string]fs.FileInfo) error {
	var adopted []string
	for _, file := range files {
		name := d.layout.LiveName(file.Path)
		sum := d.sum(file)
		known, ours := d.manifest.Entries[name]
		info, exists := present[name]
		if file.Bad && (ours || !exists) {
			continue
		}
		if exists && ours && known.Sum == sum && known.describes(info) {
			continue
		}
		same := false
		if exists {
			var err error
			if same, err = d.holds(name, info, file.Content); err != nil {
				return err
			}
		}
		switch {
		case same:
			e := entryOf(sum, info)
			if e.Adopted = known.Adopted && known.Sum == sum || !ours; !ours {
				adopted = append(adopted, name)
			}
			d.manifest.Entries[name], due.settled = e, true
		case file.Bad: // and somebody else's is another
		case exists && !ours || isBelowFile(name, present):
			due.conflict = append(due.conflict, file.Path)
		default:
			due.write = append(due.write, file)
		}
	}
	if len(adopted) > 0 {
		d.logger.Info("Took over rule files that were there already", "dir", d.dir, "files", len(adopted), "first", adopted[0])
	}
	return nil
}

// isBelowFile reports whether one of the directories that a name needs is a file, or a symbolic link.
func isBelowFile(name string, present map[string]fs.FileInfo) bool {
	return slices.ContainsFunc(dirsOf(name), func(dir string) bool { return present[dir] != nil })
}

// settle decides every pending entry, as liveDir says.
func (d *liveDir) settle(due *publication, present map[string]fs.FileInfo) error {
	for name, e := range d.manifest.Entries {
		if !e.Pending {
			continue
		}
		due.settled = true
		found := ""
		info, exists := present[name]
		if exists && info.Mode().IsRegular() && info.Size() <= expr.MaxFile {
			content, err := d.root.ReadFile(name)
			if err != nil {
				return err
			}
			found = sumOf(content)
		}
		switch {
		case exists && found != "" && (found == e.Next || found == e.Sum):
			d.manifest.Entries[name] = entryOf(found, info)
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
	found, err := d.root.ReadFile(name)
	return bytes.Equal(found, content), err
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

// sum is sumOf of a file's content, remembered by its id: a tree that has not changed is not hashed again.
func (d *liveDir) sum(file rules.RuleFile) string {
	sum, known := d.sums[file.ID]
	if !known || file.ID == "" {
		if sum = sumOf(file.Content); len(d.sums) > 2*len(d.manifest.Entries)+1000 {
			clear(d.sums)
		}
		d.sums[file.ID] = sum
	}
	return sum
}

// names returns what is ours in the directory.
func (d *liveDir) names() []string { return slices.Collect(maps.Keys(d.manifest.Entries)) }
