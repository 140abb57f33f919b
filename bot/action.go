package bot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

// ServeAction takes the press of a button, which only turns pages: it is the http.Handler for /mattermost/action.
//
// Mattermost (5.36.1) sends it with no token and no signature of its own, and any person in the chat can make a post whose button sends us what they
// like. So of the request counts only what is proven:
//   - the command, its person, team and channel, and until when: by our signature on the context, which nobody can make and which Mattermost shows to
//     nobody. A context without it is refused as a command with a wrong token is.
//   - who pressed, and that it was now: by the server's signature on the trigger id. It must be the person whose answer the button stands below.
//
// Not proven is that this press was of this button: the trigger id covers neither context nor channel. Who holds a context of ours, which takes
// Mattermost's own keys, and has a trigger id of the same person can see as this person what the command shows. Names, team and channel in the request are not
// looked at, but for a channel that is not the button's, which is refused.
func (h *Handler) ServeAction(w http.ResponseWriter, r *http.Request) {
	pressed, status := readAction(w, r)
	if status != 0 {
		h.refuse(w, r, status)
		return
	}
	sealed, _ := pressed.Context[pressField].(string)
	p, ours := h.pressKey.open(sealed)
	if !ours || h.options.Mattermost == nil {
		h.refuse(w, r, http.StatusUnauthorized)
		return
	}
	request := h.requestOf(r, form{
		userID: name(pressed.UserId), teamID: p.Team.ID, teamDomain: p.Team.Name, channelID: p.Channel.ID, channelName: p.Channel.Name, rootID: p.Thread, text: p.Text,
	}, rules.EntryButton)
	if request.Actor.ID == p.Person.ID {
		request.Actor.Name = p.Person.Name
	}
	f := form{
		command: p.Trigger, text: p.Text, length: len(p.Text), origin: p.Origin, userID: pressed.UserId, triggerID: pressed.TriggerId,
		refused: p.refused(pressed, h.options.Now()),
	}
	// A page is read from what is here: it never takes as long as Mattermost waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), noAnswerAfter)
	defer cancel()
	h.working.Add(1)
	defer h.working.Done()
	w.Header().Set(rules.RequestHeader, request.ID)
	h.answerPress(ctx, w, p, h.work(ctx, h.options.Access(), request, f))
}

// refused returns why a press that is of a button of ours is not taken; nil when it is.
func (p press) refused(pressed model.PostActionIntegrationRequest, now time.Time) error {
	var text string
	switch {
	case pressed.UserId != p.Person.ID:
		text = "Only the person who gave the command turns its pages. Type the command yourself."
	case pressed.ChannelId != p.Channel.ID:
		text = "This button belongs to another channel. Type the command here."
	case !now.Before(p.Ends):
		text = "A button lasts half an hour. Type the command again."
	default:
		return nil
	}
	return &rules.Error{Kind: rules.Denied, Offset: -1, Text: text}
}

// answerPress shows a page to whoever pressed. The message that the button stands below is there for one person only, and Mattermost (5.36.1)
// answers a press with an error where such a message is to be replaced. So the page is a message behind it: over the response_url of the command while
// that lasts, since only such a message can have buttons itself, and as the answer of the press else.
func (h *Handler) answerPress(ctx context.Context, w http.ResponseWriter, p press, reply Reply) {
	var response model.PostActionIntegrationResponse
	if len(reply.actions) == 0 || h.options.Mattermost.answerLate(ctx, p.Origin, reply) != nil {
		response.EphemeralText, response.SkipSlackParsing = reply.message(), true
	}
	body, err := json.Marshal(response)
	if err != nil {
		panic(err) // texts and a bool
	}
	h.send(w, reply.result, body)
}

// readAction reads the press of a button, or returns the HTTP status that refuses it. Everything in it is hostile.
func readAction(w http.ResponseWriter, r *http.Request) (pressed model.PostActionIntegrationRequest, status int) {
	if r.Method != http.MethodPost {
		return pressed, http.StatusMethodNotAllowed
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return pressed, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return pressed, http.StatusRequestEntityTooLarge
	}
	if err != nil || json.Unmarshal(body, &pressed) != nil {
		return pressed, http.StatusBadRequest
	}
	return pressed, 0
}
