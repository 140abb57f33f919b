package web

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// filterFields are the filters that have a field of their own beside the line of all.
var filterFields = []string{"by", "rule", "action", "changed", "result", "channel", "ruler", "since", "until", "at"}

// pageEntries is how many entries a page of the timeline has.
const pageEntries = 50

// timeline is the body of the page of the journal.
type timeline struct {
	Filter   map[string]string // as it was typed: q is the line of all, the others are filterFields
	Open     bool              // one of the fields is used
	Actions  []string
	Results  []string
	Trouble  *trouble // with the filter
	Entries  []rules.JournalEntry
	Next     string // address of the page behind this one; "" for none
	Newest   string // address of the first page; "" when it is this one
	Download string
}

// filter reads the filter of an address.
func (p *Pages) filter(values url.Values, asker string) (rules.JournalQuery, error) {
	terms, err := p.options.Terms(values.Get("q"))
	if err != nil {
		return rules.JournalQuery{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(filterFields, key) && !slices.Contains([]string{"q", "cursor", "lang"}, key) {
			return rules.JournalQuery{}, wrong(key, "There is no parameter "+key+"= of this page; filters are given as q=.")
		}
	}
	for _, field := range filterFields {
		if value := values.Get(field); value != "" {
			terms = append(terms, rules.JournalTerm{Key: field, Value: value})
		}
	}
	query, err := rules.ParseJournalQuery(terms, rules.JournalAsker{ID: asker, Now: p.options.Now(), Zone: p.options.Zone, Actions: p.options.Actions})
	if err != nil {
		return rules.JournalQuery{}, err
	}
	if cursor := values.Get("cursor"); cursor != "" {
		if query.Before, err = strconv.ParseInt(cursor, 10, 64); err != nil || query.Before < 1 {
			return rules.JournalQuery{}, wrong("cursor", "This is no page of the journal.")
		}
	}
	return query, nil
}

func (p *Pages) serveTimeline(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	request, _ := p.visitor(r)
	body := timeline{
		Filter:  map[string]string{"q": values.Get("q")},
		Actions: slices.Compact(slices.Sorted(maps.Values(p.options.Actions))),
		Results: []string{"ok", "refused", "error", "waiting", "undone", "denied", "failed", "interrupted", "open"},
	}
	kept := url.Values{}
	for _, field := range append([]string{"q"}, filterFields...) {
		if value := values.Get(field); value != "" {
			body.Filter[field], body.Open = value, body.Open || field != "q"
			kept.Set(field, value)
		}
	}
	query, err := p.filter(values, request.Actor.ID)
	if e, ok := errors.AsType[*rules.Error](err); ok && e.Kind == rules.Invalid {
		body.Trouble = &trouble{e.Text, e.Fixes}
		p.show(w, r, http.StatusBadRequest, "timeline.html", body)
		return
	}
	var found rules.JournalPage
	if query.Limit = pageEntries; err == nil {
		found, err = p.options.Find(r.Context(), query)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	body.Entries, body.Download = found.Entries, "/journal.csv?"+kept.Encode()
	if query.Before > 0 {
		body.Newest = "/?" + kept.Encode()
	}
	if found.More {
		kept.Set("cursor", strconv.FormatInt(found.Entries[len(found.Entries)-1].Seq, 10))
		body.Next = "/?" + kept.Encode()
	}
	p.show(w, r, http.StatusOK, "timeline.html", body)
}

// csvAtOnce is how many entries are read at once for a download.
const csvAtOnce = 1000

// csvPatience is how long a reader may take for that many: the download as a whole takes as long as it takes.
const csvPatience = time.Minute

// serveCSV answers with every entry that the filter of the timeline selects, as the API gives them.
func (p *Pages) serveCSV(w http.ResponseWriter, r *http.Request) {
	request, _ := p.visitor(r)
	query, err := p.filter(r.URL.Query(), request.Actor.ID)
	query.Limit = csvAtOnce
	var found rules.JournalPage
	if err == nil {
		found, err = p.options.Find(r.Context(), query)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", csvType)
	w.Header().Set("Content-Disposition", csvDisposition)
	control := http.NewResponseController(w)
	rows, err := newTable(w)
	for err == nil {
		_ = control.SetWriteDeadline(time.Now().Add(csvPatience)) // a recorder in a test has none
		for _, e := range found.Entries {
			err = cmp.Or(err, rows.Write(e.Object().Row()))
		}
		rows.Flush()
		if err = cmp.Or(err, rows.Error()); err != nil || !found.More {
			break
		}
		query.Before = found.Entries[len(found.Entries)-1].Seq
		found, err = p.options.Find(r.Context(), query)
	}
	if err != nil && r.Context().Err() == nil {
		p.options.Logger.Error("A download of the journal broke off", "id", "AS2005", "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes a part for the whole
	}
}

// How the journal goes out as a table.
const (
	csvType        = "text/csv; charset=utf-8; header=present"
	csvDisposition = `attachment; filename="journal.csv"`
)

// newTable begins a table of entries; its rows are those of JournalObject.Row.
func newTable(w io.Writer) (*csv.Writer, error) {
	rows := csv.NewWriter(w)
	rows.UseCRLF = true // as RFC 4180 says
	err := rows.Write(rules.JournalColumns)
	return rows, err
}
