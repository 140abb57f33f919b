package bot

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// recorded is testdata/trigger.json: a trigger id of a real server (5.36.1), now thrown away, with its key.
type recorded struct {
	Key       string `json:"asymmetric_signing_public_key"`
	TriggerID string `json:"trigger_id"`
	User      string `json:"user_id"`
	Client    string `json:"client_trigger_id"`
	Millis    int64  `json:"unix_millis"`
}

func readRecorded(t testing.TB) recorded {
	t.Helper()
	content, err := os.ReadFile("testdata/trigger.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// server is a Mattermost server as far as the bot calls it.
type server struct {
	*httptest.Server
	mu         sync.Mutex
	key        *ecdsa.PrivateKey
	asked      int    // how often for the key
	config     string // answers that instead
	status     int    // of the answers to posts; 0: what a real one gives
	postStatus int    // of the answers to the bot's posts only
	requests   []string
	told       chan string // the body of every post
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{told: make(chan string, 100)}
	s.rotate(t)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// rotate gives the server a new key.
func (s *server) rotate(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization"))
	if r.URL.RequestURI() == "/api/v4/config/client?format=old" {
		s.asked++
		if s.config != "" {
			fmt.Fprint(w, s.config)
			return
		}
		der, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"AsymmetricSigningPublicKey":%q,"BuildNumber":"5.36.1"}`, base64.StdEncoding.EncodeToString(der))
		return
	}
	body := new(strings.Builder)
	_, _ = fmt.Fprint(body, r.URL.Path, " ")
	buffer := make([]byte, 1<<20)
	for {
		n, err := r.Body.Read(buffer)
		body.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	switch {
	case s.status != 0:
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(s.status)
	case r.URL.Path == "/api/v4/posts":
		w.WriteHeader(cmp.Or(s.postStatus, http.StatusCreated))
	}
	s.told <- body.String()
}

// trigger returns a trigger id that the server signs.
func (s *server) trigger(t testing.TB, client, user string, at time.Time) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	signed := fmt.Sprintf("%s:%s:%d:", client, user, at.UnixMilli())
	sum := sha256.Sum256([]byte(signed))
	signature, err := ecdsa.SignASN1(rand.Reader, s.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString([]byte(signed + base64.StdEncoding.EncodeToString(signature)))
}

func (s *server) keyRequests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// heard returns the next post that the server got.
func (s *server) heard(t testing.TB) string {
	t.Helper()
	select {
	case body := <-s.told:
		return body
	case <-time.After(30 * time.Second):
		t.Fatal("the server was told nothing")
		return ""
	}
}

// clientID is a client trigger id.
const clientID = "g7njae3jdfdzbc8nbqey9xjn1h"

func TestRecordedTrigger(t *testing.T) {
	t.Parallel()
	r := readRecorded(t)
	key, err := parseKey(r.Key)
	if err != nil {
		t.Fatal(err)
	}
	trig, err := parseTrigger(r.TriggerID)
	if err != nil {
		t.Fatal(err)
	}
	if trig.client != r.Client || trig.user != r.User || trig.at.UnixMilli() != r.Millis {
		t.Errorf("read as %+v", trig)
	}
	if !trig.signedBy(key) {
		t.Error("the signature of the real server is not accepted")
	}
	trig.signed = strings.Replace(trig.signed, r.User, alice, 1)
	if trig.signedBy(key) {
		t.Error("a changed user is accepted")
	}
}

func TestVerifyTrigger(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	s := newServer(t)
	other := newServer(t)
	good := s.trigger(t, clientID, alice, now)
	plain, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		trigger, user string
		want          rules.Kind // "" is let through
	}{
		"good":                  {good, alice, ""},
		"almost five minutes":   {s.trigger(t, clientID, alice, now.Add(-maxAge)), alice, ""},
		"a clock behind":        {s.trigger(t, clientID, alice, now.Add(maxAge)), alice, ""},
		"too old":               {s.trigger(t, clientID, alice, now.Add(-maxAge-time.Millisecond)), alice, rules.Denied},
		"from the future":       {s.trigger(t, clientID, alice, now.Add(maxAge+time.Millisecond)), alice, rules.Denied},
		"another user":          {good, "gbpoya93zfg49mauid8nfz49br", rules.Denied},
		"another server":        {other.trigger(t, clientID, alice, now), alice, rules.Denied},
		"none":                  {"", alice, rules.Denied},
		"no base64":             {"!!!", alice, rules.Denied},
		"three fields":          {encode("a:b:c"), alice, rules.Denied},
		"no time":               {encode(clientID + ":" + alice + ":soon:AAAA"), alice, rules.Denied},
		"no signature":          {encode(clientID + ":" + alice + ":1795310069924:"), alice, rules.Denied},
		"a changed time":        {encode(strings.Replace(string(plain), ":17", ":27", 1)), alice, rules.Denied},
		"a changed client id":   {encode(strings.Replace(string(plain), clientID, strings.Repeat("a", 26), 1)), alice, rules.Denied},
		"a fifth field":         {encode(string(plain) + ":x"), alice, rules.Denied},
		"an empty client id":    {s.trigger(t, "", alice, now), alice, rules.Denied},
		"a very long one":       {strings.Repeat("QUFB", 1000), alice, rules.Denied},
		"a huge time":           {encode(clientID + ":" + alice + ":99999999999999999999:AAAA"), alice, rules.Denied},
		"a negative time":       {s.trigger(t, clientID, alice, time.UnixMilli(-1)), alice, rules.Denied},
		"a signature of zeroes": {encode(clientID + ":" + alice + ":1795310069924:" + encode("\x30\x06\x02\x01\x00\x02\x01\x00")), alice, rules.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMattermost(t, s.URL, "", func() time.Time { return now })
			key, err := m.verifyTrigger(t.Context(), form{triggerID: c.trigger, userID: c.user})
			switch {
			case c.want == "" && (err != nil || key != clientID):
				t.Errorf("refused: %q, %v", key, err)
			case c.want != "" && (err == nil || rules.KindOf(err) != c.want || key != ""):
				t.Errorf("got %q, %v; want %s", key, err, c.want)
			}
		})
	}
}

// newMattermost returns a server with or without a bot.
func newMattermost(t testing.TB, address, botToken string, now func() time.Time) *Mattermost {
	t.Helper()
	m, err := NewMattermost(address, func() string { return botToken }, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	s := newServer(t)
	m := newMattermost(t, s.URL, "", func() time.Time { return now })
	verify := func() error {
		_, err := m.verifyTrigger(t.Context(), form{triggerID: s.trigger(t, clientID, alice, now), userID: alice})
		return err
	}
	for range 3 {
		if err := verify(); err != nil {
			t.Fatal(err)
		}
	}
	if s.keyRequests() != 1 {
		t.Fatalf("the key was fetched %d times", s.keyRequests())
	}
	s.rotate(t)
	if err := verify(); rules.KindOf(err) != rules.Denied {
		t.Errorf("within the minute: %v", err)
	}
	if s.keyRequests() != 1 {
		t.Errorf("the key was fetched %d times within a minute", s.keyRequests())
	}
	now = now.Add(refetchAfter)
	if err := verify(); err != nil {
		t.Errorf("the new key was not fetched: %v", err)
	}
	if s.keyRequests() != 2 {
		t.Errorf("the key was fetched %d times", s.keyRequests())
	}
	s.rotate(t) // the server is down just when its key has changed
	s.mu.Lock()
	s.config = "gone"
	s.mu.Unlock()
	now = now.Add(refetchAfter)
	if err := verify(); rules.KindOf(err) != rules.Unavailable {
		t.Errorf("without an answer: %v", err)
	}
}

func TestNoSigningKey(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"no JSON":     `<html>`,
		"no key":      `{}`,
		"no base64":   `{"AsymmetricSigningPublicKey":"!"}`,
		"no PKIX":     `{"AsymmetricSigningPublicKey":"AAAA"}`,
		"endless":     `{"x":"` + strings.Repeat("x", 2<<20) + `","AsymmetricSigningPublicKey":"AAAA"}`,
		"other curve": `{"AsymmetricSigningPublicKey":"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			s := newServer(t)
			s.config = config
			m := newMattermost(t, s.URL, "", func() time.Time { return now })
			verify := func() error {
				_, err := m.verifyTrigger(t.Context(), form{triggerID: s.trigger(t, clientID, alice, now), userID: alice})
				return err
			}
			for range 2 {
				if err := verify(); rules.KindOf(err) != rules.Unavailable {
					t.Errorf("let through or denied: %v", err)
				}
			}
			if s.keyRequests() != 1 {
				t.Errorf("a server in trouble was asked %d times at once", s.keyRequests())
			}
			s.mu.Lock()
			s.config = ""
			s.mu.Unlock()
			now = now.Add(retryAfter)
			if err := verify(); err != nil {
				t.Errorf("the server is well again: %v", err)
			}
		})
	}
}

func FuzzTrigger(f *testing.F) {
	r := readRecorded(f)
	f.Add(r.TriggerID)
	f.Add(base64.StdEncoding.EncodeToString([]byte(clientID + ":" + alice + ":0:AAAA")))
	key, err := parseKey(r.Key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id string) {
		trig, err := parseTrigger(id)
		if err != nil {
			return
		}
		if trig.signedBy(key) && (trig.client != r.Client || trig.user != r.User || trig.at.UnixMilli() != r.Millis) {
			t.Errorf("forged: %+v", trig)
		}
	})
}
