package remote

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

var errUnknownHost = errors.New("the server's host key is not known")

// hosts is what the known_hosts file says of the server.
type hosts struct {
	algorithms []string // of the keys that it knows: a server with several shows one of these
	shell      shell
	verify     ssh.HostKeyCallback
	refusal    error // why the key that the server showed was not taken
}

// hosts reads the known_hosts file. x/crypto alone would let the server choose among all kinds of keys, and call the one
// that is not in the file a changed one (golang/go#29286).
func (h shell) hosts() (*hosts, error) {
	if _, err := readSmallFile(h.known); err != nil {
		return nil, unavailable(err, "the known hosts of `git.known_hosts_file` cannot be read: %s", h.scan(h.known))
	}
	db, err := knownhosts.NewDB(h.known)
	if err != nil {
		return nil, unavailable(err, "the known hosts in %s cannot be understood", h.known)
	}
	k := &hosts{algorithms: slices.DeleteFunc(db.HostKeyAlgorithms(h.at.hostPort()), isSHA1), shell: h, verify: db.HostKeyCallback()}
	if len(k.algorithms) == 0 {
		return nil, unavailable(errUnknownHost, "the Git server `%s` is not in %s: %s, and compare it with the fingerprint that the server's administrator gives", h.at, h.known, h.scan(h.known))
	}
	return k, nil
}

// isSHA1 reports whether an algorithm signs by SHA-1; the keys that it is for have others.
func isSHA1(algorithm string) bool {
	return slices.Contains([]string{ssh.KeyAlgoRSA, ssh.CertAlgoRSAv01, "ssh-dss", "ssh-dss-cert-v01@openssh.com"}, algorithm)
}

// check is an ssh.HostKeyCallback.
func (k *hosts) check(hostPort string, addr net.Addr, key ssh.PublicKey) error {
	err := k.verify(hostPort, addr, key)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*xknownhosts.RevokedError](err); ok {
		k.refusal = unavailable(err, "the Git server `%s` shows a host key (%s %s) that %s, line %d, says is revoked: who shows it may be somebody who stole it. Nothing is sent there. "+
			"Ask the server's administrator", k.shell.at, key.Type(), ssh.FingerprintSHA256(key), k.shell.known, e.Revoked.Line)
		return k.refusal
	}
	where := k.shell.known
	if e, ok := errors.AsType[*xknownhosts.KeyError](err); ok && len(e.Want) > 0 {
		where = fmt.Sprintf("%s, line %d", where, e.Want[0].Line)
	}
	k.refusal = unavailable(err, "the Git server `%s` shows another host key (%s %s) than the one in %s: either it was set up anew, or somebody listens in. Ask its administrator for the fingerprint; if it is this one, remove the old key (`ssh-keygen -R '%s' -f %s`) and add the new one: %s",
		k.shell.at, key.Type(), ssh.FingerprintSHA256(key), where, xknownhosts.Normalize(hostPort), k.shell.known, k.shell.scan(k.shell.known))
	return k.refusal
}

// scan is what a person runs to add the server's key to a file, in back-ticks as what is to be copied.
func (h shell) scan(file string) string {
	port := ""
	if h.at.port != "" && h.at.port != "22" {
		port = "-p " + h.at.port + " "
	}
	return "run `ssh-keyscan " + port + h.at.host + " >> " + file + "`"
}
