package remote_test

import (
	"bytes"
	"io"
)

// failing writes the first n bytes of a pack, and fails then.
func failing(pack func(io.Writer) error, n int, err error) func(io.Writer) error {
	return func(w io.Writer) error {
		var whole bytes.Buffer
		if failed := pack(&whole); failed != nil {
			return failed
		}
		if _, failed := w.Write(whole.Bytes()[:n]); failed != nil {
			return failed
		}
		return err
	}
}

// reading reads a little, and fails then.
func reading(err error) func(io.Reader) error {
	return func(r io.Reader) error {
		if _, failed := io.ReadFull(r, make([]byte, 12)); failed != nil {
			return failed
		}
		return err
	}
}

// noise returns n bytes that do not get smaller by compression.
func noise(n int) []byte {
	out := make([]byte, n)
	state := uint32(1)
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = byte(state >> 24)
	}
	return out
}
