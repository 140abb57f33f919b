package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	mattermostToken = "canary8hzjkq5yctdfuruxjdhi"
	rotatedToken    = "canaryfuruxjdhi8hzjkq5yctd"
	botToken        = "canarybotyctdfuruxjdhi8hzj"
	hookToken       = "canaryhookrutri8pmk9a4hc75"

	teamID    = "ct7jski547gaxfjnydo53wtroa"
	channelID = "nzgdcgr54id73fiogs1zc3yigr"
	userID    = "nn6w966eo3yjbbefhizipwt8xc"
	otherID   = "gbpoya93zfg49mauid8nfz49br"
)

// mattermost is what Alertsmith sees of a Mattermost server: its key, and what is posted to it.
type mattermost struct {
	*httptest.Server
	t   *testing.T
	key *ecdsa.PrivateKey

	mu    sync.Mutex
	posts []string // of the bot, in the channel
	late  []string // over response_url
}

func startMattermost(t *testing.T) *mattermost {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	m := &mattermost{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v4/config/client", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"AsymmetricSigningPublicKey": base64.StdEncoding.EncodeToString(public)})
	})
	mux.HandleFunc("POST /api/v4/posts", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.EqualFold(r.Header.Get("Authorization"), "Bearer "+botToken) || !strings.Contains(string(body), channelID) {
			t.Errorf("a post that the server would refuse: %s", body)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.posts = append(m.posts, string(body))
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("POST /hooks/commands/"+hookToken, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.late = append(m.late, string(body))
	})
	m.Server = httptest.NewServer(mux)
	t.Cleanup(m.Close)
	return m
}

// heard reports whether the bot posted something with these words in it.
func (m *mattermost) heard(words ...string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.posts, func(post string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(post, word) })
	})
}

// all returns everything that the bot posted.
func (m *mattermost) all() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.posts, "\n")
}

// trigger returns a trigger id that the server signs. id is the client's.
func (m *mattermost) trigger(id, user string, at time.Time) string {
	m.t.Helper()
	signed := fmt.Sprintf("%s:%s:%d:", id, user, at.UnixMilli())
	sum := sha256.Sum256([]byte(signed))
	signature, err := ecdsa.SignASN1(rand.Reader, m.key, sum[:])
	if err != nil {
		m.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString([]byte(signed + base64.StdEncoding.EncodeToString(signature)))
}

// form returns what the server sends for a command. id is the client's trigger id.
func (m *mattermost) form(id, text string) url.Values {
	m.t.Helper()
	return url.Values{
		"token": {mattermostToken}, "command": {"/alert"}, "text": {text},
		"team_id": {teamID}, "team_domain": {"ops"}, "channel_id": {channelID}, "channel_name": {"alerts"},
		"user_id": {userID}, "user_name": {"alice"}, "response_url": {m.URL + "/hooks/commands/" + hookToken},
		"trigger_id": {m.trigger(id, userID, time.Now())},
	}
}

// patient is form for a command whose first answer is to be how it ended, also where that takes long: there is no way to answer it later.
func (m *mattermost) patient(id, text string) url.Values {
	m.t.Helper()
	form := m.form(id, text)
	form.Del("response_url")
	return form
}

const (
	firstTrigger  = "1kajc7gka3rn7p7w8n6yyyx1eo"
	secondTrigger = "2kajc7gka3rn7p7w8n6yyyx1eo"
	thirdTrigger  = "3kajc7gka3rn7p7w8n6yyyx1eo"
	fourthTrigger = "4kajc7gka3rn7p7w8n6yyyx1eo"
)

// chatSystem prepares a service that takes commands from a Mattermost server, and its configuration file.
func chatSystem(t *testing.T, m *mattermost) (s *system, write func(name, content string)) {
	t.Helper()
	s = newSystem(t, "--config.file=alertsmith.yml")
	write = func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("tokens", mattermostToken+"\n")
	write("bot", botToken+"\n")
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", userID))
	return s, write
}

func configuration(m *mattermost, ruler, user string) string {
	return fmt.Sprintf(`
rulers:
  - name: prometheus
    kind: prometheus
    url: %s
    rules_dir: prometheus-rules
mattermost:
  url: %s
  token_files: [tokens]
  bot_token_file: bot
  teams: [%s]
  users: [%s]
`, ruler, m.URL, teamID, user)
}

// TestChannelIsTold walks a change through a ruler that is away, a kill of the service, and the ruler's return. The channel is told, the
// same request twice is one commit, and no secret is told anywhere.
func TestChannelIsTold(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	prometheus := mustPrometheus(t, s.dir)
	prometheus.Stop()
	write("alertsmith.yml", configuration(m, prometheus.URL, userID))
	s.start()

	form := m.patient(firstTrigger, "add node-down expr='up == 0' severity=critical")
	first, err := s.post(form)
	if err != nil || first.result != rules.Success || first.kind != "in_channel" || !strings.Contains(first.text, "not live yet") {
		t.Fatalf("%+v, %v", first, err)
	}
	for _, when := range []string{"at once", "after a restart"} {
		again, err := s.post(form)
		if err != nil || again.result != rules.Success || !strings.Contains(again.text, "came twice") {
			t.Errorf("the same request %s: %+v, %v", when, again, err)
		}
		s.kill()
		s.start()
	}
	if got := s.subjects(); !slices.Equal(got, []string{"add node-down"}) {
		t.Errorf("commits %q", got)
	}

	startPrometheusAt(t, s.dir, prometheus.Port())
	await(t, "the channel is told", func() bool { return m.heard("node-down", "is live in prometheus now") })

	// A change that was being worked on when the service was killed is told too.
	s.kill()
	s.start(killAt + "=" + rules.StepPublished)
	if a, err := s.post(m.patient(secondTrigger, "add node-up expr='up == 1'")); err == nil {
		t.Fatalf("the service lived on: %+v", a)
	}
	s.kill()
	s.start()
	await(t, "the channel is told", func() bool { return m.heard("node-up", "is live in prometheus now") })

	// One of which nothing came is written down as that, and its author is told.
	s.kill()
	s.start(killAt + "=" + rules.StepPlanned)
	if a, err := s.post(m.patient(thirdTrigger, "add never expr='up == 2'")); err == nil {
		t.Fatalf("the service lived on: %+v", a)
	}
	s.kill()
	s.start()
	await(t, "the author is told", func() bool { return m.heard("came to nothing", "Please send the command again", "never") })
	if end := s.ended("add never expr='up == 2'"); end.Outcome.Result != rules.Failed || end.Done.IsZero() || !end.InChannel || end.Action != "add" || !end.Outcome.Interrupted {
		t.Errorf("a command of which nothing came: %+v", end)
	}
	if got := s.subjects(); !slices.Equal(got, []string{"add node-up", "add node-down"}) {
		t.Errorf("commits %q", got)
	}
	// One that can be answered later is told over what stays secret as well.
	const later = "edit node-up for=1m"
	if _, err := s.post(m.form(fourthTrigger, later)); err != nil {
		t.Error(err)
	}
	await(t, "it has ended", func() bool { return !s.ended(later).Done.IsZero() })
	if end := s.ended(later); end.Outcome.Result != rules.Success {
		t.Errorf("a command that can be answered later: %+v", end)
	}
	s.assertNoSecret(mattermostToken, botToken, hookToken, s.token())
	s.stop()
}

// TestReload changes tokens and allow-lists while the service runs. A reload that fails leaves the old ones in force.
func TestReload(t *testing.T) {
	t.Parallel()
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	s.start()
	try := func(id, token string) (int, rules.Result) {
		t.Helper()
		form := m.form(id, "list")
		form.Set("token", token)
		a, err := s.post(form)
		if err != nil {
			t.Fatal(err)
		}
		return a.status, a.result
	}
	reload := func(want int) {
		t.Helper()
		response, err := http.Post(s.url+"/-/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != want {
			t.Fatalf("reload answered %s", response.Status)
		}
	}
	tries := 0
	expect := func(when, token string, status int, result rules.Result) {
		t.Helper()
		tries++
		if gotStatus, gotResult := try(fmt.Sprintf("%026d", tries), token); gotStatus != status || gotResult != result {
			t.Errorf("%s: %d %s, want %d %s", when, gotStatus, gotResult, status, result)
		}
	}

	expect("at first", mattermostToken, 200, rules.Success)
	expect("a token that is not known yet", rotatedToken, 401, "")

	write("tokens", mattermostToken+"\n"+rotatedToken+"\n")
	reload(200)
	expect("rotation, the old one", mattermostToken, 200, rules.Success)
	expect("rotation, the new one", rotatedToken, 200, rules.Success)

	write("tokens", "short\n")
	reload(500)
	if !strings.Contains(s.get("/metrics"), "alertsmith_config_last_reload_successful 0\n") {
		t.Error("the metrics do not tell that the reload failed")
	}
	expect("after a reload that failed", rotatedToken, 200, rules.Success)

	write("tokens", rotatedToken+"\n")
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", teamID)) // somebody else's id
	reload(200)
	if !strings.Contains(s.get("/metrics"), "alertsmith_config_last_reload_successful 1\n") {
		t.Error("the metrics do not tell that the reload succeeded")
	}
	expect("the old token", mattermostToken, 401, "")
	expect("a user who may not", rotatedToken, 200, rules.DeniedResult)
	if a := s.must("list"); a.status != 200 {
		t.Errorf("the terminal: %+v", a)
	}
	s.assertNoSecret(mattermostToken, rotatedToken, botToken, hookToken)
	s.stop()
}
