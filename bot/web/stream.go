package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	eventStream = "text/event-stream"
	streamPoll  = 500 * time.Millisecond
	streamBeat  = 15 * time.Second // between two comments that keep the connection open
	streamChunk = 100
	maxStreams  = 64 // that are open at once: each asks the journal twice a second
)

// serveStream sends what ends, or changes its state, as server-sent events, each with the entry as it is then: `finished` and `outcome`. It
// begins behind the header Last-Event-ID, so that nothing is lost over a broken connection; without one it begins now. Streams beyond
// maxStreams are refused with 503. What is held for a client is what Changes gives at once; one that takes nothing for streamBeat is let go.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request) {
	query, _, err := a.query(r.URL)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	behind, err := a.behind(r)
	if err != nil {
		a.failed(w, r, err)
		return
	}
	if a.streams.Add(1) > maxStreams {
		a.streams.Add(-1)
		w.Header().Set("Retry-After", "60")
		fail(w, http.StatusServiceUnavailable, fmt.Sprintf("%d streams are open, and no more are given. Close one, or ask GET /api/v1/journal now and then.", maxStreams))
		return
	}
	defer a.streams.Add(-1)
	w.Header().Set("Content-Type", eventStream)
	s := &stream{w: w, control: http.NewResponseController(w)}
	s.comment("the journal from event " + strconv.FormatInt(behind, 10))
	again := time.NewTimer(streamPoll)
	defer again.Stop()
	for beat := time.Now(); s.err == nil; {
		changes, err := a.Changes(r.Context(), behind, streamChunk)
		if err != nil {
			if r.Context().Err() == nil {
				a.Logger.Error("The journal could not be read for a stream", "id", "AS2002", "err", err)
			}
			return // the client comes back
		}
		for _, c := range changes {
			if behind = c.Event; query.Matches(c.Entry) {
				s.send(c)
				beat = time.Now()
			}
		}
		if time.Since(beat) > streamBeat {
			s.comment("still here")
			beat = time.Now()
		}
		pause := streamPoll
		if len(changes) > 0 { // there may be more
			pause = 0
		}
		again.Reset(pause)
		select {
		case <-again.C:
		case <-a.Ending:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// behind returns the event that a stream begins behind.
func (a *API) behind(r *http.Request) (int64, error) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		return a.Head(r.Context())
	}
	behind, err := strconv.ParseInt(last, 10, 64)
	if err != nil || behind < 0 {
		return 0, wrong("Last-Event-ID", "Last-Event-ID is the id of an event of this stream, a number; leave it out to begin now.")
	}
	return behind, nil
}

// stream writes server-sent events until a write fails.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *stream) send(c rules.JournalChange) {
	data, err := json.Marshal(c.Entry.Object())
	if err != nil {
		s.err = err
		return
	}
	s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", c.Event, c.Kind, data))
}

func (s *stream) comment(text string) { s.write(": " + text + "\n\n") }

// write sends a text at once. A reader who takes nothing for a while is let go.
func (s *stream) write(text string) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(streamBeat)) // a recorder in a test has none
	if _, s.err = fmt.Fprint(s.w, text); s.err == nil {
		s.err = s.control.Flush()
	}
}
