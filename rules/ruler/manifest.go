package ruler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// manifest is the durable memory of what at a ruler is ours: names of files in its live directory, or namespaces of its rule API.
// Whoever publishes writes down what he is about to do (intent), does it, and writes down that it is done. So after a kill at
// any moment it can be told whether a name is ours.
type manifest struct {
	path    string
	Target  string           `json:"target"` // the directory, or the URL and tenant, that it is about
	Entries map[string]entry `json:"entries"`
	Dirs    map[string]bool  `json:"directories,omitempty"` // that were made for them below the target

	appended int // records in the file behind what was written as a whole
}

// record is what the file says of one name behind what was written as a whole: the newest counts.
type record struct {
	Name  string `json:"name"`
	Entry *entry `json:"entry"` // nil: it is not ours any more
}

// entry is what is known of one name.
type entry struct {
	Sum     string    `json:"sha256,omitempty"` // of what is published; empty before the first time
	Size    int64     `json:"size,omitempty"`
	ModTime time.Time `json:"mtime,omitzero"`
	// Adopted says that the file was there before it was published by us, and is as it was.
	Adopted bool `json:"adopted,omitempty"`
	// Pending says that Next is being published instead, or that the name is being removed when Next is empty.
	Pending bool   `json:"pending,omitempty"`
	Next    string `json:"next,omitempty"`
}

// openManifest reads the manifest at path. One that is about another target is started anew: what we left there is not ours here.
func openManifest(path, target string) (*manifest, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	m := &manifest{path: path}
	content, err := os.ReadFile(path)
	if err == nil {
		if err = m.read(content); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w; remove it, and what is published already and equal to the rulebook is taken over again", path, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if m.Target != target || m.Entries == nil {
		m.Target, m.Entries, m.Dirs, m.appended = target, map[string]entry{}, nil, rewriteAfter
	}
	if m.Dirs == nil {
		m.Dirs = map[string]bool{}
	}
	return m, nil
}

// adopted returns the paths of those files that are there as they were before we published any; sorted.
func (m *manifest) adopted(files []rules.RuleFile, layout rules.Layout) (paths []string) {
	for _, file := range files {
		if m.Entries[layout.LiveName(file.Path)].Adopted {
			paths = append(paths, file.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// rewriteAfter is how many records are appended before the manifest is written as a whole again.
const rewriteAfter = 1000

// read reads the file: the manifest as it was written as a whole, and the records behind it. Of a record that a kill tore nothing has
// followed, so it is left out.
func (m *manifest) read(content []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(m); err != nil {
		return err
	}
	for ; ; m.appended++ {
		var r record
		switch err := decoder.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			m.appended = rewriteAfter // nothing can be appended behind it
			return nil                //nolint:nilerr // what was torn was never acknowledged
		case m.Entries == nil:
			return errors.New("it does not say what it is about")
		case r.Entry == nil:
			delete(m.Entries, r.Name)
		default:
			m.Entries[r.Name] = *r.Entry
		}
	}
}

// note makes durable what is known of some names by now. lazily leaves it to the next call: what was done is found out again after a kill.
func (m *manifest) note(lazily bool, names ...string) error {
	if m.appended += len(names); m.appended > rewriteAfter {
		return m.save()
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, name := range names {
		r := record{Name: name}
		if e, ours := m.Entries[name]; ours {
			r.Entry = &e
		}
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(m.path, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return m.save()
	}
	if err != nil {
		return err
	}
	if _, err = file.Write(lines.Bytes()); err != nil {
		m.appended = rewriteAfter // it may be torn
	}
	if err == nil && !lazily {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// save makes the manifest durable as a whole.
func (m *manifest) save() error {
	content, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	temporary := m.path + ".tmp"
	if err := writeDurably(temporary, content, 0o640); err != nil {
		return err
	}
	if err := os.Rename(temporary, m.path); err != nil {
		return err
	}
	m.appended = 0
	return syncDir(filepath.Dir(m.path))
}

// writeDurably writes a file under a name that nobody reads yet, and returns when its content is on the disk.
func writeDurably(path string, content []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	return fill(file, content, mode)
}

// fill writes a new file's content, and closes it when that is on the disk.
func fill(file *os.File, content []byte, mode fs.FileMode) error {
	_, err := file.Write(content)
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()) // Chmod: whatever the umask is
}

// syncDir makes what was renamed, linked or removed in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
