package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// The newest writes are in the write-ahead log, and where a byte of it is not as it was written, SQLite takes it for its end: what follows is lost
// without a word. So the log is looked at for itself (SQLite's fileformat2, section 4).

const (
	walHeader = 32
	walFrame  = 24 // of a frame, before its page
)

// walFlaw returns the first frame of a database's write-ahead log that is damaged; nil when none is, or there is no log.
//
// What a crash left unfinished at its end, and what is left of older generations behind that, are no damage. Nor is a last transaction whose end
// reached the disk before a power cut and a frame before it did not: nobody was told that it was done. Somebody may write meanwhile, so that what looks
// damaged is looked at again.
func walFlaw(path string) (flaw *Flaw, err error) {
	const looks, pause = 4, 50 * time.Millisecond
	var before string
	for range looks {
		if flaw, err = walFlawNow(path); flaw == nil || err != nil {
			return nil, err
		}
		if flaw.Text == before {
			return flaw, nil
		}
		before = flaw.Text
		<-time.After(pause)
	}
	return nil, nil //nolint:nilnil // it changes all the time: whoever writes it reads it well
}

func walFlawNow(path string) (*Flaw, error) {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // all is in the database
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := walReader{log: bufio.NewReader(f)}
	if ok, err := w.header(); !ok || err != nil {
		return w.headFlaw(err)
	}
	good := int64(walHeader) // where what can be read ends
	var broken, written bool // whether a frame was found that does not follow, and whether it was written in this generation
	ends := 0                // transactions that end behind that
	for w.next() {
		switch {
		case !broken && w.follows():
			good += int64(len(w.frame))
			continue
		case !broken:
			broken, written = true, w.ours()
		}
		if w.ours() && w.commits() {
			ends++
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	if ends > 1 || ends == 1 && written {
		return &Flaw{Text: fmt.Sprintf("the write-ahead log is damaged at its byte %d or within the %d bytes behind it: the newest entries, which are in it from there on, cannot be read", good, len(w.frame))}, nil
	}
	return nil, nil //nolint:nilnil // there is none
}

// walReader reads a write-ahead log frame by frame.
type walReader struct {
	log    io.Reader
	order  binary.ByteOrder // of the words that are summed up
	salts  [8]byte          // both numbers of this generation
	frame  []byte           // the one that was read last, with its page
	s1, s2 uint32           // the sum so far
	err    error            // of reading
}

// header reads the head, and reports whether it is as it was written. The error is io.EOF or io.ErrUnexpectedEOF where the log ends before.
func (w *walReader) header() (bool, error) {
	const magic = 0x377f0682 // for sums of little-endian words; one more for big-endian ones
	var head [walHeader]byte
	if _, err := io.ReadFull(w.log, head[:]); err != nil {
		return false, err
	}
	switch binary.BigEndian.Uint32(head[:]) {
	case magic:
		w.order = binary.LittleEndian
	case magic + 1:
		w.order = binary.BigEndian
	default:
		return false, nil
	}
	w.sum(head[:24])
	page := binary.BigEndian.Uint32(head[8:])
	if !w.summed(head[24:]) || page < 512 || page > 65536 {
		return false, nil
	}
	copy(w.salts[:], head[16:])
	w.frame = make([]byte, walFrame+page)
	return true, nil
}

// headFlaw returns what it says of a log that its head cannot be read.
func (w *walReader) headFlaw(err error) (*Flaw, error) {
	if err == nil {
		_, err = io.ReadFull(w.log, make([]byte, walFrame))
		if err == nil {
			return &Flaw{Text: "the head of the write-ahead log is damaged, so that the newest entries, which are in it, cannot be read"}, nil
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil //nolint:nilnil // nothing was written yet
	}
	return nil, err
}

// next reads the next frame; false at the end of what is whole.
func (w *walReader) next() bool {
	_, err := io.ReadFull(w.log, w.frame)
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.err = err
	}
	return err == nil
}

// follows reports whether the frame is as it was written behind the one before, and goes on behind it.
func (w *walReader) follows() bool {
	s1, s2 := w.s1, w.s2
	w.sum(w.frame[:8])
	w.sum(w.frame[walFrame:])
	if w.summed(w.frame[16:]) && bytes.Equal(w.frame[8:16], w.salts[:]) {
		return true
	}
	w.s1, w.s2 = s1, s2
	return false
}

// ours reports whether the frame is of this generation of the log, as far as that can be told of a damaged one: both numbers of an older
// one are others.
func (w *walReader) ours() bool {
	return bytes.Equal(w.frame[8:12], w.salts[:4]) || bytes.Equal(w.frame[12:16], w.salts[4:])
}

// commits reports whether the frame ends a transaction.
func (w *walReader) commits() bool { return binary.BigEndian.Uint32(w.frame[4:]) != 0 }

// summed reports whether the sum so far is the one that stands there.
func (w *walReader) summed(stored []byte) bool {
	return w.s1 == binary.BigEndian.Uint32(stored) && w.s2 == binary.BigEndian.Uint32(stored[4:])
}

func (w *walReader) sum(words []byte) {
	for ; len(words) >= 8; words = words[8:] {
		w.s1 += w.order.Uint32(words) + w.s2
		w.s2 += w.order.Uint32(words[4:]) + w.s1
	}
}
