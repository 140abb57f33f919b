package bot

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

const goodHook = "34kgcuutri8pmk9a4hc75nxckh"

func TestHookID(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"http://127.0.0.1:8065/hooks/commands/" + goodHook:         true,
		"https://chat.example/sub/path/hooks/commands/" + goodHook: true,
		"http://169.254.169.254/hooks/commands/" + goodHook:        true, // the host is never used
		"":                              false,
		"http://h/hooks/commands/":      false,
		"http://h/hooks/commands/short": false,
		"http://h/hooks/commands/" + goodHook + "x":                             false,
		"http://h/hooks/commands/" + strings.ToUpper(goodHook):                  false,
		"http://h/hooks/commands/" + goodHook + "/":                             false,
		"http://h/hooks/commands/" + goodHook + "?x=1":                          false,
		"http://h/hooks/commands/" + goodHook + "#x":                            false,
		"http://u:p@h/hooks/commands/" + goodHook:                               false,
		"http://h/hooks/" + goodHook:                                            false,
		"http://h/api/v4/users?x=/hooks/commands/" + goodHook:                   false,
		"http://h/hooks/commands/../../api/v4/users/" + goodHook:                false,
		"http://h/hooks/commands/..%2f..%2fapi%2fv4%2f" + goodHook:              false,
		"http://h/hooks/commands/%2e%2e/" + goodHook:                            false,
		"http://h/hooks/commands/3%34kgcuutri8pmk9a4hc75nxckh":                  false, // the same id, written another way
		"http://h/hooks/commands/" + goodHook[:25] + "\n":                       false,
		"http://h/hooks/commands/" + goodHook[:25] + "%0a":                      false,
		"http://h/hooks/commands/" + goodHook[:25] + "@":                        false,
		"javascript:/hooks/commands/" + goodHook + "":                           true, // the scheme is never used
		"file:///hooks/commands/" + goodHook[:20] + "/../x":                     false,
		"http://[::1]:namedport/hooks/commands/" + goodHook:                     false,
		"http://h/" + strings.Repeat("x", 3000) + "/hooks/commands/" + goodHook: false,
	} {
		if id, got := hookID(url); got != ok || ok && id != goodHook {
			t.Errorf("%q gives %q, %v", url, id, got)
		}
	}
}

func TestAnswerLateCallsOnlyTheServer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := newMattermost(t, s.URL, "", time.Now)
	if !m.remember("r1", "http://192.0.2.1/hooks/commands/"+goodHook) {
		t.Fatal("not taken")
	}
	if err := m.answerLate(t.Context(), "r1", Reply{Text: "late @all", InChannel: true}); err != nil {
		t.Fatal(err)
	}
	path, body, _ := strings.Cut(s.heard(t), " ")
	got, err := model.CommandResponseFromJSON(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	want := &model.CommandResponse{ResponseType: "in_channel", Text: "late @all", SkipSlackParsing: true}
	if diff := cmp.Diff(want, got); path != "/hooks/commands/"+goodHook || diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestResponseURLIsUsedUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	now := time.Now()
	m := newMattermost(t, s.URL, "", func() time.Time { return now })
	m.remember("r1", hookURL)
	m.remember("r2", hookURL)
	for use := range hookUses + 1 {
		err := m.answerLate(t.Context(), "r1", Reply{Text: "x"})
		if (err != nil) != (use == hookUses) {
			t.Errorf("use %d: %v", use+1, err)
		}
	}
	if err := m.answerLate(t.Context(), "nobody", Reply{}); rules.KindOf(err) != rules.Unavailable || err == nil {
		t.Errorf("an unknown request: %v", err)
	}
	now = now.Add(hookAge + time.Second)
	if err := m.answerLate(t.Context(), "r2", Reply{}); err == nil {
		t.Error("it is answered after 30 minutes")
	}
	m.remember("r3", hookURL)
	if len(m.hooks) != 1 {
		t.Errorf("%d response URLs are kept", len(m.hooks))
	}
}

func TestTell(t *testing.T) {
	t.Parallel()
	request := rules.Request{ID: "r1", Channel: rules.Place{ID: channelID}}
	t.Run("as the bot", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		m := newMattermost(t, s.URL, "bot-CANARY", time.Now)
		if err := m.Tell(t.Context(), request, Reply{Text: "live", InChannel: true}); err != nil {
			t.Fatal(err)
		}
		path, body, _ := strings.Cut(s.heard(t), " ")
		var got model.Post
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if path != "/api/v4/posts" || got.ChannelId != channelID || got.Message != "live" || s.requests[0] != "POST /api/v4/posts BEARER bot-CANARY" {
			t.Errorf("got %s %s by %s", path, body, s.requests[0])
		}
	})
	t.Run("without a bot", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		m := newMattermost(t, s.URL, "", time.Now)
		m.remember("r1", hookURL)
		if err := m.Tell(t.Context(), request, Reply{Text: "live", InChannel: true}); err != nil {
			t.Fatal(err)
		}
		if got := s.heard(t); !strings.HasPrefix(got, "/hooks/commands/"+goodHook) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("where the bot may not post", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.postStatus = http.StatusForbidden // as 5.36.1 answers in a channel that the bot is not in
		m := newMattermost(t, s.URL, "bot-CANARY", time.Now)
		m.remember("r1", hookURL)
		if err := m.Tell(t.Context(), request, Reply{Text: "live", InChannel: true}); err != nil {
			t.Fatal(err)
		}
		<-s.told // the post that was refused
		if got := s.heard(t); !strings.HasPrefix(got, "/hooks/commands/"+goodHook) {
			t.Errorf("got %s", got)
		}
		err := m.Tell(t.Context(), rules.Request{ID: "r2", Channel: rules.Place{ID: channelID}}, Reply{Text: "live", InChannel: true})
		checkUntold(t, err)
		if !strings.Contains(err.Error(), "403") {
			t.Errorf("the error does not say what the bot was answered: %v", err)
		}
	})
	t.Run("without secrets", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for _, botToken := range []string{"", "bot"} {
			m := newMattermost(t, s.URL, botToken, time.Now)
			m.remember("r1", hookURL)
			settled := Settled(rules.Waiting{Outcome: rules.Outcome{Revision: "1a2b3c4", State: rules.Pending, Reason: "password=hunter2-CANARY"}}, time.Now())
			if err := m.Tell(t.Context(), rules.Request{ID: "r1", Channel: rules.Place{ID: channelID}}, settled); err != nil {
				t.Fatal(err)
			}
			if got := s.heard(t); strings.Contains(got, "CANARY") || !strings.Contains(got, "1a2b3c4") {
				t.Errorf("told %s", got)
			}
		}
	})
	t.Run("only to the author", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		m := newMattermost(t, s.URL, "bot-CANARY", time.Now)
		m.remember("r1", hookURL)
		if err := m.Tell(t.Context(), request, Reply{Text: "x"}); err != nil {
			t.Fatal(err)
		}
		if got := s.heard(t); !strings.HasPrefix(got, "/hooks/commands/"+goodHook) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nowhere", func(t *testing.T) {
		t.Parallel()
		m := newMattermost(t, newServer(t).URL, "bot", time.Now)
		if err := m.Tell(t.Context(), rules.Request{Channel: rules.Place{ID: "../users"}}, Reply{InChannel: true}); err == nil {
			t.Error("posted to a channel that is no id")
		}
	})
}

// No failure shows where a message went or what was sent with it, and no redirect is followed.
func TestTellFailures(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"a redirect": 307, "forbidden": 403, "trouble": 500, "no longer there": 404, "another success": 204} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.status = status
			m := newMattermost(t, s.URL, "bot-CANARY", time.Now)
			m.remember("r1", hookURL)
			for _, reply := range []Reply{{Text: "x"}, {Text: "x", InChannel: true}} {
				checkUntold(t, m.Tell(t.Context(), rules.Request{ID: "r1", Channel: rules.Place{ID: channelID}}, reply))
			}
			if len(s.requests) != 3 { // what the bot may not post is tried over the response_url
				t.Errorf("requests: %q", s.requests)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.Close()
		m := newMattermost(t, s.URL, "bot-CANARY", time.Now)
		m.remember("r1", hookURL)
		checkUntold(t, m.Tell(t.Context(), rules.Request{ID: "r1"}, Reply{}))
	})
}

func checkUntold(t *testing.T, err error) {
	t.Helper()
	var e *rules.Error
	if !errors.As(err, &e) || e.Kind != rules.Unavailable {
		t.Fatalf("got %v", err)
	}
	for _, secret := range []string{goodHook, "CANARY"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

func TestNewMattermost(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://chat.example": true, "http://127.0.0.1:8065/": true, "https://chat.example/sub": true,
		"": false, "chat.example": false, "ftp://x": false, "https://": false, "https://u:p@x": false, "https://x?y": false, "https://x#y": false, "://": false,
	} {
		if _, err := NewMattermost(address, nil, &http.Client{}, time.Now); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
