package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// web is a server that is spoken to by smart http (gitprotocol-http).
type web struct {
	at       address
	username string
	password string // the file
	client   *http.Client
}

// newHTTP prepares a client that keeps its connections for a while. Redirects are not followed: they would take the
// password along, and the push.
func newHTTP(at address, c Config, timeout time.Duration) (dial, error) {
	if c.PasswordFile != "" && c.Username == "" {
		return nil, unavailable(errAddress, "the password of `git.password_file` wants a user name with it: write `git.username` (for a token, GitLab takes oauth2, GitHub x-access-token)")
	}
	trusted := (*x509.CertPool)(nil) // the system's
	if c.CAFile != "" {
		pem, err := readSmallFile(c.CAFile)
		if err != nil {
			return nil, unavailable(err, "the certificates of `git.ca_file` cannot be read")
		}
		if trusted, err = x509.SystemCertPool(); err != nil {
			trusted = x509.NewCertPool()
		}
		if !trusted.AppendCertsFromPEM(pem) {
			return nil, unavailable(errAddress, "`git.ca_file` %s has no certificate in PEM form", c.CAFile)
		}
	}
	h := web{at: at, username: c.Username, password: c.PasswordFile, client: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			OnProxyConnectResponse: onProxyAnswer,
			DialContext:            (&net.Dialer{Timeout: timeout}).DialContext,
			TLSHandshakeTimeout:    timeout,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted},
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return h.dial, nil
}

func (h web) dial(ctx context.Context, w *watch, s service) (link, error) {
	l := &exchange{ctx: ctx, web: h, service: s, watch: w}
	if h.password != "" {
		password, err := readSecret(h.password)
		if err != nil {
			return nil, unavailable(err, "the password of `git.password_file` cannot be read")
		}
		l.password = password
	}
	return l, nil
}

// exchange is one conversation with a web: a GET for the refs, and a POST for the request.
type exchange struct {
	ctx      context.Context //nolint:containedctx // lives as long as one conversation
	web      web
	service  service
	watch    *watch
	password string
	refs     io.Reader
	bodies   []io.Closer
}

func (l *exchange) advertised() (io.Reader, error) {
	var err error
	l.refs, err = l.do(http.MethodGet, "/info/refs?service="+string(l.service), "advertisement", nil, 0)
	return l.refs, err
}

func (l *exchange) request(body io.Reader, size int64) (io.Reader, error) {
	// Read to its end the connection can be used again.
	_, _ = io.Copy(io.Discard, limit(l.refs, maxHead))
	return l.do(http.MethodPost, "/"+string(l.service), "result", body, size)
}

// do asks, and returns the answer's body if it is one of the service's kind.
func (l *exchange) do(method, path, kind string, body io.Reader, size int64) (io.Reader, error) {
	r, err := http.NewRequestWithContext(l.ctx, method, l.web.at.String()+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "git/alertsmith") // some servers take only what begins with git/ for a Git client
	if l.password != "" {
		r.SetBasicAuth(l.web.username, l.password)
	}
	if method == http.MethodPost {
		r.ContentLength = size
		r.Header.Set("Content-Type", "application/x-"+string(l.service)+"-request")
		r.Header.Set("Accept", "application/x-"+string(l.service)+"-result")
	} else {
		r.Header.Set("Pragma", "no-cache")
	}
	answer, err := l.web.client.Do(r) //nolint:bodyclose // closed by close
	if err != nil {
		return nil, ofProxy(r, withoutURL(err))
	}
	l.watch.heard(0)
	l.bodies = append(l.bodies, answer.Body)
	if answer.StatusCode != http.StatusOK {
		return nil, l.refused(method, answer)
	}
	if got, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || got != "application/x-"+string(l.service)+"-"+kind {
		return nil, fmt.Errorf("%w: its content type is %q", errNotGit, line(answer.Header.Get("Content-Type")))
	}
	return heard{answer.Body, l.watch}, nil
}

// withoutURL takes the cause out of net/http's error: the address is said anyway.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// refused is the error for a status other than 200.
func (l *exchange) refused(method string, answer *http.Response) error {
	status := fmt.Sprintf("HTTP %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	cause := errors.New(status)
	at, file := l.web.at, l.web.password
	refusesOurs := answer.StatusCode >= 300 && answer.StatusCode < 500 && answer.StatusCode != http.StatusRequestTimeout
	switch {
	case method == http.MethodPost && answer.StatusCode == http.StatusRequestEntityTooLarge:
		return &Rejected{Reason: status + ": a limit on the size of requests, such as nginx's client_max_body_size, is too low for this push"}
	case method == http.MethodPost && refusesOurs:
		return &Rejected{Reason: status}
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return unavailable(cause, "the Git server %s sends us on to %s, and that is not followed, as the password would go there: if that is the right place, write it as `git.remote`", at, target(answer))
	case answer.StatusCode == http.StatusUnauthorized && file == "":
		return unavailable(cause, "the Git server %s wants a user name and a password or token: write `git.username` and `git.password_file`", at)
	case answer.StatusCode == http.StatusUnauthorized:
		return unavailable(cause, "the Git server %s does not accept the user %q with the password in %s: has the token run out?", at, l.web.username, file)
	case answer.StatusCode == http.StatusForbidden:
		return unavailable(cause, "the Git server %s does not allow the user %q to %s there: give that user, or its token, the right to", at, l.web.username, l.verb())
	case answer.StatusCode == http.StatusNotFound:
		return unavailable(cause, "the Git server has no repository %s, or the user may not see it", at)
	default:
		return unavailable(cause, "the Git server %s answers with %s", at, status)
	}
}

func (l *exchange) verb() string {
	if l.service == receivePack {
		return "push"
	}
	return "read"
}

// target is the repository that a redirect goes to, as it would be configured, without what may be a secret.
func target(answer *http.Response) string {
	to, err := answer.Location()
	if err != nil {
		return "an unknown place"
	}
	return line((&url.URL{Scheme: to.Scheme, Host: to.Host, Path: strings.TrimSuffix(to.Path, "/info/refs")}).String())
}

func (l *exchange) complaint() string { return "" }

func (l *exchange) secrets() []string {
	if l.password == "" {
		return nil
	}
	return []string{l.password, base64.StdEncoding.EncodeToString([]byte(l.web.username + ":" + l.password))}
}

func (l *exchange) close() {
	for _, b := range l.bodies {
		_ = b.Close() // it was only read
	}
}
