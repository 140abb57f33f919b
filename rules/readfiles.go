package rules

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// readFiles remembers what was read lately, by content: a change is read when it is planned, when it is planned against the newest
// rulebook, and when it is committed. It is safe for concurrent use.
type readFiles struct {
	mu         sync.Mutex
	young, old map[fileKey]*file // when young is full it becomes old
	bytes      int               // of the contents in young
}

// fileKey is what a verdict depends on.
type fileKey struct {
	id      string
	dialect expr.Dialect
}

// room is how many bytes of content one half of the memory holds.
const room = 4 << 20

// known returns a file that was read lately; nil when it was not.
func (r *readFiles) known(key fileKey) *file {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.young[key]; f != nil {
		return f
	}
	return r.old[key]
}

// file reads a file, or remembers it.
func (r *readFiles) file(id string, dialect expr.Dialect, content []byte) *file {
	key := fileKey{id, dialect}
	if f := r.known(key); f != nil {
		return f
	}
	f := readFile(id, dialect, content)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil || r.bytes > room {
		r.young, r.old, r.bytes = map[fileKey]*file{}, r.young, 0
	}
	r.young[key] = f
	r.bytes += len(content)
	return f
}

// all reads the files at these places, as many at once as there are processors; nil for those that are gone.
func (r *readFiles) all(places []fileAt, read func(path string) ([]byte, error)) ([]*file, error) {
	files := make([]*file, len(places))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, at := range places {
		if at.id == "" {
			continue
		}
		if files[i] = r.known(fileKey{at.id, at.dialect}); files[i] != nil {
			continue
		}
		group.Go(func() error {
			content, err := read(at.path)
			if errors.Is(err, ErrTooLarge) {
				files[i] = tooLarge(at.id, at.dialect)
				return nil
			}
			if err == nil {
				files[i] = r.file(at.id, at.dialect, content)
			}
			return err
		})
	}
	return files, group.Wait()
}

// tooLarge is a file that somebody pushed and that no ruler is asked to read.
func tooLarge(id string, dialect expr.Dialect) *file {
	return &file{id: id, dialect: dialect, problems: []expr.Problem{{Text: fmt.Sprintf("the file is too large to be read; at most %d bytes are allowed", expr.MaxFile)}}}
}
