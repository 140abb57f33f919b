package ruler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/prometheus/common/config"

	"github.com/alertsmith/alertsmith/rules"
)

// The longest answers that are read, in bytes: lists of rules, and everything else.
const (
	maxRulesBody = 64 << 20
	maxOtherBody = 64 << 10
)

// maxReason is how much of a ruler's own text a person is shown, in characters.
const maxReason = 1000

// client speaks HTTP with one ruler.
type client struct {
	ruler  string
	base   *url.URL // without credentials
	http   *http.Client
	tenant string
}

func newClient(cfg Config) (client, error) {
	address, err := url.Parse(cfg.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return client{}, errors.New("the URL must be http://host:port or https://host:port, with a path where there is one") // without the URL: it may hold a password
	}
	httpConfig := config.DefaultHTTPClientConfig
	if cfg.HTTP != nil {
		httpConfig = *cfg.HTTP
	}
	if err := httpConfig.Validate(); err != nil {
		return client{}, err
	}
	if user := address.User; user != nil {
		if httpConfig.BasicAuth == nil && httpConfig.Authorization == nil && httpConfig.OAuth2 == nil {
			password, _ := user.Password()
			httpConfig.BasicAuth = &config.BasicAuth{Username: user.Username(), Password: config.Secret(password)}
		}
		address.User = nil
	}
	httpConfig.FollowRedirects = false // a redirect would carry a reload order or credentials elsewhere
	httpClient, err := config.NewClientFromConfig(httpConfig, "alertsmith_"+cfg.Name, config.WithUserAgent("alertsmith"))
	if err != nil {
		return client{}, err
	}
	return client{ruler: cfg.Name, base: address, http: httpClient, tenant: cfg.Tenant}, nil
}

// call is one request.
type call struct {
	method  string
	path    []string // elements below the base URL, unescaped
	query   url.Values
	body    []byte
	timeout time.Duration
	limit   int64 // of the answer, in bytes
}

// answer is what came back, whatever its status.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do returns the ruler's answer. Its errors are *rules.Error of kind Unreachable: there was no whole answer.
func (c client) do(ctx context.Context, call call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, call.method, c.address(call), bytes.NewReader(call.body))
	if err != nil {
		return answer{}, c.noAnswer(err, call.timeout)
	}
	if len(call.body) > 0 {
		request.Header.Set("Content-Type", "application/yaml")
	}
	if c.tenant != "" {
		request.Header.Set("X-Scope-OrgID", c.tenant)
	}
	if ids := rules.RequestIDs(ctx); ids != "" {
		request.Header.Set(rules.RequestHeader, ids)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, c.noAnswer(err, call.timeout)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, call.limit+1))
	if err != nil {
		return answer{}, c.noAnswer(err, call.timeout)
	}
	if int64(len(body)) > call.limit && response.StatusCode/100 == 2 {
		return answer{}, c.unreachable(nil, "answers with more than %d bytes, which is too much to be true", call.limit)
	}
	return answer{response.StatusCode, response.Header, body}, nil
}

// address returns the URL of a call. Every element is escaped by itself, so that none can lead elsewhere.
func (c client) address(call call) string {
	address := *c.base
	path, raw := strings.TrimSuffix(address.Path, "/"), strings.TrimSuffix(address.EscapedPath(), "/")
	for _, element := range call.path {
		path += "/" + element
		raw += "/" + url.PathEscape(element)
	}
	address.Path, address.RawPath = path, raw
	address.RawQuery, address.Fragment = call.query.Encode(), ""
	return address.String()
}

// noAnswer tells why a ruler gave no answer.
func (c client) noAnswer(err error, timeout time.Duration) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var timedOut net.Error
	var unknownHost *net.DNSError
	cause := errors.New(clean(err.Error()))
	switch {
	case errors.Is(err, context.Canceled):
		return c.unreachable(cause, "was not waited for: the request was given up")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timedOut) && timedOut.Timeout():
		return c.unreachable(cause, "did not answer within %s", timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return c.unreachable(nil, "is not reachable: nothing listens at %s", c.base.Host)
	case errors.As(err, &unknownHost):
		return c.unreachable(cause, "is not reachable: no host is known as %s", c.base.Hostname())
	default:
		return c.unreachable(cause, "is not reachable at %s", c.base.Host)
	}
}

// unexpected tells of an answer with a status that no sense can be made of.
func (c client) unexpected(a answer) error {
	status := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	switch {
	case a.status/100 == 3:
		target := "elsewhere"
		if location, err := url.Parse(a.header.Get("Location")); err == nil && location.Host != "" {
			target = "to " + clean(location.Scheme+"://"+location.Host)
		}
		return c.unreachable(nil, "redirects %s, which is not followed: configure the address that it is really at", target)
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return c.unreachable(nil, "does not let Alertsmith in (%s): %s", status, reason(a.body))
	default:
		return c.unreachable(nil, "answered %s: %s", status, reason(a.body))
	}
}

func (c client) unreachable(cause error, format string, args ...any) error {
	return c.failed(rules.Unreachable, cause, format, args...)
}

// failed returns an error whose text begins with the ruler's name.
func (c client) failed(kind rules.Kind, cause error, format string, args ...any) error {
	return &rules.Error{Kind: kind, Text: c.ruler + " " + fmt.Sprintf(format, args...) + ".", Offset: -1, Cause: cause}
}

// reason returns a ruler's own words for a person.
func reason(body []byte) string {
	text := clean(string(body))
	if text == "" {
		return "it gave no reason"
	}
	return strings.TrimSuffix(text, ".")
}

// userinfo is the part of a URL that may be a secret.
var userinfo = regexp.MustCompile(`://[^/\s"'@]*@`)

// clean makes foreign text printable, one line, short, and free of credentials in URLs.
func clean(text string) string {
	if len(text) > 4*maxReason {
		text = text[:4*maxReason]
	}
	text = userinfo.ReplaceAllString(text, "://")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxReason {
		text = string(runes[:maxReason-1]) + "…"
	}
	return text
}
