package gitsync

import (
	"encoding/binary"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	patchBases   = 16  // objects that were packed last and that one may be told as a difference from
	maxPatches   = 40  // upon each other; Git makes 50
	minPatched   = 256 // bytes of an object that is worth it
	maxCopied    = 0xffff
	maxInsertion = 0x7f
)

// packedObject is an object of a pack that others may be told as a difference from.
type packedObject struct {
	hash    plumbing.Hash
	kind    plumbing.ObjectType
	content []byte
	patches int // that it stands on
}

// patchBase returns the object of which an object is told with the fewest bytes as a difference, and those; nil when it is as well told as a whole.
// Changes that are packed together have a version of the same journal page and of the same directories each.
func patchBase(last []packedObject, kind plumbing.ObjectType, content []byte) (base *packedObject, patch []byte) {
	if len(content) < minPatched {
		return nil, nil
	}
	most := len(content) / 2
	for i := range last {
		b := &last[i]
		if b.kind != kind || b.patches >= maxPatches {
			continue
		}
		if head, tail := inCommon(b.content, content); head+tail > most {
			base, most = b, head+tail
		}
	}
	if base == nil {
		return nil, nil
	}
	return base, patchOf(base.content, content)
}

// patchOf returns the difference between two contents as packs have it (gitformat-pack(5), "Deltified representation"): what both begin and
// end with is copied, and what is between written.
func patchOf(base, content []byte) []byte {
	head, tail := inCommon(base, content)
	patch := binary.AppendUvarint(nil, uint64(len(base)))
	patch = binary.AppendUvarint(patch, uint64(len(content)))
	patch = appendCopy(patch, 0, head)
	for rest := content[head : len(content)-tail]; len(rest) > 0; {
		n := min(len(rest), maxInsertion)
		patch = append(append(patch, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	return appendCopy(patch, len(base)-tail, tail)
}

// inCommon returns how many bytes two contents both begin with, and how many of the rest both end with.
func inCommon(a, b []byte) (head, tail int) {
	n := min(len(a), len(b))
	for head < n && a[head] == b[head] {
		head++
	}
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head, tail
}

// appendCopy appends that n bytes of the base are copied.
func appendCopy(patch []byte, at, n int) []byte {
	for n > 0 {
		size := min(n, maxCopied)
		patch = append(patch, 0x80|0x3f, byte(at), byte(at>>8), byte(at>>16), byte(at>>24), byte(size), byte(size>>8))
		at, n = at+size, n-size
	}
	return patch
}
