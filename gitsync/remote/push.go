package remote

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"

	"github.com/alertsmith/alertsmith/rules"
)

var errNoCommit = errors.New("no commit was named")

// Push moves the branch from old (zero: it does not exist yet) to next on the server, in one receive-pack session. pack
// writes a pack with the objects that next needs and old does not have; it is called once, on another goroutine, and not at
// all when nothing is sent. When the branch stands at next already nothing is sent either, and that is success.
//
// errors.Is tells the failures apart:
//   - ErrMoved: the branch stands neither at old nor at next. Nothing was sent.
//   - ErrUnsent: nothing was sent, so nothing changed on the server, because of this push.
//   - *Rejected (errors.As): the server says that it did not take it.
//   - any other: not known. The caller reads Tip, and may push the same again.
//
// Except for ErrMoved, which is a Conflict, they are *rules.Error of kind Unavailable; an error of pack is their cause.
func (r *Remote) Push(ctx context.Context, old, next plumbing.Hash, pack func(io.Writer) error) error {
	if next.IsZero() {
		return unsent(errNoCommit)
	}
	t, err := r.begin(ctx, receivePack)
	if err != nil {
		return unsent(err)
	}
	defer t.end()
	switch {
	case t.tip == next:
		return nil
	case t.tip != old:
		return moved(r)
	case !t.capabilities["report-status"]:
		return unsent(unavailable(errNotGit, "the Git server %s is too old: it does not report what became of a push", r))
	}
	b, err := newBody(t.watch, func(w io.Writer) error {
		if err := t.command(w, old, next); err != nil {
			return err
		}
		return pack(w)
	})
	if err != nil {
		return unsent(unavailable(err, "the commits for the Git server %s could not be packed", r))
	}
	err = t.push(b)
	b.abort()
	t.link.close()
	if made := b.wait(); made != nil && err != nil {
		err = unavailable(made, "the commits for the Git server %s could not be packed", r)
	}
	if err != nil && !b.begun.Load() {
		return unsent(err)
	}
	return err
}

// command writes the one thing that the server is told to do.
func (t *talk) command(w io.Writer, old, next plumbing.Hash) error {
	e := pktline.NewEncoder(w)
	if err := e.Encodef("%s %s %s\x00%s", old, next, t.r.ref, t.offer("report-status", "side-band-64k")); err != nil {
		return err
	}
	return e.Flush()
}

// push sends the request and reads the verdict.
func (t *talk) push(b *body) error {
	answer, err := t.link.request(b, b.size)
	if err != nil {
		return t.verdict(err, nil)
	}
	answer = limit(answer, maxReport)
	var said last
	if t.capabilities["side-band-64k"] {
		answer = &sideband{packets: pktline.NewScanner(answer), progress: t.progress(said.add)}
	}
	err = readReport(answer, t.r.ref)
	if _, rejected := errors.AsType[*Rejected](err); err == nil || rejected {
		// Hooks that run after the report would be killed by a connection that ends. Nothing they say changes it any more.
		_, _ = io.Copy(io.Discard, answer)
	}
	return t.verdict(err, said)
}

// verdict is the error of a push that was, perhaps, sent.
func (t *talk) verdict(err error, said last) error {
	if err == nil {
		return nil
	}
	rejected, ok := errors.AsType[*Rejected](err)
	if !ok {
		return t.fault(err)
	}
	rejected.Reason, rejected.Said = t.scrub(rejected.Reason), said
	text := strings.Join(append([]string{"the Git server " + t.r.String() + " refused the push: " + rejected.Reason}, said...), "\n")
	return &rules.Error{Kind: rules.Unavailable, Text: text, Offset: -1, Cause: rejected}
}
