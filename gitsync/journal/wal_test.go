package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryByteOfTheLogCounts flips bytes all over the write-ahead log, which SQLite takes for its end there: each time Verify finds a flaw, or the
// journal reads as before. A few in each frame; with JOURNAL_FLIPS=all every seventh one.
func TestEveryByteOfTheLogCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	fill(t, path, 10)
	receiveSome(t, db)
	s, err := db.Search(t.Context())
	if err == nil {
		err = s.Update(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	files := map[string][]byte{}
	for _, suffix := range []string{".db", ".db-wal", "-search.db"} {
		if files[suffix], err = os.ReadFile(strings.TrimSuffix(path, ".db") + suffix); err != nil {
			t.Fatal(err)
		}
	}
	work := filepath.Join(t.TempDir(), "flipped")
	lay := func(log []byte) {
		t.Helper()
		for _, suffix := range []string{".db-shm", "-search.db-wal", "-search.db-shm"} {
			if err := os.Remove(work + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		files[".db-wal"] = log
		for suffix, content := range files {
			if err := os.WriteFile(work+suffix, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	log := files[".db-wal"]
	lay(log)
	if v, flaw := verifyAt(t, work+".db"); flaw != nil || v.Entries != 15 {
		t.Fatalf("the journal as it was written: %+v, %+v", v, flaw)
	}
	want, err := dump(t.Context(), work+".db")
	if err != nil {
		t.Fatal(err)
	}
	step := 613
	if os.Getenv("JOURNAL_FLIPS") == "all" {
		step = 7
	}
	located, found, silent := 0, 0, 0
	for at := 0; at < len(log); at += step {
		flipped := append([]byte(nil), log...)
		flipped[at] ^= 1 << (at % 8)
		lay(flipped)
		if _, flaw := verifyAt(t, work+".db"); flaw != nil {
			found++
			if strings.Contains(flaw.Text, "write-ahead log") {
				located++
			}
		} else if got, err := dump(t.Context(), work+".db"); err != nil || got != want {
			t.Errorf("the byte %d was flipped unseen: %v", at, err)
		} else {
			silent++
		}
	}
	t.Logf("%d flips in %d bytes: %d found, %d of them located in the log, %d say nothing", found+silent, len(log), found, located, silent)
	if located < silent {
		t.Errorf("only %d of %d flips were located", located, found+silent)
	}
}

// receiveSome records five commands, each in a transaction of its own.
func receiveSome(t *testing.T, db *DB) {
	t.Helper()
	for i := range 5 {
		if _, err := db.Receive(t.Context(), request(fmt.Sprint("some", i), "")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatACrashLeavesIsNoDamage cuts the log off anywhere, as a crash does that kept what was written last from the disk.
func TestWhatACrashLeavesIsNoDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	fill(t, path, 10)
	receiveSome(t, db)
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(t.TempDir(), "cut.db")
	for n := 0; n <= len(log); n += 997 {
		if err := os.WriteFile(work+"-wal", log[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if flaw, err := walFlaw(work); flaw != nil || err != nil {
			t.Errorf("cut after %d bytes: %+v, %v", n, flaw, err)
		}
	}
}

// TestAPowerCutIsNoDamage leaves frames out that were not written before the end of their transaction was: in the last transaction, of which nobody
// was told, that is none, and it is before.
func TestAPowerCutIsNoDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	receiveSome(t, db)
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const size = walFrame + 4096
	var ends []int // the frames that end a transaction
	for n := 0; walHeader+(n+1)*size <= len(log); n++ {
		if binary.BigEndian.Uint32(log[walHeader+n*size+4:]) != 0 {
			ends = append(ends, n)
		}
	}
	last, before := ends[len(ends)-1], ends[len(ends)-2]
	if last-before < 3 || before-ends[len(ends)-3] < 3 {
		t.Fatalf("transactions end at %v", ends)
	}
	work := filepath.Join(t.TempDir(), "cut.db")
	for n := before - 2; n < last; n++ {
		if n == before {
			continue // without its end, it is one with the last transaction; the index of the journal tells
		}
		for name, was := range map[string]byte{"nothing": 0, "an older generation": 0x5a} {
			cut := bytes.Clone(log)
			for i := range size {
				cut[walHeader+n*size+i] = was
			}
			if err := os.WriteFile(work+"-wal", cut, 0o600); err != nil {
				t.Fatal(err)
			}
			if flaw, err := walFlaw(work); err != nil || (flaw != nil) != (n < before) {
				t.Errorf("%s in the frame %d; transactions end at %d and %d: %+v, %v", name, n, before, last, flaw, err)
			}
		}
	}
}
