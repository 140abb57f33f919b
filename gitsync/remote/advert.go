package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// advert is what a service says before it is asked: of all refs only the one that counts here is kept, and the name of another branch.
type advert struct {
	tip          plumbing.Hash   // zero: the branch does not exist
	another      string          // one of the other branches that there are; "" for none
	capabilities map[string]bool // such as "report-status", "object-format=sha1"
}

// readAdvert reads the refs that a service advertises in protocol version 0 (gitprotocol-pack), also as they come over http
// (gitprotocol-http).
func readAdvert(r io.Reader, ref plumbing.ReferenceName) (advert, error) {
	s := pktline.NewScanner(r)
	payload, err := scan(s)
	if err == nil && bytes.HasPrefix(payload, []byte("# service=")) {
		if payload, err = scan(s); err == nil && len(payload) > 0 {
			return advert{}, fmt.Errorf("%w: no flush after the service's name", errNotGit)
		}
		payload, err = scan(s)
	}
	a := advert{capabilities: map[string]bool{}}
	found := false
	for first := true; ; first = false {
		if err != nil {
			return advert{}, err
		}
		if len(payload) == 0 {
			return a, a.check()
		}
		text := strings.TrimSuffix(string(payload), "\n")
		if first {
			var capabilities string
			text, capabilities, _ = strings.Cut(text, "\x00")
			for c := range strings.FieldsSeq(capabilities) {
				a.capabilities[c] = true
			}
		}
		hash, name, ok := strings.Cut(text, " ")
		switch {
		case hash == "shallow" && !first:
		case ok && len(hash) == 64 && isHex(hash):
			return advert{}, errSHA256
		case !ok || !plumbing.IsHash(hash) || name == "":
			return advert{}, fmt.Errorf("%w: %q is not a ref", errNotGit, line(text))
		case name != ref.String():
			if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok && a.another == "" {
				a.another = line(branch)
			}
		case found:
			return advert{}, fmt.Errorf("%w: it has two branches of one name", errNotGit)
		default:
			found = true
			a.tip = plumbing.NewHash(hash)
		}
		payload, err = scan(s)
	}
}

// check refuses what we do not speak.
func (a advert) check() error {
	if a.capabilities["object-format=sha256"] {
		return errSHA256
	}
	return nil
}

// pick returns those of the capabilities that the service has.
func (a advert) pick(wanted ...string) []string {
	var have []string
	for _, c := range wanted {
		if a.capabilities[c] {
			have = append(have, c)
		}
	}
	return have
}

// ourAgent is what Alertsmith calls itself to a Git server.
const ourAgent = "agent=alertsmith"

// offer returns the line's end that names the wanted capabilities that the service has.
func (a advert) offer(wanted ...string) string {
	have := a.pick(append(wanted, "object-format=sha1")...)
	for c := range a.capabilities {
		if strings.HasPrefix(c, "agent=") {
			have = append(have, ourAgent)
			break
		}
	}
	return strings.Join(have, " ")
}

// scan returns the next pkt-line's payload, empty for a flush. The stream's end is an error here.
func scan(s *pktline.Scanner) ([]byte, error) {
	if s.Scan() {
		return s.Bytes(), nil
	}
	err := s.Err()
	if err == nil || errors.Is(err, io.EOF) {
		return nil, errCut
	}
	return nil, err
}

// isCut reports whether err says that the stream ended where it should not.
func isCut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}
