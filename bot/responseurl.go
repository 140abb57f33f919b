package bot

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// hook is what is left of a request's response_url: where a command can be answered late. The id in it is a secret, as it
// is all that a post in somebody's name takes, so it is kept in memory only.
type hook struct {
	id   string
	at   time.Time
	uses int
}

// A response_url can be used five times within half an hour (Mattermost 5.36.1).
const (
	hookUses = 5
	hookAge  = 30 * time.Minute
)

// hookID returns the id in a response_url, and whether it has one. Nothing else of the URL is used: not the host, which
// is whoever's who wrote it.
func hookID(responseURL string) (string, bool) {
	if len(responseURL) > 2048 {
		return "", false
	}
	u, err := url.Parse(responseURL)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.RawPath != "" {
		return "", false
	}
	i := strings.LastIndexByte(u.Path, '/') + 1
	id := u.Path[i:]
	return id, strings.HasSuffix(u.Path[:i], "/hooks/commands/") && rules.IsMattermostID(id)
}

// remember keeps a request's response_url for late answers. It reports whether it is one.
func (m *Mattermost) remember(requestID, responseURL string) bool {
	id, ok := hookID(responseURL)
	if !ok {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for request, h := range m.hooks {
		if now.Sub(h.at) > hookAge {
			delete(m.hooks, request)
		}
	}
	m.hooks[requestID] = &hook{id: id, at: now}
	return true
}

// answerLate sends a reply over the response_url of a request.
func (m *Mattermost) answerLate(ctx context.Context, requestID string, reply Reply) error {
	id, ok := m.useHook(requestID)
	if !ok {
		return untold(errors.New("the request can be answered no more: its response_url is missing, used up, or older than 30 minutes"))
	}
	return m.send(ctx, m.base.JoinPath("hooks", "commands", id), reply.payload())
}

// useHook takes one of the uses of a request's response_url.
func (m *Mattermost) useHook(requestID string) (id string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.hooks[requestID]
	if h == nil || h.uses >= hookUses || m.now().Sub(h.at) > hookAge {
		return "", false
	}
	h.uses++
	return h.id, true
}
