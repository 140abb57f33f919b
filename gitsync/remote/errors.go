package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"

	"github.com/alertsmith/alertsmith/rules"
)

var (
	// ErrMoved means that the branch does not stand where the caller said. Nothing was sent, and the caller can ask Tip.
	ErrMoved = errors.New("the branch on the Git server has moved")

	// ErrUnsent means that a push failed before a byte of it was sent, so that surely nothing changed on the server.
	ErrUnsent = errors.New("nothing was sent to the Git server")
)

// Rejected means that the server answered a push and said that it did not take it. A lost race reads the same as a lock
// that somebody left behind, so the caller asks Tip what has become of the branch.
type Rejected struct {
	Reason string   // one line of the server's own words, cleaned
	Said   []string // what the server and its hooks printed meanwhile, cleaned: its last lines
}

// Error returns the reason.
func (r *Rejected) Error() string { return "refused by the Git server: " + r.Reason }

// The faults of an answer.
var (
	errSilent     = errors.New("silent for too long")
	errSlow       = errors.New("too little for too long")
	errLongAdvert = errors.New("the refs were not told in time")
	errTooLarge   = errors.New("the answer is larger than what is taken")
	errNotGit     = errors.New("the answer is not one of a Git server")
	errSHA256     = errors.New("the repository names its objects by SHA-256, which is not supported")
	errCut        = fmt.Errorf("the answer ended too early: %w", io.ErrUnexpectedEOF)
)

// unavailable returns the error of a fault that is ours or the world's.
func unavailable(cause error, format string, args ...any) error {
	return &rules.Error{Kind: rules.Unavailable, Text: fmt.Sprintf(format, args...), Offset: -1, Cause: cause}
}

// unsent marks the error of a push that did not begin.
func unsent(err error) error {
	text := err.Error()
	if e, ok := errors.AsType[*rules.Error](err); ok {
		text = e.Text
		err = e.Cause
	}
	if err == nil {
		err = ErrUnsent
	} else {
		err = fmt.Errorf("%w: %w", ErrUnsent, err)
	}
	return unavailable(err, "%s", text)
}

// fault is the error of a step that failed for want of an answer, with a secret taken out of what anybody will read.
func (t *talk) fault(err error) error {
	if _, ok := errors.AsType[*rules.Error](err); ok {
		return err
	}
	if cause := context.Cause(t.ctx); cause != nil && !errors.Is(err, errTooLarge) {
		err = fmt.Errorf("%w (%w)", cause, err)
	}
	return unavailable(redacted{err, t.scrub(line(err.Error()))}, "the Git server %s %s", t.r, t.scrub(t.reason(err)))
}

// redacted is an error whose text has no secret.
type redacted struct {
	error
	text string
}

func (r redacted) Error() string { return r.text }

func (r redacted) Unwrap() error { return r.error }

// reason says in words for a person what went wrong with the server, as the end of a sentence that begins with it.
func (t *talk) reason(err error) string {
	var (
		no     *Rejected
		said   *pktline.ErrorLine
		dns    *net.DNSError
		ca     x509.UnknownAuthorityError
		name   x509.HostnameError
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		proxy  *proxyFault
	)
	switch {
	case errors.Is(err, errSilent):
		return fmt.Sprintf("did not answer for %s (git.timeout)", t.r.timeout)
	case errors.Is(err, errLongAdvert):
		return fmt.Sprintf("did not tell within %s (%d times git.timeout) what its branches stand at", t.r.advertWithin, advertTimeouts)
	case errors.Is(err, errSlow):
		return fmt.Sprintf("sends or takes less than %d bytes in %s (%d times git.timeout): it, or the way to it, is too slow", t.r.leastPace, t.r.paceWithin, paceTimeouts)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "was not waited for any longer"
	case errors.As(err, &proxy):
		return fmt.Sprintf("is reached through the proxy %s, as HTTPS_PROXY says, and that %s", proxy.proxy, proxy.what)
	case errors.As(err, &no):
		return "refuses: " + no.Reason
	case errors.As(err, &said):
		return "says: " + line(said.Text)
	case errors.Is(err, errTooLarge):
		return "answers with more than is taken; is the address right?"
	case errors.Is(err, errSHA256):
		return "keeps this repository with SHA-256, which is not supported: create it with --object-format=sha1"
	case errors.Is(err, errNotGit), errors.Is(err, pktline.ErrInvalidPktLen), isHTTPNonsense(err):
		return "does not answer as a Git server does: is `git.remote` the address that git clone takes?"
	case errors.As(err, &dns):
		return "has a name that cannot be found: is the host in `git.remote` right, and does DNS work here?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections: is it running, and is the port in `git.remote` right?"
	case errors.As(err, &ca):
		return "shows a certificate of an authority that is not known here: name that authority's certificate in `git.ca_file`"
	case errors.As(err, &name):
		return "shows a certificate for another name than the one in `git.remote`"
	case errors.As(err, &cert):
		return "shows a certificate that is not valid: " + line(cert.Err.Error())
	case errors.As(err, &record):
		return "does not speak TLS: is the port in `git.remote` right?"
	case isClosed(err):
		return "closed the connection before its answer was complete"
	case isTimeout(err):
		return fmt.Sprintf("could not be connected to within %s (git.timeout)", t.r.timeout)
	default:
		return "cannot be talked to; the log says more"
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isClosed reports whether the other side hung up. For that of a connection that was kept net/http (Go 1.26) has a text only.
func isClosed(err error) bool {
	return isCut(err) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "server closed idle connection")
}

// isHTTPNonsense reports what net/http says, for want of a type, of an answer that is not HTTP.
func isHTTPNonsense(err error) bool { return strings.Contains(err.Error(), "malformed HTTP") }
