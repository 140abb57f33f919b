package rules

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// readFiles remembers what was read lately, by content: a change is read when it is planned, when it is planned against the newest
// rulebook, and when it is committed. It is safe for concurrent use; nil remembers nothing.
type readFiles struct {
	mu         sync.Mutex
	young, old map[fileKey]*file // when young is full it becomes old
	bytes      int               // of the contents in young
	edited     [32]edited        // the files that were read or to be edited last: what is written is often edited next
	next       int               // of edited, to be forgotten
}

// edited is a file with its text as it is edited, which nobody changes.
type edited struct {
	file     *file
	document *document
}

// fileKey is what a verdict depends on.
type fileKey struct {
	id      string
	dialect expr.Dialect
}

// maxEdited is the length in bytes of the longest text that is remembered to be edited.
const maxEdited = 32 << 10

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
	if r == nil {
		return readFile(id, dialect, content)
	}
	key := fileKey{id, dialect}
	if f := r.known(key); f != nil {
		return f
	}
	f, text := readWithText(id, dialect, content)
	f.memory = r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(f, text)
	if r.young == nil || r.bytes > room {
		r.young, r.old, r.bytes = map[fileKey]*file{}, r.young, 0
	}
	r.young[key] = f
	r.bytes += len(content)
	return f
}

// document returns the text of a file to be edited, or remembers it. A file that is lent its rules has none.
func (r *readFiles) document(f *file) (*document, error) {
	if f.lentAt != "" {
		return nil, InTheWay{f.lentAt}
	}
	if r == nil || len(f.content) > maxEdited {
		return readDocument(f.content)
	}
	r.mu.Lock()
	last := r.edited
	r.mu.Unlock()
	if i := slices.IndexFunc(last[:], func(e edited) bool { return e.file == f }); i >= 0 {
		return last[i].document, nil
	}
	d, err := readDocument(f.content)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(f, d)
	return d, nil
}

// remember keeps a text that may be edited next. The caller holds mu.
func (r *readFiles) remember(f *file, text *document) {
	if text == nil || len(f.content) > maxEdited {
		return
	}
	r.edited[r.next] = edited{f, text}
	r.next = (r.next + 1) % len(r.edited)
}

// all reads the files at these places, as many at once as there are processors; nil for those that are gone.
func (r *readFiles) all(places []fileAt, read func(path string) ([]byte, error)) ([]*file, error) {
	files := make([]*file, len(places))
	for i, at := range places { // before any is read, as what is read takes the place of what was known
		files[i] = r.known(fileKey{at.id, at.dialect})
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, at := range places {
		if at.id == "" || files[i] != nil {
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
