package gitsync

import (
	"encoding/binary"
	"errors"
)

// errDelta means that a delta does not make an object of its base.
var errDelta = errors.New("a delta that does not fit its base")

// patched returns what a delta makes of its base: copies of parts of the base, and what the delta has itself. It is written over into where
// that is large enough.
func patched(base, delta, into []byte) ([]byte, error) {
	from, delta := number(delta)
	size, delta := number(delta)
	if delta == nil || from != uint64(len(base)) || size > maxObject {
		return nil, errDelta
	}
	made := into[:0]
	if uint64(cap(made)) < size {
		made = make([]byte, 0, size)
	}
	for len(delta) > 0 {
		step := delta[0]
		part := delta[1:]
		switch {
		case step&0x80 != 0:
			var at, n int
			if at, n, delta = copied(step, part); delta == nil || at+n > len(base) {
				return nil, errDelta
			}
			part = base[at : at+n]
		case step == 0 || int(step) > len(part): // nothing has the number 0
			return nil, errDelta
		default:
			part, delta = part[:step], part[step:]
		}
		if uint64(len(made)+len(part)) > size {
			return nil, errDelta
		}
		made = append(made, part...)
	}
	if uint64(len(made)) != size {
		return nil, errDelta
	}
	return made, nil
}

// number reads a number of seven bits a byte, the lowest first; the rest is nil when there is none.
func number(delta []byte) (n uint64, rest []byte) {
	n, length := binary.Uvarint(delta)
	if length <= 0 {
		return 0, nil
	}
	return n, delta[length:]
}

// copied reads which part of the base a step copies: its bits say which bytes of the place and of the length follow, the others are 0. The
// rest is nil when there are too few.
func copied(step byte, delta []byte) (at, n int, rest []byte) {
	var bytes [7]int
	for i := range bytes {
		if step&(1<<i) == 0 {
			continue
		}
		if len(delta) == 0 {
			return 0, 0, nil
		}
		bytes[i], delta = int(delta[0]), delta[1:]
	}
	at = bytes[0] | bytes[1]<<8 | bytes[2]<<16 | bytes[3]<<24
	if n = bytes[4] | bytes[5]<<8 | bytes[6]<<16; n == 0 {
		n = 0x10000
	}
	return at, n, delta
}
