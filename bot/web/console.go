package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// console is the body of the page that takes commands.
type console struct {
	Key    string // of the next command, so that a page that is sent twice does one thing
	Typed  string
	Answer string
	Result rules.Result
}

// local lets only requests through that were made on this machine, by a name that is this machine's: what another site's name leads here has that
// site's name.
func (p *Pages) local(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.options.Console() {
			p.failed(w, r, &rules.Error{Kind: rules.NotFound, Offset: -1, Text: "There is no console here: commands are given in the chat."})
			return
		}
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !isLoopback(host) || !isLoopback(remote(r)) || !listensLocally(r) || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			p.failed(w, r, &rules.Error{Kind: rules.Denied, Offset: -1, Text: "The console is for this machine alone: open it here as http://127.0.0.1, and past every proxy."})
			return
		}
		next(w, r)
	}
}

// isLoopback reports whether a host of an address is this machine.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// listensLocally reports whether a request came in at an address that no other machine reaches.
func listensLocally(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

func (p *Pages) serveConsole(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, "console.html", console{Key: rand.Text()})
}

// longestCommand is the longest form that the console takes: what the bot takes, percent-encoded.
const longestCommand = 1 << 20

var formKey = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// typed gives a command that was typed.
func (p *Pages) typed(w http.ResponseWriter, r *http.Request) {
	asker, _ := p.visitor(r)
	r.Body = http.MaxBytesReader(w, r.Body, longestCommand)
	if err := r.ParseForm(); err != nil || !p.marked(r, asker) || !formKey.MatchString(r.PostForm.Get("key")) {
		p.failed(w, r, &rules.Error{Kind: rules.Denied, Offset: -1, Text: "This form is not one of ours, or too old. Open the console again."})
		return
	}
	command := strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n")
	sum := sha256.Sum256([]byte(command)) // what is another command is not answered with what was said to this one
	request := rules.Request{
		Key: "web-" + r.PostForm.Get("key") + "-" + hex.EncodeToString(sum[:]), Actor: asker.Actor, Team: asker.Team, Channel: asker.Channel, Remote: remote(r), Client: r.UserAgent(),
		Command: command,
	}
	body := console{Key: rand.Text(), Typed: request.Command}
	id, answer, result := p.options.Type(r.Context(), request)
	body.Answer, body.Result = answer, result
	w.Header().Set(rules.RequestHeader, id)
	p.show(w, r, http.StatusOK, "console.html", body)
}
