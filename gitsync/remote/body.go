package remote

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync/atomic"
)

// maxHeld is how much of a request is made before a byte of it is sent. One that is not longer goes with its length, which
// every http server takes; git does the same (http.postBuffer, 1 MiB).
const maxHeld = 1 << 20

// body is a request that is made while it is sent.
type body struct {
	rest  io.Reader
	size  int64 // negative: not known yet
	watch *watch
	begun atomic.Bool // somebody has begun to send it

	pipe *io.PipeReader
	made chan error // what write returned
}

// newBody begins to make a request by calling write on another goroutine; what fails before maxHeld bytes is returned here.
// The caller must call abort and then
// wait.
func newBody(w *watch, write func(io.Writer) error) (*body, error) {
	r, pw := io.Pipe()
	b := &body{size: -1, watch: w, pipe: r, made: make(chan error, 1)}
	go func() {
		buffered := bufio.NewWriterSize(pw, 64<<10)
		err := write(buffered)
		if err == nil {
			err = buffered.Flush()
		}
		b.made <- err
		pw.CloseWithError(err)
	}()
	w.hold()
	defer w.release()
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, maxHeld)
	switch {
	case errors.Is(err, io.EOF):
		b.size = n
		b.rest = &head
	case err != nil:
		return nil, errors.Join(err, r.Close())
	default:
		b.rest = io.MultiReader(&head, r)
	}
	return b, nil
}

// Read hands the request to who sends it. The time that it takes to make it is not the server's.
func (b *body) Read(p []byte) (int, error) {
	b.begun.Store(true)
	b.watch.hold()
	defer b.watch.release()
	n, err := b.rest.Read(p)
	b.watch.heard(n) // it is asked for when what it had is on its way
	return n, err
}

// Close does nothing: net/http closes what it sends, but abort is the caller's.
func (b *body) Close() error { return nil }

// abort lets no more of the request be sent; what is made of it then goes nowhere.
func (b *body) abort() { _ = b.pipe.Close() } // never fails

// wait waits for write to return after abort, and returns its error unless abort was the reason.
func (b *body) wait() error {
	err := <-b.made
	if errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
