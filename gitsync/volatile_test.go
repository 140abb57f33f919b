package gitsync

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
)

// volatile is a disk that remembers at every operation what of it would survive a power failure: a file's content up to its last fsync, and of a
// directory the names that were in it at the directory's last fsync.
type volatile struct {
	billy.Filesystem
	mu   sync.Mutex
	root *inode
	note func(operation string, now *inode) // hears of every operation before it is done, and in the middle of every write
}

// inode is a file or a directory: as programs see it now, and as it is on the disk.
type inode struct {
	names, lastingNames     map[string]*inode // nil for a file
	content, lastingContent []byte
}

func newDirectory() *inode {
	return &inode{names: map[string]*inode{}, lastingNames: map[string]*inode{}}
}

// frozen returns a copy.
func (n *inode) frozen(copies map[*inode]*inode) *inode {
	if n == nil || copies[n] != nil {
		return copies[n]
	}
	c := &inode{content: slices.Clip(n.content), lastingContent: n.lastingContent}
	copies[n] = c
	if n.names == nil {
		return c
	}
	c.names, c.lastingNames = map[string]*inode{}, map[string]*inode{}
	for name, below := range n.names {
		c.names[name] = below.frozen(copies)
	}
	for name, below := range n.lastingNames {
		c.lastingNames[name] = below.frozen(copies)
	}
	return c
}

// survival is what a failure leaves.
type survival struct {
	name    string
	names   func() bool // whether names that were not fsynced are there
	content func() bool // whether content that was not fsynced is there
}

// survivals are the ways in which a machine or a process may die: nothing survives that was not fsynced; all names but no content, as on a file
// system that allocates late; everything, as when only the process is killed; and any mixture.
func survivals(random *rand.Rand) []survival {
	yes, no, perhaps := func() bool { return true }, func() bool { return false }, func() bool { return random.IntN(2) == 0 }
	return []survival{{"power loss", no, no}, {"power loss, names first", yes, no}, {"kill", yes, yes}, {"power loss, anything", perhaps, perhaps}, {"power loss, anything else", perhaps, perhaps}}
}

// files returns what a failure leaves below a directory: path → content, with a slash at the end of directories.
func (n *inode) files(s survival, at string, into map[string][]byte) {
	if n.names == nil {
		into[at] = n.lastingContent
		if s.content() {
			into[at] = n.content
		}
		return
	}
	if at != "" {
		at += "/"
		into[at] = nil
	}
	all := maps.Clone(n.names)
	maps.Copy(all, n.lastingNames)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		below := n.lastingNames[name]
		if s.names() {
			below = n.names[name]
		}
		if below != nil {
			below.files(s, at+name, into)
		}
	}
}

// restore writes files to a new directory.
func restore(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		full := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				return err
			}
			continue
		}
		if err := os.WriteFile(full, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// digest tells one set of files from another.
func digest(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\x00", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// begin tells of an operation and keeps others away until the returned function is called.
func (v *volatile) begin(operation, name string) func() {
	v.mu.Lock()
	v.tell(operation + " " + name)
	return v.mu.Unlock
}

func (v *volatile) tell(operation string) { v.note(operation, v.root.frozen(map[*inode]*inode{})) }

// find returns what is at a path, nil for nothing.
func (v *volatile) find(name string) *inode {
	at := v.root
	if name = path.Clean(filepath.ToSlash(name)); name == "." || name == "/" {
		return at
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(name, "/"), "/") {
		if at == nil {
			return nil
		}
		at = at.names[part]
	}
	return at
}

func (v *volatile) Open(name string) (billy.File, error) { return v.OpenFile(name, os.O_RDONLY, 0) }

func (v *volatile) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if flag&(os.O_CREATE|os.O_TRUNC) == 0 {
		f, err := v.Filesystem.OpenFile(name, flag, perm)
		if err != nil {
			return nil, err
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		return &volatileFile{File: f, disk: v, node: v.find(name)}, nil
	}
	defer v.begin("open", name)()
	f, err := v.Filesystem.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	n := v.find(name)
	if n == nil {
		n = &inode{}
		v.find(path.Dir(name)).names[path.Base(name)] = n
	}
	if flag&os.O_TRUNC != 0 {
		n.content = nil
	}
	return &volatileFile{File: f, disk: v, node: n}, nil
}

func (v *volatile) TempFile(dir, prefix string) (billy.File, error) {
	defer v.begin("temporary", dir)()
	f, err := v.Filesystem.TempFile(dir, prefix)
	if err != nil {
		return nil, err
	}
	n := &inode{}
	v.find(dir).names[path.Base(f.Name())] = n
	return &volatileFile{File: f, disk: v, node: n}, nil
}

func (v *volatile) Rename(from, to string) error {
	defer v.begin("rename", to)()
	if err := v.Filesystem.Rename(from, to); err != nil {
		return err
	}
	v.find(path.Dir(to)).names[path.Base(to)] = v.find(from)
	delete(v.find(path.Dir(from)).names, path.Base(from))
	return nil
}

func (v *volatile) Remove(name string) error {
	defer v.begin("remove", name)()
	if err := v.Filesystem.Remove(name); err != nil {
		return err
	}
	delete(v.find(path.Dir(name)).names, path.Base(name))
	return nil
}

func (v *volatile) MkdirAll(name string, perm os.FileMode) error {
	defer v.begin("mkdir", name)()
	if err := v.Filesystem.MkdirAll(name, perm); err != nil {
		return err
	}
	at := v.root
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		if at.names[part] == nil {
			at.names[part] = newDirectory()
		}
		at = at.names[part]
	}
	return nil
}

// volatileFile is an open file or directory.
type volatileFile struct {
	billy.File
	disk *volatile
	node *inode
}

func (f *volatileFile) Write(p []byte) (int, error) {
	defer f.disk.begin("write", f.Name())()
	half := len(p) / 2
	f.node.content = append(slices.Clip(f.node.content), p[:half]...)
	f.disk.tell("half of write " + f.Name())
	f.node.content = append(f.node.content, p[half:]...)
	return f.File.Write(p)
}

func (f *volatileFile) Sync() error {
	defer f.disk.begin("fsync", f.Name())()
	if f.node != nil && f.node.names != nil {
		f.node.lastingNames = maps.Clone(f.node.names)
	} else if f.node != nil {
		f.node.lastingContent = f.node.content
	}
	return f.File.(interface{ Sync() error }).Sync()
}

func (f *volatileFile) Readdirnames(n int) ([]string, error) {
	return f.File.(interface {
		Readdirnames(n int) ([]string, error)
	}).Readdirnames(n)
}
