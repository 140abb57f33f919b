package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TellingObject is what programs are told, in JSON: a line of a jsonl sink, or the body that a webhook gets. Beside what is here it has the
// fields of rules.JournalObject, without the remote address. Fields are only ever added.
type TellingObject struct {
	ID     string    `json:"id"`               // the same whenever it is sent again
	Event  int64     `json:"event"`            // later ones have higher numbers
	Kind   string    `json:"kind"`             // "finished": the command ended; "outcome": its change came to another state
	At     time.Time `json:"at"`               // when that was written down, UTC
	Notify []string  `json:"notify,omitempty"` // the notification rules that ask for it
	Burst  []string  `json:"burst,omitempty"`  // the request ids of what it stands for
	Link   string    `json:"link,omitempty"`   // the entry's page, where web.external_url says how people reach it
	rules.JournalObject
}

// objectOf returns what programs are told, with the link to a page below pages, as SinkHost has it.
func objectOf(t rules.Telling, pages string) TellingObject {
	o := TellingObject{
		ID: t.ID, Event: t.Change.Event, Kind: t.Change.Kind, At: t.Change.Time, Notify: t.Rules,
		Link: entryLink(pages, t.Change.Entry.Record), JournalObject: t.Change.Entry.Object(),
	}
	o.Remote = "" // a person's address is the journal's to keep
	for _, e := range t.Burst {
		o.Burst = append(o.Burst, e.Record.Request.ID)
	}
	return o
}

// openJSONL returns a sink that writes a line for each: to standard output, or to the end of a file, which is opened each time, so that it may be
// rotated.
func openJSONL(c SinkConfig, host SinkHost) (send, error) {
	write := func(lines []byte) error {
		_, err := host.Stdout.Write(lines)
		return err
	}
	if c.File != "" {
		write = func(lines []byte) error { return appendLines(c.File, lines) }
		if err := write(nil); err != nil {
			return nil, err
		}
	}
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, all []rules.Telling) error {
		lines, err := linesOf(all, host.Pages)
		if err != nil {
			return err
		}
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return errors.New("nobody reads what is written")
		}
		written := make(chan error, 1)
		go func() { // a pipe that nobody reads holds up nobody but this
			written <- write(lines)
			<-turn
		}()
		select {
		case err := <-written:
			return err
		case <-ctx.Done():
			return errors.New("nobody reads what is written")
		}
	}, nil
}

func linesOf(all []rules.Telling, pages string) ([]byte, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, t := range all {
		if err := encoder.Encode(objectOf(t, pages)); err != nil {
			return nil, err
		}
	}
	return lines.Bytes(), nil
}

// appendLines adds lines to a file that its owner alone may read. A line that a crash has cut off is ended first.
func appendLines(path string, lines []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size > 0 {
		var last [1]byte
		if _, err = f.ReadAt(last[:], size-1); last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	if err == nil {
		_, err = f.Write(lines)
	}
	return errors.Join(err, f.Close())
}
