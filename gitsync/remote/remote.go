package remote

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	defaultTimeout = 30 * time.Second
	defaultMaxPack = 2 << 30  // bytes
	maxAdvert      = 64 << 20 // bytes: a million refs
	maxReport      = 16 << 20 // bytes; what hooks print comes with it

	advertTimeouts = 5    // how many timeouts the signing in and all the refs may take
	paceTimeouts   = 20   // how many have a pace
	leastPace      = 1000 // bytes a second
)

// Config says where the rulebook's Git server is and how to sign in there. Files are read again at every use, as secrets
// rotate.
type Config struct {
	URL    string // ssh://user@host:port/path, user@host:path, https://host/path, http:// on this machine alone, or a path; never with a secret
	Branch string // empty: main

	Username     string // https
	PasswordFile string // https: a password or an access token
	CAFile       string // https: certificates in PEM that are trusted beside the system's; empty: only those

	KeyFile           string // ssh: the private key
	KeyPassphraseFile string // ssh: opens the private key; empty: it is not encrypted
	Agent             bool   // ssh: keys come from the agent
	AgentSocket       string // ssh: where the agent listens; empty: SSH_AUTH_SOCK
	KnownHostsFile    string // ssh: required; as ssh-keyscan writes it

	// Timeout is how long a silent server is waited for, and a connection; 0: 30 s. Five of it are for the refs, and in twenty of it at least 1000 bytes a
	// second come or go.
	Timeout time.Duration
	MaxPack int64 // bytes that Fetch takes; 0: 2 GiB
}

// Remote is one branch on a Git server. It holds no connection to it but those that http keeps for a while, and is safe for
// concurrent use.
type Remote struct {
	at      address
	ref     plumbing.ReferenceName
	timeout time.Duration
	maxPack int64

	advertWithin time.Duration
	paceWithin   time.Duration
	leastPace    int64 // bytes in paceWithin
	dial         dial
}

// New checks c as far as that goes without the server. Errors are *rules.Error of kind Unavailable; none has a secret, also
// when the URL has one.
func New(c Config) (*Remote, error) {
	at, err := parseAddress(c.URL)
	if err != nil {
		return nil, err
	}
	r := &Remote{
		at:      at,
		ref:     plumbing.NewBranchReferenceName(cmp.Or(c.Branch, "main")),
		timeout: cmp.Or(c.Timeout, defaultTimeout),
		maxPack: cmp.Or(c.MaxPack, defaultMaxPack),
	}
	r.advertWithin, r.paceWithin = advertTimeouts*r.timeout, paceTimeouts*r.timeout
	r.leastPace = int64(leastPace * r.paceWithin.Seconds())
	if err := r.ref.Validate(); err != nil {
		return nil, unavailable(err, "%q is not a name that Git allows for a branch: mend git.branch", c.Branch)
	}
	switch at.scheme {
	case schemeSSH:
		r.dial, err = newSSH(at, c, r.timeout)
	case schemeFile:
		r.dial, err = local{path: at.path}.dial, nil
	default:
		r.dial, err = newHTTP(at, c, r.timeout)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

var errNoBranch = errors.New("the branch does not exist")

// String returns the URL. There is no secret in it.
func (r *Remote) String() string { return r.at.String() }

// Tip asks where the branch stands; the zero hash when the repository has no branch at all. That it has others and not this one is an error: the
// name is mistaken, or somebody removed it. Errors are *rules.Error of kind Unavailable.
func (r *Remote) Tip(ctx context.Context) (plumbing.Hash, error) {
	t, err := r.begin(ctx, uploadPack)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	defer t.end()
	if t.tip.IsZero() && t.another != "" {
		return t.tip, unavailable(errNoBranch, "%s has no branch %s; it has %s. Name the rulebook's branch in git.branch, or make that branch", r, r.ref.Short(), t.another)
	}
	return t.tip, nil
}
