package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// API answers programs: GET /api/v1/journal and GET /api/v1/journal/stream. Its parameters are those of the filter (rules.JournalKey), `q` for free
// words, `limit` (at most 1000), `cursor` (what `next` of the page before said) and `format`: json or csv.
type API struct {
	// Find returns the entries that a query selects, the newest first.
	Find func(ctx context.Context, query rules.JournalQuery) (rules.JournalPage, error)
	// Changes returns at most so many changes of the journal behind an event, the oldest first; none when there are none. It may return few where these are
	// long: so much is held for each stream.
	Changes func(ctx context.Context, behind int64, most int) ([]rules.JournalChange, error)
	// Head returns the number of the newest event.
	Head func(ctx context.Context) (int64, error)
	// Allowed reports whether whoever asks may read the journal.
	Allowed func(r *http.Request) bool
	Now     func() time.Time
	Zone    *time.Location    // where times are meant that name no zone
	Actions map[string]string // as in rules.JournalAsker
	Logger  *slog.Logger
	// Ending is closed when streams are to end.
	Ending <-chan struct{}

	streams atomic.Int64 // that are open
}

// Handler returns the routes.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/journal", a.serveJournal)
	mux.HandleFunc("GET /api/v1/journal/stream", a.serveStream)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Set("Vary", "Accept, Authorization")
		if !a.Allowed(r) {
			w.Header().Set("WWW-Authenticate", "Token")
			fail(w, http.StatusUnauthorized, "The journal is read with the command token: Authorization: Token ….")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// page is the answer in JSON.
type page struct {
	Entries []rules.JournalObject `json:"entries"`
	Next    string                `json:"next,omitempty"` // the cursor of the next page
}

func (a *API) serveJournal(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept"), eventStream) {
		a.serveStream(w, r)
		return
	}
	query, values, err := a.query(r.URL)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	found, err := a.Find(r.Context(), query)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	p := page{Entries: []rules.JournalObject{}}
	for _, e := range found.Entries {
		p.Entries = append(p.Entries, e.Object())
	}
	if found.More {
		p.Next = strconv.FormatInt(p.Entries[len(p.Entries)-1].Seq, 10)
		values.Set("cursor", p.Next)
		w.Header().Set("Link", "<?"+values.Encode()+`>; rel="next"`)
	}
	kind, body, err := encode(p, values.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		a.failed(w, r, err)
		return
	}
	answer(w, r, kind, body)
}

// encode returns a page as JSON, or as CSV where the parameter or the header asks for that.
func encode(p page, format, accept string) (kind string, body []byte, err error) {
	if format == "" && strings.Contains(accept, "text/csv") {
		format = "csv"
	}
	switch format {
	case "", "json":
		body, err = json.Marshal(p)
		return "application/json; charset=utf-8", append(body, '\n'), err
	case "csv":
		var b bytes.Buffer
		rows, err := newTable(&b)
		for _, e := range p.Entries {
			err = errors.Join(err, rows.Write(e.Row()))
		}
		rows.Flush()
		return csvType, b.Bytes(), errors.Join(err, rows.Error())
	}
	return "", nil, wrong("format", "format= is json or csv.")
}

// answer writes a body, or that it is the one that the client has.
func answer(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	if known := strings.Split(r.Header.Get("If-None-Match"), ","); slices.ContainsFunc(known, func(k string) bool {
		return strings.TrimPrefix(strings.TrimSpace(k), "W/") == tag
	}) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", kind)
	if strings.HasPrefix(kind, "text/csv") {
		w.Header().Set("Content-Disposition", csvDisposition)
	}
	_, _ = w.Write(body) // who went away has no use for an error
}

const (
	usualLimit = 100
	mostLimit  = 1000
)

// query reads the parameters of an address, and returns them too. Only q= may be given several times.
func (a *API) query(u *url.URL) (rules.JournalQuery, url.Values, error) {
	values, err := parameters(u, "q")
	if err != nil {
		return rules.JournalQuery{}, nil, err
	}
	query, err := a.read(values)
	return query, values, err
}

func (a *API) read(values url.Values) (rules.JournalQuery, error) {
	var terms []rules.JournalTerm
	limit, before := usualLimit, int64(0)
	for key, all := range values {
		for _, value := range all {
			var err error
			switch key {
			case "format":
			case "q":
				terms = append(terms, rules.JournalTerm{Value: value})
			case "limit":
				if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > mostLimit {
					return rules.JournalQuery{}, wrong("limit", fmt.Sprintf("limit= is a number from 1 to %d.", mostLimit))
				}
			case "cursor":
				if before, err = strconv.ParseInt(value, 10, 64); err != nil || before < 1 {
					return rules.JournalQuery{}, wrong("cursor", "cursor= is what next said in the answer before.")
				}
			default:
				if rules.JournalKey(key) == "" {
					return rules.JournalQuery{}, a.unknown(key, value)
				}
				terms = append(terms, rules.JournalTerm{Key: key, Value: value})
			}
		}
	}
	query, err := rules.ParseJournalQuery(terms, rules.JournalAsker{Now: a.Now(), Zone: a.Zone, Actions: a.Actions})
	query.Limit, query.Before = limit, before
	return query, err
}

// unknown returns the error about a parameter that is none.
func (a *API) unknown(key, value string) error {
	_, err := rules.ParseJournalQuery([]rules.JournalTerm{{Key: key, Value: value}}, rules.JournalAsker{Now: a.Now(), Zone: a.Zone})
	if err == nil {
		err = wrong(key, "There is no parameter "+key+"=; free words are given as q=.")
	}
	return err
}

func wrong(field, text string) error {
	return &rules.Error{Kind: rules.Invalid, Field: field, Offset: -1, Text: text}
}

// failed answers with an error. What is the service's fault is logged.
func (a *API) failed(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*rules.Error](err)
	if ok && e.Kind == rules.Invalid {
		fail(w, http.StatusBadRequest, e.Text, e.Fixes...)
		return
	}
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	a.Logger.Error("The journal could not be read for a program", "id", "AS2001", "err", err)
	fail(w, http.StatusServiceUnavailable, "The journal cannot be read now.")
}

// fail answers with an error in JSON.
func fail(w http.ResponseWriter, status int, text string, fixes ...string) {
	body, err := json.Marshal(struct {
		Error string   `json:"error"`
		Fixes []string `json:"fixes,omitempty"`
	}{text, fixes})
	if err != nil {
		panic(err) // texts
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who went away has no use for an error
}
