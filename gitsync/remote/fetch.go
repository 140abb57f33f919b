package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"

	"github.com/alertsmith/alertsmith/rules"
)

// maxHaves is how many commits the server is told that we have: they go in one request, and the newest common one counts.
const maxHaves = 256

// Fetch asks for what the branch's tip want needs and none of haves has, and hands it to pack as one pack: a whole one, no
// object of which needs another that is not in the pack or reachable from haves; deltas are among the pack's own objects.
// Of haves the first 256 are used, so the most likely ones come first. pack must read up to the pack's own checksum, and
// verify it; what it does with the time is not counted against the server. progress may be nil; it gets the server's words,
// line by line and cleaned.
//
// When the branch does not stand at want any more, the error is ErrMoved. An error of pack is returned as it is, unless the
// stream failed before. Others are *rules.Error of kind Unavailable: then the pack must not be used.
func (r *Remote) Fetch(ctx context.Context, want plumbing.Hash, haves []plumbing.Hash, progress func(string), pack func(io.Reader) error) error {
	t, err := r.begin(ctx, uploadPack)
	if err != nil {
		return err
	}
	defer t.end()
	if t.tip != want || want.IsZero() {
		return moved(r)
	}
	if !t.capabilities["side-band-64k"] {
		return unavailable(errNotGit, "the Git server %s is too old: it does not know side-band-64k", r)
	}
	request := fetchRequest(t.advert, want, haves, progress == nil)
	if progress == nil {
		progress = func(string) {}
	}
	answer, err := t.link.request(bytes.NewReader(request), int64(len(request)))
	if err != nil {
		return t.fault(err)
	}
	stream := &packStream{t: t, in: &sideband{packets: pktline.NewScanner(limit(answer, r.maxPack)), progress: t.progress(progress)}}
	if err := stream.begin(); err != nil {
		return t.fault(err)
	}
	t.watch.hold()
	err = pack(stream)
	t.watch.release()
	if stream.err != nil {
		return t.tooLarge(stream.err)
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stream.in); err != nil {
		return t.tooLarge(err)
	}
	return nil
}

// tooLarge names the limit when it is what was hit.
func (t *talk) tooLarge(err error) error {
	if errors.Is(err, errTooLarge) {
		return unavailable(err, "the Git server %s sent more than the %d bytes that are taken at once: is `git.remote` the right repository?", t.r, t.r.maxPack)
	}
	return t.fault(err)
}

func moved(r *Remote) error {
	return &rules.Error{Kind: rules.Conflict, Text: fmt.Sprintf("somebody else pushed to %s meanwhile", r), Offset: -1, Cause: ErrMoved}
}

// fetchRequest asks for one commit, in one round: everything that we have is said at once. A thin pack is not asked for, as
// who stores the pack would have to complete it.
func fetchRequest(a advert, want plumbing.Hash, haves []plumbing.Hash, quiet bool) []byte {
	capabilities := []string{"side-band-64k", "ofs-delta"}
	if quiet {
		capabilities = append(capabilities, "no-progress")
	}
	var b bytes.Buffer
	e := pktline.NewEncoder(&b)
	// A bytes.Buffer takes everything, and no line here is too long.
	_ = e.Encodef("want %s %s\n", want, a.offer(capabilities...))
	_ = e.Flush()
	for _, have := range haves[:min(len(haves), maxHaves)] {
		_ = e.Encodef("have %s\n", have)
	}
	_ = e.EncodeString("done\n")
	return b.Bytes()
}

// packStream is the pack of an answer, for the caller to read.
type packStream struct {
	t   *talk
	in  *sideband
	err error // of the stream, not its end
}

// begin reads up to the first packet of the pack. Before it stand ACK, for the first commit that both have, or NAK.
func (s *packStream) begin() error {
	for range maxHaves + 1 {
		payload, err := scan(s.in.packets)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(payload, []byte("ACK ")) && !bytes.HasPrefix(payload, []byte("NAK")) {
			s.in.accept(payload)
			return nil
		}
	}
	return fmt.Errorf("%w: it acknowledges more than it was told", errNotGit)
}

// Read implements io.Reader. While it waits the server's time counts; the rest of the time is the caller's.
func (s *packStream) Read(p []byte) (int, error) {
	s.t.watch.release()
	defer s.t.watch.hold()
	n, err := s.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	}
	return n, err
}
