package remote

import (
	"context"
	"io"
	"strings"
	"time"
)

// service is the program that serves at the other end.
type service string

// The services.
const (
	uploadPack  service = "git-upload-pack"  // gives
	receivePack service = "git-receive-pack" // takes
)

// dial starts a service on the server. Until the link is closed ctx ends it, and w counts how long the server is silent.
type dial func(ctx context.Context, w *watch, s service) (link, error)

// link is one conversation with a service: it advertises its refs, takes one request and answers it.
type link interface {
	// advertised asks for the refs that the service advertises.
	advertised() (io.Reader, error)
	// request sends a request of size bytes, or of an unknown number when size is negative, and returns the answer. The
	// request may still be on its way then. A link takes one request.
	request(body io.Reader, size int64) (io.Reader, error)
	// complaint waits for the end and returns what the service said on the side, not cleaned; for when it fell silent.
	complaint() string
	// secrets returns what must not be read by anybody, however the server says it.
	secrets() []string
	// close ends the service, however it stands with it, and waits until all that runs for it has ended.
	close()
}

// talk is a link whose service has said where the branch stands.
type talk struct {
	r      *Remote
	ctx    context.Context //nolint:containedctx // lives as long as one call of Tip, Fetch or Push
	watch  *watch
	link   link
	advert // of the refs
	cancel func()
}

// begin starts a service and reads its refs. Errors are *rules.Error.
func (r *Remote) begin(ctx context.Context, s service) (*talk, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &talk{r: r, ctx: ctx, watch: newWatch(patience{silence: r.timeout, pace: r.paceWithin, least: r.leastPace}, cancel)}
	t.cancel = func() { cancel(nil); t.watch.stop() }
	tooLong := time.AfterFunc(r.advertWithin, func() { cancel(errLongAdvert) })
	defer tooLong.Stop()
	var err error
	t.link, err = r.dial(ctx, t.watch, s)
	if err != nil {
		err = t.fault(err)
		t.cancel()
		return nil, err
	}
	refs, err := t.link.advertised()
	if err == nil {
		t.advert, err = readAdvert(limit(refs, maxAdvert), r.ref)
	}
	if err != nil {
		err = t.refusal(err)
		t.end()
		return nil, err
	}
	return t, nil
}

// end ends the conversation.
func (t *talk) end() {
	t.link.close()
	t.cancel()
}

// refusal is the error of a service that did not advertise. When it said why, that is the reason.
func (t *talk) refusal(err error) error {
	if !isCut(err) || t.ctx.Err() != nil {
		return t.fault(err)
	}
	said := t.scrub(line(t.link.complaint()))
	switch {
	case said == "":
		return t.fault(err)
	case strings.Contains(said, "does not appear to be a git repository"), strings.Contains(said, "could not be found"), strings.Contains(strings.ToLower(said), "repository not found"):
		return unavailable(err, "the Git server has no repository %s, or the user may not see it (it says: %s)", t.r, said)
	default:
		return unavailable(err, "the Git server %s says: %s", t.r, said)
	}
}

// scrub takes the secrets out of a text.
func (t *talk) scrub(s string) string {
	if t.link == nil {
		return s
	}
	for _, secret := range t.link.secrets() {
		s = strings.ReplaceAll(s, secret, "[secret]")
	}
	return s
}

// progress returns a writer for what the service reports while it works; emit gets clean lines.
func (t *talk) progress(emit func(string)) *lines {
	return &lines{emit: func(s string) {
		t.watch.hold()
		defer t.watch.release()
		emit(t.scrub(s))
	}}
}

// limit returns a reader that fails with errTooLarge after n bytes.
func limit(r io.Reader, n int64) io.Reader { return &limited{r, n} }

type limited struct {
	io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLarge
	}
	n, err := l.Reader.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
