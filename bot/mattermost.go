package bot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

// Mattermost is the configured server, as far as the bot calls it: for the key that signs trigger ids, to answer a command
// late, and to tell a channel something. It never calls another host and follows no redirect.
type Mattermost struct {
	base     *url.URL
	client   *http.Client
	botToken func() string
	now      func() time.Time

	key   keyCache
	mu    sync.Mutex
	hooks map[string]*hook // by request id
}

// NewMattermost returns the server at an address such as "https://chat.example.org", which may have a path. botToken
// returns the access token of a bot account, or "" when there is none; client's transport says how to connect (nil: the
// default). The address is refused when it is not one of http or https, or has a user, a query or a fragment.
func NewMattermost(address string, botToken func() string, client *http.Client, now func() time.Time) (*Mattermost, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the address of the Mattermost server must be like https://chat.example.org, without user, query or fragment")
	}
	m := &Mattermost{base: base, client: &http.Client{}, botToken: botToken, now: now, hooks: map[string]*hook{}}
	if client != nil {
		m.client.Transport = client.Transport
	}
	m.client.Timeout = 10 * time.Second
	m.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	m.key.busy = make(chan struct{}, 1)
	return m, nil
}

// Tell says something after a request was answered: that its change is live at last. With a bot token it is a post in the
// request's channel. Without one, where the bot may not post (a direct message, a private channel that it is not in), and for what
// only the author may read, it goes over the request's response_url while that lasts. An error of kind Unavailable says that nobody
// was told.
func (m *Mattermost) Tell(ctx context.Context, request rules.Request, reply Reply) error {
	var refused error
	if token := m.botToken(); token != "" && reply.InChannel {
		if refused = m.post(ctx, token, request.Channel.ID, "", reply); refused == nil {
			return nil
		}
	}
	if err := m.answerLate(ctx, request.ID, reply); err != nil {
		return cmp.Or(refused, err) // the bot's trouble is what an operator can mend
	}
	return nil
}

// Report tells a channel something that no command asked for. It takes a bot's token. An id, where it is not "", is the same when the same is tried
// again: Mattermost makes no second post of it for a while. An error of kind Unavailable says that nobody was told.
func (m *Mattermost) Report(ctx context.Context, channelID, id string, reply Reply) error {
	return m.post(ctx, m.botToken(), channelID, id, reply)
}

// post makes a post of the bot in a channel.
func (m *Mattermost) post(ctx context.Context, token, channelID, id string, reply Reply) error {
	if !rules.IsMattermostID(channelID) {
		return untold(errors.New("the request came from no channel of this server"))
	}
	client := model.NewAPIv4Client(strings.TrimRight(m.base.String(), "/"))
	client.HTTPClient = m.client
	client.SetToken(token)
	_, response, err := client.CreatePost(ctx, &model.Post{ChannelId: channelID, Message: reply.message(), PendingPostId: id})
	switch {
	case response != nil && response.StatusCode == http.StatusCreated: // it stands there, whatever the answer's body says
		return nil
	case response != nil && response.StatusCode != 0:
		return untold(fmt.Errorf("Mattermost answered %d", response.StatusCode)) // its own words could quote anything
	default:
		return untold(withoutURL(err))
	}
}

// send posts JSON to an address. Its errors tell neither the address, which can be a secret, nor what was sent.
func (m *Mattermost) send(ctx context.Context, to *url.URL, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return untold(errors.New("the request cannot be made"))
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := m.client.Do(request)
	if err != nil {
		return untold(withoutURL(err))
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode != http.StatusOK {
		return untold(fmt.Errorf("Mattermost answered %d", response.StatusCode))
	}
	return nil
}

// untold returns the error for a message that did not arrive.
func untold(cause error) error {
	return &rules.Error{Kind: rules.Unavailable, Text: "The message could not be delivered to Mattermost.", Cause: cause}
}

// withoutURL returns an HTTP client's error without the address in it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
