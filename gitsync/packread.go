package gitsync

import (
	"crypto/sha1" //nolint:gosec // Git's name for content, not a protection
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
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

// errDamaged means that an object is not what its name says.
var errDamaged = errors.New("the disk gives other bytes than were written")

// check fails when the object has another name, which is the sum of what is in it. Git does not look when it reads; rules that nobody wrote
// must not be published.
func (p plain) check(name plumbing.Hash) error {
	sum := sha1.New() //nolint:gosec // Git's name for content
	fmt.Fprintf(sum, "%s %d\x00", p.kind, len(p.content))
	_, _ = sum.Write(p.content) // it cannot fail
	if plumbing.Hash(sum.Sum(nil)) != name {
		return errDamaged
	}
	return nil
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
func (b *bases) resolve(from place, data, index io.ReaderAt, limit int64) (object plain, err error) {
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
		_, rest := number(content)
		if size, _ := number(rest); len(deltas) == 0 && size > uint64(limit) {
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
	for i, d := range slices.Backward(deltas) {
		// What is read next of directories is another state of the same one, as a rule; of files, one of another file.
		keep := i == 0 || object.kind == plumbing.TreeObject
		var into []byte
		if !keep {
			into = z.scratch[i%2]
		}
		if object.content, err = patched(object.content, d.content, into); err != nil {
			return object, fmt.Errorf("%w: the object at %d: %w", errPack, d.at, err)
		}
		if keep {
			b.put(d.place, object)
		} else if len(object.content) <= maxBase {
			z.scratch[i%2] = object.content
		}
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
