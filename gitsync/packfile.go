package gitsync

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// maxSmallIndex is how many bytes an index has that is held in memory: those of our own packs have some 1,200.
const maxSmallIndex = 64 << 10

// packFile is a pack on the disk. It is safe for concurrent use.
type packFile struct {
	fs    *durable
	name  string // without suffix
	index packIndex
	small []byte // the whole index where it is small; else nil

	mu    sync.RWMutex // held for reading while the files are read
	open  bool
	data  billy.File
	names billy.File // the index, where it is not small
	end   int64      // of the objects in data
}

// openPackFile reads the beginning of a pack's index.
func openPackFile(fs *durable, name string) (*packFile, error) {
	p := &packFile{fs: fs, name: name}
	f, err := p.file(".idx")
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		p.index, err = readIndex(f, size)
	}
	if err == nil && size <= maxSmallIndex {
		p.small = make([]byte, size)
		_, err = f.ReadAt(p.small, 0)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s.idx: %w", name, err)
	}
	return p, nil
}

func (p *packFile) file(suffix string) (billy.File, error) {
	return p.fs.Open(path.Join(packDir, p.name+suffix))
}

// mayHave reports whether an object may be in the pack. It opens no file: of a pack whose whole index is in memory it knows.
func (p *packFile) mayHave(hash plumbing.Hash) bool {
	if low, high := p.index.between(hash[0]); low == high || p.small == nil {
		return low < high
	}
	_, err := p.index.find(bytes.NewReader(p.small), hash)
	return !errors.Is(err, plumbing.ErrObjectNotFound)
}

// read calls do with the files of the pack, which are open until it returns. opened hears that they were opened for that.
func (p *packFile) read(opened func(*packFile), do func(data, index io.ReaderAt) error) error {
	for {
		p.mu.RLock()
		if p.open {
			break
		}
		p.mu.RUnlock()
		opened(p)
		if err := p.openFiles(); err != nil {
			return err
		}
	}
	defer p.mu.RUnlock()
	index := io.ReaderAt(p.names)
	if p.small != nil {
		index = bytes.NewReader(p.small)
	}
	return do(p.data, index)
}

func (p *packFile) openFiles() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		return nil
	}
	if p.data, err = p.file(".pack"); err != nil {
		return err
	}
	if p.small == nil {
		if p.names, err = p.file(".idx"); err != nil {
			return errors.Join(err, p.data.Close())
		}
	}
	size, err := p.data.Seek(0, io.SeekEnd)
	if err == nil && size < smallestPack {
		err = errPack
	}
	if err != nil {
		return errors.Join(err, p.closeFiles())
	}
	p.open, p.end = true, size-hashSize
	return nil
}

// close closes the files when nobody reads them any more. They are opened again when somebody does.
func (p *packFile) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		p.open = false
		_ = p.closeFiles() // nothing was written
	}
}

func (p *packFile) closeFiles() error {
	err := p.data.Close()
	if p.names != nil {
		err = errors.Join(err, p.names.Close())
	}
	p.data, p.names = nil, nil
	return err
}
