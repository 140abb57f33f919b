package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Options are what the pages ask of the rest of the service. Everything is needed but where it says so.
type Options struct {
	// Find returns the entries of the journal that a query selects, the newest first.
	Find func(ctx context.Context, query rules.JournalQuery) (rules.JournalPage, error)
	// Terms reads a filter as people type it.
	Terms func(text string) ([]rules.JournalTerm, error)
	// Versions returns what commits did to rules, the newest first.
	Versions func(ctx context.Context, query rules.HistoryQuery) ([]rules.Version, error)
	// Changes is Versions commit by commit.
	Changes func(ctx context.Context, query rules.HistoryQuery) ([]rules.PastChange, error)
	// Commit returns the commit of the rulebook's branch whose hash begins with these digits, StateAt the one that it was at at a time, a zero one
	// before the first.
	Commit  func(ctx context.Context, prefix string) (rules.PastCommit, error)
	StateAt func(ctx context.Context, at time.Time) (rules.StateAt, error)
	// Book returns the newest rulebook, BookAt the one at a commit, "" being the empty one.
	Book   func(ctx context.Context) (*rules.Book, error)
	BookAt func(ctx context.Context, revision string) (*rules.Book, error)
	// Status returns how everything stands.
	Status func(ctx context.Context) rules.Status
	// Admits reports whether whoever asked for a link may still see the pages.
	Admits func(request rules.Request) bool
	// BasicUser returns the name with which a request was let in by basic authentication, before it came here; "" for none.
	BasicUser func(r *http.Request) string
	// SignedIn hears that somebody signed in: the request that asked for the link, from another place.
	SignedIn func(ctx context.Context, request rules.Request)
	// Secure reports whether a browser speaks to the service over TLS.
	Secure func(r *http.Request) bool
	// Console reports whether there is a console, and Type gives a command that was typed there. It returns the request's id, the answer in Markdown and how it ended.
	Console func() bool
	Type    func(ctx context.Context, request rules.Request) (id, answer string, result rules.Result)
	Now     func() time.Time
	Zone    *time.Location    // where times are told and meant
	Actions map[string]string // as in rules.JournalAsker
	Logger  *slog.Logger
}

// Pages are the pages for people, all of them read-only but for the console. Whoever is not signed in sees none but the one that says how to.
type Pages struct {
	options  Options
	tickets  *passes // of links that sign in
	sessions *passes
	sheets   map[string]*template.Template // language → the pages
	formKey  []byte                        // of the marks that forms carry
}

// New returns the pages.
func New(options Options) *Pages {
	p := &Pages{
		options: options, tickets: newPasses(ticketLife, options.Now), sessions: newPasses(sessionLife, options.Now),
		sheets: map[string]*template.Template{}, formKey: make([]byte, 32),
	}
	_, _ = rand.Read(p.formKey) // never fails
	for _, language := range languages {
		p.sheets[language] = parseSheets(language, options.Zone)
	}
	return p
}

// Handle puts the routes of the pages onto a mux.
func (p *Pages) Handle(mux *http.ServeMux) {
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET /style.css":       serveStyle,
		"GET /sign-in":         p.serveSignIn,
		"POST /sign-in":        p.signIn,
		"POST /sign-out":       p.signOut,
		"GET /{$}":             p.signedIn(p.serveTimeline),
		"GET /journal.csv":     p.signedIn(p.serveCSV),
		"GET /entry/{request}": p.signedIn(p.serveEntry),
		"GET /rules":           p.signedIn(p.serveRules),
		"GET /rule":            p.signedIn(p.serveRule),
		"GET /console":         p.signedIn(p.local(p.serveConsole)),
		"POST /console":        p.signedIn(p.local(p.typed)),
	} {
		mux.HandleFunc(pattern, confined(serve))
	}
}

// confined says to browsers that a page runs nothing, loads nothing but our style, and stands in no other page.
func confined(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // an address may hold what signs in
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, no-store")
		next(w, r)
	}
}

// sheet is what every page is given.
type sheet struct {
	Language string
	Other    string // the address of the same page in the other language
	Here     string // the path of the page
	Person   string // who is signed in; "" for nobody
	Mark     string // of forms, for that person
	Console  bool   // there is one
	Body     any
}

// show answers with a page. It is made whole before anything is sent.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, name string, body any) {
	s := sheet{Language: p.language(w, r), Here: r.URL.Path, Body: body}
	s.Other = otherLanguage(r.URL, s.Language)
	if request, ok := p.visitor(r); ok {
		s.Person, s.Mark, s.Console = request.Actor.Name, p.mark(request), p.options.Console()
	}
	var page bytes.Buffer
	if err := p.sheets[s.Language].ExecuteTemplate(&page, name, s); err != nil {
		p.options.Logger.Error("A page could not be made", "id", "AS2003", "page", name, "err", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", s.Language)
	w.WriteHeader(status)
	_, _ = w.Write(seen(page.Bytes())) // who went away has no use for an error
}

// trouble is the body of the page about an error.
type trouble struct {
	Text  string
	Fixes []string
}

// failed answers with a page about an error. What is the service's fault is logged.
func (p *Pages) failed(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*rules.Error](err)
	status := map[rules.Kind]int{
		rules.Invalid: http.StatusBadRequest, rules.NotFound: http.StatusNotFound, rules.Conflict: http.StatusConflict, rules.Denied: http.StatusForbidden,
	}[rules.KindOf(err)]
	switch {
	case r.Context().Err() != nil: // nobody reads it
	case ok && status != 0:
		p.show(w, r, status, "error.html", trouble{e.Text, e.Fixes})
	default:
		text := "This cannot be read now. Please try again in a minute."
		if ok {
			text = e.Text
		}
		p.options.Logger.Error("A page could not be read", "id", "AS2004", "path", r.URL.Path, "err", err)
		p.show(w, r, http.StatusServiceUnavailable, "error.html", trouble{Text: text})
	}
}
