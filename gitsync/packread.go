package gitsync

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

const (
	maxChain = 5000     // deltas upon each other; Git makes 50 and never more than 4,095
	maxBase  = 1 << 20  // bytes of an object that is remembered
	maxBases = 16 << 20 // bytes of all of them
)

// plain is an object without its name.
type plain struct {
	kind    plumbing.ObjectType
	content []byte // which nobody may change
}

// place is where a pack has an object.
type place struct {
	pack *packFile
	at   int64
}

// delta is what makes the object at a place of its base.
type delta struct {
	place
	content []byte
}

// resolve reads the object at a place of a pack, with the bases that it stands on; of at most limit bytes, or the error is ErrTooLarge.
func (b *bases) resolve(from place, data, index io.ReaderAt, limit int64) (plain, error) {
	z := inflaters.Get().(*inflater) //nolint:forcetypeassert // nothing else is put there
	defer inflaters.Put(z)
	var deltas []delta
	at := from
	object, known := b.get(at)
	for !known {
		e, content, err := z.entry(data, at.at, at.pack.end, maxObject)
		if err != nil {
			return object, err
		}
		if !e.kind.IsDelta() {
			object = plain{e.kind, content}
			b.put(at, object)
			break
		}
		var start beginning
		_, _ = start.Write(content) // it cannot fail
		if size := start.deltaSize(); size > maxObject || len(deltas) == 0 && size > uint64(limit) {
			return object, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, size, limit)
		}
		if deltas = append(deltas, delta{at, content}); len(deltas) > maxChain {
			return object, fmt.Errorf("%w: more than %d deltas upon each other", errPack, maxChain)
		}
		if at.at = e.base; e.kind == plumbing.REFDeltaObject {
			if at.at, err = at.pack.index.find(index, e.name); err != nil {
				return object, fmt.Errorf("%w: the base %s: %w", errPack, e.name, err)
			}
		}
		object, known = b.get(at)
	}
	for _, d := range slices.Backward(deltas) {
		content, err := packfile.PatchDelta(object.content, d.content)
		if err != nil {
			return object, fmt.Errorf("%w: the object at %d: %w", errPack, d.at, err)
		}
		object.content = slices.Clip(content)
		b.put(d.place, object)
	}
	if size := int64(len(object.content)); size > limit {
		return object, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, size, limit)
	}
	return object, nil
}

// bases remembers objects that were read lately: those of one file stand on each other. It is safe for concurrent use.
type bases struct {
	mu         sync.Mutex
	young, old map[place]plain // when young is full it becomes old
	bytes      int             // in young
}

func (b *bases) get(at place) (plain, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	object, known := b.young[at]
	if !known {
		object, known = b.old[at]
	}
	return object, known
}

func (b *bases) put(at place, object plain) {
	if len(object.content) > maxBase {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.young == nil || b.bytes+len(object.content) > maxBases/2 {
		b.young, b.old, b.bytes = map[place]plain{}, b.young, 0
	}
	b.young[at] = object
	b.bytes += len(object.content)
}
