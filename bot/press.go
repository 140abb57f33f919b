package bot

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

// turn is a button below an answer that is cut into pages.
type turn struct {
	id    string // letters and digits only: Mattermost finds no other (5.36.1)
	label string
	line  string // the command that shows the other page, without "/alert"
}

// press is what a button of ours carries to Mattermost and back: everything that its command needs, so that nothing of it is taken from the request
// that it comes back in. It is signed; Mattermost shows it to nobody, and hands it back with whatever says who pressed.
type press struct {
	Trigger string       `json:"trigger"` // "/alert"
	Text    string       `json:"text"`    // what would be typed behind it, the page included
	Person  rules.Person `json:"person"`  // whose answer the button stands below
	Team    rules.Place  `json:"team"`
	Channel rules.Place  `json:"channel"`
	Thread  string       `json:"thread,omitempty"`
	Origin  string       `json:"origin"` // the id of the request that was typed: by its response_url pages come with buttons of their own
	Ends    time.Time    `json:"ends"`
}

// A button lasts as long as the response_url that its pages come over. What is longer than maxPressed is turned by typing.
const (
	pressAge   = hookAge
	maxPressed = 2 << 10
)

// pressKey signs what buttons carry. It lives as long as the service: buttons of before a restart are refused, and there is no key that could be lost.
type pressKey [sha256.Size]byte

func newPressKey() (key pressKey) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

func (k pressKey) sign(payload string) (signature string) {
	mac := hmac.New(sha256.New, k[:])
	_, _ = mac.Write([]byte(payload)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// seal returns a press as text, signed.
func (k pressKey) seal(p press) string {
	plain, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and a time
	}
	payload := base64.RawURLEncoding.EncodeToString(plain)
	return payload + "." + k.sign(payload)
}

// open returns the press in a text, and whether this service signed it.
func (k pressKey) open(sealed string) (p press, ours bool) {
	payload, signature, _ := strings.Cut(sealed, ".")
	if !hmac.Equal([]byte(signature), []byte(k.sign(payload))) { // as text: a decoder passes over line breaks and over bits that no byte needs
		return press{}, false
	}
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	return p, err == nil && json.Unmarshal(plain, &p) == nil
}

// pressField is the one field of a button's context.
const pressField = "press"

// buttons returns the buttons below the answer to a request: none where Mattermost does not know where to send them, where nothing could prove who
// pressed one, and below what more than one person reads.
func (h *Handler) buttons(call *call, reply Reply) (actions []*model.PostAction) {
	request := call.request
	inChat := request.Entry == rules.EntryChat || request.Entry == rules.EntryButton
	if h.options.ActionURL == "" || h.options.Mattermost == nil || !inChat || reply.InChannel {
		return nil
	}
	for _, t := range reply.turns {
		if len(t.line) > maxPressed {
			continue
		}
		sealed := h.pressKey.seal(press{
			Trigger: call.trigger, Text: t.line, Person: rules.Person{ID: request.Actor.ID, Name: request.Actor.Name}, Team: request.Team, Channel: request.Channel,
			Thread: request.Thread, Origin: call.origin, Ends: h.options.Now().Add(pressAge),
		})
		actions = append(actions, &model.PostAction{
			Id: t.id, Name: t.label, Type: model.PostActionTypeButton,
			Integration: &model.PostActionIntegration{URL: h.options.ActionURL, Context: map[string]any{pressField: sealed}},
		})
	}
	return actions
}
