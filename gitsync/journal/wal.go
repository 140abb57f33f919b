package journal

import (
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
// What a crash left unfinished at its end, and what is left of older generations behind that, are no damage. Somebody may write meanwhile, so that
// what looks damaged is looked at again.
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
	log, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	w := walReader{log: log}
	if len(log) < walHeader+walFrame {
		return nil, nil //nolint:nilnil // nothing was written yet
	}
	if !w.header() {
		return &Flaw{Text: "the head of the write-ahead log is damaged, so that the newest entries, which are in it, cannot be read"}, nil
	}
	good := walHeader // where what can be read ends
	for at := walHeader; at+walFrame+w.page <= len(log); at += walFrame + w.page {
		if good == at && w.follows(at) {
			good = at + walFrame + w.page
			continue
		}
		if w.ours(at) && w.commits(at) {
			return &Flaw{Text: fmt.Sprintf("the write-ahead log is damaged at its byte %d or within the %d bytes behind it: the newest entries, which are in it from there on, cannot be read", good, walFrame+w.page)}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// walReader reads a write-ahead log.
type walReader struct {
	log    []byte
	order  binary.ByteOrder // of the words that are summed up
	page   int              // bytes of a page
	s1, s2 uint32           // the sum so far
}

// header reads the head, and reports whether it is as it was written.
func (w *walReader) header() bool {
	const magic = 0x377f0682 // for sums of little-endian words; one more for big-endian ones
	switch binary.BigEndian.Uint32(w.log) {
	case magic:
		w.order = binary.LittleEndian
	case magic + 1:
		w.order = binary.BigEndian
	default:
		return false
	}
	w.page = int(binary.BigEndian.Uint32(w.log[8:]))
	w.sum(w.log[:24])
	return w.summed(24) && w.page >= 512 && w.page <= 65536
}

// follows reports whether the frame at a place is as it was written behind the one before, and goes on behind it.
func (w *walReader) follows(at int) bool {
	s1, s2 := w.s1, w.s2
	w.sum(w.log[at : at+8])
	w.sum(w.log[at+walFrame : at+walFrame+w.page])
	if w.summed(at+16) && w.salt(at, 8) && w.salt(at, 12) {
		return true
	}
	w.s1, w.s2 = s1, s2
	return false
}

// ours reports whether the frame at a place is of this generation of the log, as far as that can be told of a damaged one: both numbers of an older
// one are others.
func (w *walReader) ours(at int) bool { return w.salt(at, 8) || w.salt(at, 12) }

// salt reports whether a number of the generation in a frame is that of the head.
func (w *walReader) salt(at, in int) bool {
	return binary.BigEndian.Uint32(w.log[at+in:]) == binary.BigEndian.Uint32(w.log[in+8:])
}

// commits reports whether the frame at a place ends a transaction.
func (w *walReader) commits(at int) bool { return binary.BigEndian.Uint32(w.log[at+4:]) != 0 }

func (w *walReader) summed(at int) bool {
	return w.s1 == binary.BigEndian.Uint32(w.log[at:]) && w.s2 == binary.BigEndian.Uint32(w.log[at+4:])
}

func (w *walReader) sum(words []byte) {
	for ; len(words) >= 8; words = words[8:] {
		w.s1 += w.order.Uint32(words) + w.s2
		w.s2 += w.order.Uint32(words[4:]) + w.s1
	}
}
