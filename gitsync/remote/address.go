package remote

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// The schemes of an address.
const (
	schemeSSH   = "ssh"
	schemeHTTP  = "http"
	schemeHTTPS = "https"
	schemeFile  = "file"
)

// address is where a repository is. It has no secret.
type address struct {
	scheme string
	user   string // ssh
	host   string // without brackets
	port   string // "" is the scheme's own
	path   string // as the server gets it; absolute for schemeFile
}

var (
	errAddress = errors.New("the remote's address was refused")
	hostName   = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$`)
	userName   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]*$`)
	portNumber = regexp.MustCompile(`^[0-9]{1,5}$`)
)

// parseAddress reads an address as git does, and refuses what could hold a secret or pass for an option of a program. No
// error quotes the address, as it may hold a secret.
func parseAddress(s string) (address, error) {
	scheme, _, isURL := strings.Cut(s, "://")
	beforeColon, afterColon, hasColon := strings.Cut(s, ":")
	switch {
	case s == "":
		return address{}, refuse("it is empty")
	case hasControl(s):
		return address{}, errControl
	case isURL:
		return parseURL(strings.ToLower(scheme), s)
	case hasColon && !strings.Contains(beforeColon, "/"):
		if strings.HasPrefix(afterColon, ":") && !strings.Contains(beforeColon, "[") {
			return address{}, refuse("remote helpers (name::address) are not supported: write ssh://, https:// or a path")
		}
		return parseSCP(s)
	default:
		return fileAddress(s)
	}
}

// parseSCP reads [user@]host:path, the short form of ssh. A host in brackets is an IPv6 address.
func parseSCP(s string) (address, error) {
	authority, path, _ := strings.Cut(s, ":")
	if strings.Contains(authority, "[") {
		var ok bool
		if authority, path, ok = strings.Cut(s, "]:"); !ok {
			return address{}, refuse("after the bracketed host comes no colon and path")
		}
		authority += "]"
	}
	if strings.Contains(path, "@") && !strings.Contains(authority, "@") {
		return address{}, refuse("it holds a password: write user@host:path, and sign in with `git.ssh_key_file`")
	}
	user, host, ok := strings.Cut(authority, "@")
	if !ok {
		user, host = "", authority
	}
	return sshAddress(user, strings.Trim(host, "[]"), "", path)
}

func parseURL(scheme, s string) (address, error) {
	u, err := url.Parse(s)
	if err != nil {
		return address{}, refuse("it is not a URL: special characters in it must be written like %20")
	}
	if _, has := u.User.Password(); has {
		return address{}, refuse("it holds a password, which logs would show: write the password to a file that only Alertsmith may read, name that in `git.password_file` (for ssh: a key in `git.ssh_key_file`), and take it out of the address")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return address{}, refuse("it has a part after ? or #, which no repository's address has; a token belongs into the file that `git.password_file` names")
	}
	switch scheme {
	case schemeSSH:
		return sshAddress(u.User.Username(), u.Hostname(), u.Port(), homePath(u.Path))
	case schemeHTTPS, schemeHTTP:
		if u.User != nil {
			return address{}, refuse("it holds a user name, and some put a token there, which logs would show: write the name as `git.username`, a token to the file that `git.password_file` names, and take it out of the address")
		}
		return httpAddress(scheme, u)
	case schemeFile:
		if u.User != nil || u.Host != "" && u.Host != "localhost" {
			return address{}, refuse("file:// takes no host: write file:///path")
		}
		return fileAddress(u.Path)
	default:
		return address{}, refuse("its protocol is none of ssh://, https:// and file://")
	}
}

func httpAddress(scheme string, u *url.URL) (address, error) {
	a := address{scheme: scheme, host: u.Hostname(), port: u.Port(), path: strings.TrimRight(u.EscapedPath(), "/")}
	if err := a.checkHost(); err != nil {
		return address{}, err
	}
	if scheme == schemeHTTP && !isLoopback(a.host) {
		return address{}, refuse("http:// sends the password and the rules in the clear: write https:// (http:// is for a server on this machine alone)")
	}
	if a.path == "" {
		return address{}, refuse("it names no repository after the host")
	}
	return a, nil
}

func sshAddress(user, host, port, path string) (address, error) {
	a := address{scheme: schemeSSH, user: user, host: host, port: port, path: path}
	if user == "" {
		a.user = "git"
	}
	if err := a.checkHost(); err != nil {
		return address{}, err
	}
	switch {
	case hasControl(path):
		return address{}, errControl
	case strings.Contains(user, ":"):
		return address{}, refuse("it holds a password: ssh signs in with the key that `git.ssh_key_file` names")
	case !userName.MatchString(a.user):
		return address{}, refuse("its user name has characters other than letters, digits and . _ + -")
	case path == "" || path == "/":
		return address{}, refuse("it names no repository after the host")
	case strings.HasPrefix(path, "-"):
		return address{}, refuse("its path begins with -, which the server would take for an option: write ./ before it")
	}
	return a, nil
}

func fileAddress(path string) (address, error) {
	if path == "" {
		return address{}, refuse("it names no repository")
	}
	if hasControl(path) {
		return address{}, errControl
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return address{}, unavailable(err, "`git.remote` is a relative path, and the current directory cannot be found: write an absolute one")
	}
	return address{scheme: schemeFile, path: absolute}, nil
}

// homePath turns the path /~user/x of a URL into ~user/x, as git does.
func homePath(path string) string {
	if strings.HasPrefix(path, "/~") {
		return path[1:]
	}
	return path
}

func (a address) checkHost() error {
	if net.ParseIP(a.host) == nil && !hostName.MatchString(a.host) {
		return refuse("its host is not a name or an IP address")
	}
	if a.port != "" && !portNumber.MatchString(a.port) {
		return refuse("its port is not a number")
	}
	return nil
}

// hostPort returns where to connect.
func (a address) hostPort() string {
	port := a.port
	if port == "" {
		port = map[string]string{schemeSSH: "22", schemeHTTP: "80", schemeHTTPS: "443"}[a.scheme]
	}
	return net.JoinHostPort(a.host, port)
}

// String returns the address as a URL or path.
func (a address) String() string {
	if a.scheme == schemeFile {
		return a.path
	}
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.port != "" {
		host += ":" + a.port
	}
	if a.scheme != schemeSSH {
		return a.scheme + "://" + host + a.path
	}
	if strings.HasPrefix(a.path, "/") {
		return "ssh://" + a.user + "@" + host + (&url.URL{Path: a.path}).EscapedPath()
	}
	if a.port != "" { // only ~user/x has a port and no slash
		return "ssh://" + a.user + "@" + host + (&url.URL{Path: "/" + a.path}).EscapedPath()
	}
	return a.user + "@" + host + ":" + a.path
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

var errControl = refuse("it holds control characters, such as a line's end")

// hasControl reports whether there is something in s that nobody sees.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar })
}

// refuse returns the error for an address that is not taken.
func refuse(why string) error {
	return unavailable(errAddress, "the address in `git.remote` is refused: %s", why)
}
