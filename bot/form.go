package bot

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

// maxBody is the largest request that is read, and maxText the longest command, in bytes: the longest YAML that may be pasted
// (64 kB) and room for options.
const (
	maxBody = 1 << 20
	maxText = 96 << 10
)

// form is what a Mattermost server (5.36.1) sends for a slash command, as far as it is used. Everything in it is hostile
// until verify has passed, and the text and the names still are after it.
type form struct {
	token       string
	teamID      string
	teamDomain  string
	channelID   string
	channelName string
	userID      string
	userName    string
	rootID      string // of the thread that it was given in; a server of version 5.36 does not tell
	command     string // "/alert"
	text        string // cut at maxText
	length      int    // of the text as it was sent, in bytes
	triggerID   string
	responseURL string

	origin  string // of a button: the id of the request that was typed; "" for what is typed itself
	refused error  // of a button of ours: why it is not taken
}

// readForm reads a request, or returns the HTTP status that refuses it.
func readForm(w http.ResponseWriter, r *http.Request, allowGET bool) (form, int) {
	var values url.Values
	switch {
	case r.Method == http.MethodPost:
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" {
			return form{}, http.StatusUnsupportedMediaType
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return form{}, http.StatusRequestEntityTooLarge
		}
		if err != nil {
			return form{}, http.StatusBadRequest
		}
		if values, err = url.ParseQuery(string(body)); err != nil {
			return form{}, http.StatusBadRequest
		}
	case r.Method == http.MethodGet && allowGET:
		if len(r.URL.RawQuery) > maxBody {
			return form{}, http.StatusRequestEntityTooLarge
		}
		var err error
		if values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			return form{}, http.StatusBadRequest
		}
	default:
		return form{}, http.StatusMethodNotAllowed
	}
	f := form{
		token:       values.Get("token"),
		teamID:      name(values.Get("team_id")),
		teamDomain:  name(values.Get("team_domain")),
		channelID:   name(values.Get("channel_id")),
		channelName: name(values.Get("channel_name")),
		userID:      name(values.Get("user_id")),
		userName:    name(values.Get("user_name")),
		rootID:      name(values.Get("root_id")),
		command:     name(values.Get("command")),
		text:        wellFormed(values.Get("text")),
		triggerID:   values.Get("trigger_id"),
		responseURL: values.Get("response_url"),
	}
	if f.command == "" {
		f.command = "/alert"
	}
	if f.length = len(f.text); f.length > maxText {
		f.text = strings.ToValidUTF8(f.text[:maxText], "")
	}
	return f, 0
}

// wellFormed returns a text as valid UTF-8. The server cuts a byte after the trigger word, which leaves half a no-break
// space in front of the text.
func wellFormed(text string) string {
	text = strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	return strings.TrimLeft(text, string(unicode.ReplacementChar))
}

// name returns an id or a name as it may stand in a log, a journal or a commit: one line of bounded length.
func name(s string) string {
	s = strings.Map(func(r rune) rune {
		if rules.Invisible(r) {
			return -1
		}
		return r
	}, s)
	if len(s) > 128 {
		s = strings.ToValidUTF8(s[:128], "")
	}
	return s
}
