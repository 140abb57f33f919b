package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// proxyFault is a fault of the proxy that the environment names (HTTPS_PROXY, NO_PROXY), and not of the Git server behind it.
type proxyFault struct {
	proxy string // its address, without a password
	what  string // for a person, as the end of a sentence that begins with it
	cause error
}

func (f *proxyFault) Error() string { return fmt.Sprintf("the proxy %s: %v", f.proxy, f.cause) }

func (f *proxyFault) Unwrap() error { return f.cause }

// ofProxy makes of net/http's error a proxyFault where the proxy could not be connected to.
func ofProxy(r *http.Request, err error) error {
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "proxyconnect" { // net/http (Go 1.26)
		return err
	}
	proxy, failed := http.ProxyFromEnvironment(r)
	if failed != nil || proxy == nil {
		return err
	}
	return &proxyFault{withoutUser(proxy), "cannot be connected to: is it running, and is its address right?", err}
}

// onProxyAnswer is a http.Transport's OnProxyConnectResponse.
func onProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	status := fmt.Sprintf("HTTP %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	return &proxyFault{withoutUser(proxy), "does not let us through: " + status, errors.New(status)}
}

// withoutUser is a proxy's address without what may be a secret.
func withoutUser(proxy *url.URL) string {
	return line((&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String())
}
