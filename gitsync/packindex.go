package gitsync

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
)

// Where things stand in the index of a pack (version 2): after a head and 256 counts come the names of the objects, in order, then a checksum
// of each, then where each is in the pack, then those places that need eight bytes, then the checksums of the pack and of the index.
const (
	indexHead    = "\xfftOc\x00\x00\x00\x02"
	indexNames   = int64(len(indexHead) + 256*4)
	hashSize     = int64(len(plumbing.Hash{}))
	indexSeals   = 2 * hashSize
	perObject    = hashSize + 4 + 4
	namesAtOnce  = 32              // that are read of an index at the end of a search
	farAway      = uint32(1 << 31) // marks a place that needs eight bytes
	smallestPack = 12 + hashSize   // head and checksum
)

var errIndex = errors.New("not an index of a pack as Git makes it")

// packIndex tells where in its pack an object is. It is not held in memory but for the counts: that of a large rulebook is 25 MB long.
type packIndex struct {
	counts [256]uint32 // how many objects have a name that begins with this byte or a smaller one
	wide   int64       // places that need eight bytes
}

// readIndex checks the head of an index that has size bytes.
func readIndex(file io.ReaderAt, size int64) (packIndex, error) {
	var x packIndex
	head := make([]byte, indexNames)
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return x, err
	}
	counts, found := bytes.CutPrefix(head, []byte(indexHead))
	if !found {
		return x, errIndex
	}
	for i := range x.counts {
		x.counts[i] = binary.BigEndian.Uint32(counts[4*i:])
		if i > 0 && x.counts[i] < x.counts[i-1] {
			return x, fmt.Errorf("%w: its counts do not grow", errIndex)
		}
	}
	rest := size - indexNames - perObject*x.len() - indexSeals
	if rest < 0 || rest%8 != 0 {
		return x, fmt.Errorf("%w: it is %d bytes long for %d objects", errIndex, size, x.len())
	}
	x.wide = rest / 8
	return x, nil
}

// len returns how many objects there are.
func (x *packIndex) len() int64 { return int64(x.counts[255]) }

// between returns the range of objects whose names begin with a byte.
func (x *packIndex) between(first byte) (low, high int64) {
	if first > 0 {
		low = int64(x.counts[first-1])
	}
	return low, int64(x.counts[first])
}

// find returns where an object is in the pack; plumbing.ErrObjectNotFound when it is not in it. file is the index.
func (x *packIndex) find(file io.ReaderAt, hash plumbing.Hash) (int64, error) {
	low, high := x.between(hash[0])
	var names [namesAtOnce * hashSize]byte
	for high-low > namesAtOnce {
		middle := low + (high-low)/2
		name := names[:hashSize]
		if _, err := file.ReadAt(name, indexNames+middle*hashSize); err != nil {
			return 0, err
		}
		if bytes.Compare(name, hash[:]) > 0 {
			high = middle
		} else {
			low = middle
		}
	}
	n := int(high - low)
	if n == 0 {
		return 0, plumbing.ErrObjectNotFound
	}
	if _, err := file.ReadAt(names[:int64(n)*hashSize], indexNames+low*hashSize); err != nil {
		return 0, err
	}
	i, found := sort.Find(n, func(i int) int { return bytes.Compare(hash[:], names[int64(i)*hashSize:int64(i+1)*hashSize]) })
	if !found {
		return 0, plumbing.ErrObjectNotFound
	}
	return x.place(file, low+int64(i))
}

// place returns where the nth object by name is in the pack.
func (x *packIndex) place(file io.ReaderAt, n int64) (int64, error) {
	places := indexNames + x.len()*(hashSize+4)
	var b [8]byte
	if _, err := file.ReadAt(b[:4], places+4*n); err != nil {
		return 0, err
	}
	place := binary.BigEndian.Uint32(b[:])
	if place&farAway == 0 {
		return int64(place), nil
	}
	nth := int64(place &^ farAway)
	if nth >= x.wide {
		return 0, fmt.Errorf("%w: it has no place number %d", errIndex, nth)
	}
	if _, err := file.ReadAt(b[:], places+4*x.len()+8*nth); err != nil {
		return 0, err
	}
	wide := binary.BigEndian.Uint64(b[:])
	if wide > math.MaxInt64 {
		return 0, errIndex
	}
	return int64(wide), nil
}
