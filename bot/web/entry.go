package web

import (
	"net/http"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// entry is the body of the page of one entry.
type entry struct {
	rules.JournalObject

	Record rules.Record
	Took   time.Duration // from its arrival to its end
	Diff   difference
	Views  views
}

func (p *Pages) serveEntry(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("request")
	found, err := p.options.Find(r.Context(), rules.JournalQuery{Request: id, Limit: 1})
	if err == nil && len(found.Entries) == 0 {
		err = &rules.Error{Kind: rules.NotFound, Offset: -1, Text: "The journal has no entry of this request."}
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	e := found.Entries[0]
	body := entry{JournalObject: e.Object(), Record: e.Record, Views: viewsOf(r.URL), Diff: difference{e.Record.Outcome.Diff, splitView(r.URL)}}
	if !e.Record.Done.IsZero() {
		body.Took = e.Record.Done.Sub(e.Record.Request.Time)
	}
	p.show(w, r, http.StatusOK, "entry.html", body)
}
