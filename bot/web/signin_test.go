package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// Nobody sees anything before signing in, and everybody is shown how to.
func TestNothingWithoutSigningIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "disk-full")
	for _, path := range everyPage("disk-full") {
		r := s.get(path)
		if r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/sign-in") || strings.Contains(r.body, "disk-full") && !strings.Contains(path, "disk-full") {
			t.Errorf("%s: %d to %s: %s", path, r.status, r.header.Get("Location"), r.body)
		}
	}
	if r := s.do(http.MethodPost, "/console", url.Values{"text": {"delete disk-full"}}); r.status != http.StatusSeeOther || len(s.typed) > 0 {
		t.Errorf("the console answers %d", r.status)
	}
	if r := s.get("/sign-in"); r.status != http.StatusOK || !strings.Contains(r.body, "/alert web") || !strings.Contains(r.body, "alertsmith send web") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.get("/style.css"); r.status != http.StatusOK || r.header.Get("Content-Type") != "text/css; charset=utf-8" || s.get("/style.css", "If-None-Match", r.header.Get("ETag")).status != http.StatusNotModified {
		t.Errorf("%d %v", r.status, r.header)
	}
}

func TestTicket(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	enter := func(ticket string) reply {
		s.client = browser(t)
		return s.do(http.MethodPost, "/sign-in", url.Values{"ticket": {ticket}})
	}
	ticket := s.ticket("aiko")
	for range 3 { // a chat server looks at it first
		if r := s.get("/sign-in?ticket=" + ticket); r.status != http.StatusOK || !strings.Contains(r.body, "Sign in as <bdi>aiko</bdi>") || len(r.header["Set-Cookie"]) > 0 {
			t.Fatalf("%d %v %s", r.status, r.header, r.body)
		}
	}
	first := enter(ticket)
	cookies := (&http.Response{Header: first.header}).Cookies()
	if first.status != http.StatusSeeOther || first.header.Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("%d %v", first.status, first.header)
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 12*60*60 || c.Secure || c.Value == ticket {
		t.Errorf("%+v", c)
	}
	if r := s.get("/"); r.status != http.StatusOK || !strings.Contains(r.body, "<bdi>aiko</bdi>") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := enter(ticket); r.status != http.StatusForbidden || s.get("/").status != http.StatusSeeOther || !strings.Contains(r.body, "used already") {
		t.Errorf("the link signs in twice: %d", r.status)
	}
	for name, bad := range map[string]string{"none": "", "made up": "AAAAAAAAAAAAAAAAAAAAAAAAAA", "a session": cookies[0].Value} {
		if r := enter(bad); r.status != http.StatusForbidden || len(r.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", name, r.status, r.header)
		}
	}
	old := s.ticket("bob")
	s.now = s.now.Add(5 * time.Minute)
	if r := enter(old); r.status != http.StatusForbidden {
		t.Errorf("an old link: %d", r.status)
	}
	if diff := cmp.Diff([]string{"aiko"}, s.noted); diff != "" {
		t.Errorf("signed in (-want +got):\n%s", diff)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site){
		"after twelve hours":    func(s *site) { s.now = s.now.Add(12 * time.Hour) },
		"by signing out":        func(s *site) { s.do(http.MethodPost, "/sign-out", url.Values{}) },
		"by another allow-list": func(s *site) { s.admits = false },
		"with the service":      func(s *site) { s.pages.sessions = newPasses(sessionLife, time.Now) },
		"in another browser":    func(s *site) { s.client = browser(s.t) },
		"when its cookie changes": func(s *site) {
			s.client.Jar.SetCookies(mustParse(s.t, s.server.URL), []*http.Cookie{{Name: "alertsmith", Value: "x"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "x").signIn("aiko")
			if s.now = s.now.Add(12*time.Hour - time.Second); s.get("/").status != http.StatusOK {
				t.Fatal("signed out too early")
			}
			cookies := s.client.Jar.Cookies(mustParse(t, s.server.URL))
			end(s)
			if r := s.get("/"); r.status != http.StatusSeeOther {
				t.Errorf("still signed in: %d", r.status)
			}
			if name == "by signing out" { // and whoever kept the cookie is too
				s.client.Jar.SetCookies(mustParse(t, s.server.URL), cookies)
				if r := s.get("/"); r.status != http.StatusSeeOther {
					t.Errorf("the cookie still signs in: %d", r.status)
				}
			}
		})
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Over TLS the cookie is one that no plain connection sends or sets.
func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	s.pages.options.Secure = func(*http.Request) bool { return true }
	r := s.do(http.MethodPost, "/sign-in", url.Values{"ticket": {s.ticket("aiko")}})
	if cookie := r.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-alertsmith=") || !strings.Contains(cookie, "; Secure") {
		t.Errorf("%q", cookie)
	}
}

func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	s.basic = "ops"
	if r := s.get("/"); r.status != http.StatusOK || !strings.Contains(r.body, "<bdi>ops</bdi>") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := s.do(http.MethodPost, "/console", url.Values{"mark": {markOf(t, s)}, "key": {strings.Repeat("A", 26)}, "text": {"list"}}); r.status != http.StatusOK || s.typed[0].Actor.ID != "basic-ops" {
		t.Errorf("%d %+v", r.status, s.typed)
	}
}

// Whoever followed a link of the chat gets there behind the door, and nowhere else.
func TestWhereSigningInLeads(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/entry/r1?view=split": "/entry/r1?view=split", "/rule?name=a%2Fb": "/rule?name=a%2Fb",
		"//evil.example.org": "/", "https://evil.example.org/": "/", `/\evil.example.org`: "/", "javascript:alert(1)": "/", "/x\r\nSet-Cookie: a=b": "/",
		"evil": "/", "/sign-in?ticket=1": "/", "": "/", "///evil": "/", "/%5c%5cevil": "/", "\t//evil": "/",
	} {
		s := newSite(t, "x")
		s.get("/sign-in?" + url.Values{"next": {next}}.Encode())
		if r := s.do(http.MethodPost, "/sign-in", url.Values{"ticket": {s.ticket("aiko")}}); r.header.Get("Location") != want {
			t.Errorf("%q leads to %q, want %q", next, r.header.Get("Location"), want)
		}
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x").signIn("aiko")
	form := func() url.Values {
		return url.Values{"mark": {markOf(t, s)}, "key": {strings.Repeat("A", 26)}, "text": {"add x\r\n- alert: x"}}
	}
	if r := s.do(http.MethodPost, "/console", form()); r.status != http.StatusOK || !strings.Contains(r.body, "SUCCESS") {
		t.Errorf("%d %s", r.status, r.body)
	}
	sum := sha256.Sum256([]byte("add x\n- alert: x"))
	want := rules.Request{Key: "web-" + strings.Repeat("A", 26) + "-" + hex.EncodeToString(sum[:]), Actor: rules.Person{ID: "id-aiko", Name: "aiko"}, Remote: "127.0.0.1", Client: "Go-http-client/1.1",
		Command: "add x\n- alert: x"}
	if diff := cmp.Diff([]rules.Request{want}, s.typed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other := form()
	other.Set("text", "add y")
	if s.do(http.MethodPost, "/console", form()); s.typed[1].Key != want.Key {
		t.Error("a form that was sent twice has two keys")
	}
	if s.do(http.MethodPost, "/console", other); s.typed[2].Key == want.Key {
		t.Error("another command has the key of the one before")
	}
	good := form()
	cookie := s.client.Jar.Cookies(mustParse(t, s.server.URL))[0].String()
	for name, tc := range map[string]struct {
		change  func(url.Values)
		headers []string
		status  int
	}{
		"another person's mark":   {func(v url.Values) { v.Set("mark", s.pages.mark(rules.Request{Actor: rules.Person{ID: "id-bob"}})) }, nil, 403},
		"no mark":                 {func(v url.Values) { v.Del("mark") }, nil, 403},
		"no key":                  {func(v url.Values) { v.Del("key") }, nil, 403},
		"a key of one's own":      {func(v url.Values) { v.Set("key", "x\nActor: y") }, nil, 403},
		"a form of another site":  {nil, []string{"Origin", "https://evil.example.org"}, 403},
		"one that a browser says": {nil, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another site's name":     {nil, []string{"Host", "evil.example.org"}, 403},
		"this machine's name":     {nil, []string{"Host", "LOCALHOST:9595"}, 200},
		"its address":             {nil, []string{"Host", "[::1]:9595"}, 200},
		"through a proxy":         {nil, []string{"X-Forwarded-For", "192.0.2.1"}, 403},
		"through another":         {nil, []string{"Forwarded", "for=192.0.2.1"}, 403},
	} {
		v := url.Values{}
		for key := range good {
			v.Set(key, good.Get(key))
		}
		if tc.change != nil {
			tc.change(v)
		}
		before := len(s.typed)
		if r := s.do(http.MethodPost, "/console", v, append(tc.headers, "Cookie", cookie)...); r.status != tc.status || (len(s.typed) > before) != (tc.status == 200) {
			t.Errorf("%s: %d, and %d commands", name, r.status, len(s.typed)-before)
		}
	}
	s.console = false
	if r := s.do(http.MethodPost, "/console", good); r.status != http.StatusNotFound || s.get("/console").status != http.StatusNotFound || strings.Contains(s.get("/").body, "/console") {
		t.Errorf("where commands are given in the chat: %d", r.status)
	}
}
