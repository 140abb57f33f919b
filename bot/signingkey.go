package bot

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// keyCache is the server's public key as it was last fetched.
type keyCache struct {
	busy    chan struct{} // holds one while somebody reads or fetches: a lock that a context can leave
	key     *ecdsa.PublicKey
	fetched time.Time // the last attempt
	err     error     // of the last attempt
}

// A key that does not verify is fetched anew at most once a minute: the server's may have changed. A failure is
// remembered for five seconds, so that a server that is down is not asked by everyone.
const (
	refetchAfter = time.Minute
	retryAfter   = 5 * time.Second
)

// signingKey returns the key that the server signs trigger ids with. With wrong it returns another than that, if the server
// has one by now.
func (m *Mattermost) signingKey(ctx context.Context, wrong *ecdsa.PublicKey) (*ecdsa.PublicKey, error) {
	select {
	case m.key.busy <- struct{}{}:
		defer func() { <-m.key.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, age := &m.key, m.now().Sub(m.key.fetched)
	switch {
	case c.key != nil && (wrong == nil || c.key != wrong):
		return c.key, nil
	case c.key != nil && age < refetchAfter:
		return c.key, nil
	case c.err != nil && age < retryAfter:
		return nil, c.err
	}
	key, err := m.fetchKey(ctx)
	c.fetched, c.err = m.now(), err
	if err != nil {
		return nil, err
	}
	c.key = key
	return key, nil
}

// fetchKey asks the server for its key, which it tells without a login (5.36.1).
func (m *Mattermost) fetchKey(ctx context.Context) (*ecdsa.PublicKey, error) {
	at := m.base.JoinPath("api", "v4", "config", "client")
	at.RawQuery = "format=old"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := m.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %d", at, response.StatusCode)
	}
	var config struct{ AsymmetricSigningPublicKey string }
	if err := json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&config); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return parseKey(config.AsymmetricSigningPublicKey)
}

// parseKey returns the key in the base64 of a PKIX structure. It must be of the curve P-256.
func parseKey(text string) (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the server's signing key: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("the server's signing key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the server's signing key is not ECDSA on P-256")
	}
	return key, nil
}
