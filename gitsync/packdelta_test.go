package gitsync

import (
	"bytes"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

func TestPatched(t *testing.T) {
	t.Parallel()
	base := bytes.Repeat([]byte("0123456789"), 7000) // 70,000 bytes are f0 a2 04
	size := "\xf0\xa2\x04"
	for _, test := range []struct {
		name, delta, want string
		fails             bool
	}{
		{"its own bytes", size + "\x03\x03abc", "abc", false},
		{"a copy", size + "\x03\x91\x05\x03", "567", false},
		{"a far copy", size + "\x02\x97\x01\x02\x01\x02", string(base[0x10201:0x10203]), false},
		{"a copy of 64 kB", size + "\x80\x80\x04\x80", string(base[:0x10000]), false},
		{"nothing", size + "\x00", "", false},
		{"another base", "\x05\x03\x03abc", "", true},
		{"more than it says", size + "\x02\x03abc", "", true},
		{"less than it says", size + "\x04\x03abc", "", true},
		{"a copy beyond the end", size + "\x03\x97\x6f\x11\x01\x03", "", true},
		{"a copy that is cut off", size + "\x03\x97\x6f", "", true},
		{"bytes that are cut off", size + "\x03\x03ab", "", true},
		{"the step 0", size + "\x03\x00abc", "", true},
		{"no sizes", "", "", true},
		{"an endless size", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "", true},
		{"a giant", size + "\xff\xff\xff\xff\x7f\x01a", "", true},
	} {
		got, err := patched(base, []byte(test.delta), nil)
		if (err != nil) != test.fails || string(got) != test.want {
			t.Errorf("%s: %.20q, %v", test.name, got, err)
		}
	}
}

// FuzzPatched compares it with go-git's, which takes no base without bytes and no delta of fewer than four.
func FuzzPatched(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("\x0a\x06\x91\x02\x03\x03abc"))
	f.Add([]byte("0123456789"), []byte("\x0a\x03\x93\x02\x00\x03"))
	f.Add([]byte("0123456789"), []byte("\x0a\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		got, err := patched(base, delta, make([]byte, 5))
		_, rest := number(delta)
		if _, rest = number(rest); rest == nil { // go-git takes a size that is cut off
			if err == nil {
				t.Fatalf("%q without sizes", got)
			}
			return
		}
		want, wantErr := packfile.PatchDelta(base, delta)
		if wantErr == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%q, %v, by go-git %q", got, err, want)
		}
		if wantErr != nil && err == nil && len(base) > 0 && len(delta) >= 4 {
			t.Fatalf("%q, by go-git %v", got, wantErr)
		}
	})
}
