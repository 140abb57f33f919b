package web

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// Ticket returns the path and query of a page that signs in whoever gave a request: once, within five minutes. A GET of it alone does not
// use it up, since chat servers look at the links that they show. The error is of kind Unavailable.
func (p *Pages) Ticket(_ context.Context, request rules.Request) (string, error) {
	ticket, err := p.tickets.issue(request)
	if err != nil {
		return "", err
	}
	return "/sign-in?ticket=" + ticket, nil
}

// SignedIn reports whether a request is that of somebody who may see the pages.
func (p *Pages) SignedIn(r *http.Request) bool {
	_, ok := p.visitor(r)
	return ok
}

// visitor returns who asks for a page, as the request that asked for the link; false for nobody.
func (p *Pages) visitor(r *http.Request) (rules.Request, bool) {
	if user := p.options.BasicUser(r); user != "" {
		return rules.Request{Actor: rules.Person{ID: "basic-" + user, Name: user}, Channel: rules.Place{ID: "web-default", Name: "default"}}, true
	}
	cookie, err := r.Cookie(p.cookieName(r))
	if err != nil {
		return rules.Request{}, false
	}
	request, ok := p.sessions.find(cookie.Value)
	return request, ok && p.options.Admits(request)
}

// cookieName returns the name of the session's cookie: over TLS one that no other host and no plain connection can set.
func (p *Pages) cookieName(r *http.Request) string {
	if p.options.Secure(r) {
		return "__Host-alertsmith"
	}
	return "alertsmith"
}

// signedIn lets only those through who are signed in, and shows the others how to.
func (p *Pages) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.SignedIn(r) {
			if _, err := parameters(r.URL); err != nil {
				p.failed(w, r, err)
				return
			}
			next(w, r)
			return
		}
		to := "/sign-in"
		if r.Method == http.MethodGet && r.URL.RequestURI() != "/" {
			to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// door is the body of the page that signs in.
type door struct {
	Ticket string // "" where there is none
	Name   string // whom it signs in
	Next   string
	Over   bool // there was one that is used up or too old
}

func (p *Pages) serveSignIn(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	ticket := query.Get("ticket")
	body := door{Next: localPath(query.Get("next"))}
	if request, ok := p.tickets.find(ticket); ok {
		body.Ticket, body.Name = ticket, request.Actor.Name
		p.show(w, r, http.StatusOK, "signin.html", body)
		return
	}
	if body.Over = ticket != ""; !body.Over && p.SignedIn(r) {
		http.Redirect(w, r, body.Next, http.StatusSeeOther)
		return
	}
	p.remember(w, r, body.Next)
	p.show(w, r, http.StatusOK, "signin.html", body)
}

// signIn takes a ticket, and goes where its owner wanted to.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	request, ok := p.tickets.take(r.PostFormValue("ticket"))
	if !ok || !p.options.Admits(request) {
		p.show(w, r, http.StatusForbidden, "signin.html", door{Over: true, Next: "/"})
		return
	}
	session, err := p.sessions.issue(request)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	request.Remote, request.Client = remote(r), r.UserAgent()
	p.options.SignedIn(r.Context(), request)
	http.SetCookie(w, p.cookie(r, p.cookieName(r), session, int(sessionLife.Seconds())))
	next := "/"
	if cookie, err := r.Cookie(nextCookie); err == nil {
		if wanted, err := url.QueryUnescape(cookie.Value); err == nil {
			next = localPath(wanted)
		}
		http.SetCookie(w, p.cookie(r, nextCookie, "", -1))
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// signOut ends a session.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(p.cookieName(r)); err == nil {
		p.sessions.take(cookie.Value)
		http.SetCookie(w, p.cookie(r, p.cookieName(r), "", -1))
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// nextCookie keeps where somebody wanted to who was not signed in.
const nextCookie = "alertsmith-next"

// remember keeps where somebody wants to until the link of the chat was opened.
func (p *Pages) remember(w http.ResponseWriter, r *http.Request, next string) {
	if next != "/" && len(next) < 2000 {
		http.SetCookie(w, p.cookie(r, nextCookie, url.QueryEscape(next), int(ticketLife.Seconds())))
	}
}

// cookie returns a cookie for these pages. It is sent along where a link of the chat leads here, and with no form and no image of another site.
func (p *Pages) cookie(r *http.Request, name, value string, seconds int) *http.Cookie {
	//nolint:gosec // Secure is as the connection is: over a plain one a browser would not keep it
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: p.options.Secure(r), SameSite: http.SameSiteLaxMode}
}

// localPath returns the path and query of an address of these pages; "/" for any other.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.Contains(u.Path, `\`) || strings.ContainsFunc(address, rules.Invisible) || u.Path == "/sign-in" {
		return "/"
	}
	return u.RequestURI()
}

// remote returns the address of whoever asks.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// mark returns what a form carries that acts for a person, so that no other site can send it.
func (p *Pages) mark(request rules.Request) string {
	h := hmac.New(sha256.New, p.formKey)
	h.Write([]byte(cmp.Or(request.Actor.ID, request.Actor.Name)))
	return hex.EncodeToString(h.Sum(nil))
}

// marked reports whether a form carries the mark of the person who sends it.
func (p *Pages) marked(r *http.Request, request rules.Request) bool {
	return hmac.Equal([]byte(r.PostFormValue("mark")), []byte(p.mark(request)))
}
