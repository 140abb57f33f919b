package ruler_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/prometheus/common/config"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

const canary = "s3cr3t-canary"

// answers are what no real ruler can be made to answer on demand.
var answers = map[string]http.HandlerFunc{
	"hanging":                 func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"hanging inside the body": hangInside,
	"an endless body":         endless,
	"a broken connection":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"502":                     status(http.StatusBadGateway, "<html>bad gateway</html>"),
	"503":                     status(http.StatusServiceUnavailable, "Service Unavailable"),
	"504":                     status(http.StatusGatewayTimeout, ""),
	"401":                     status(http.StatusUnauthorized, "no org id"),
	"403 of somebody between": status(http.StatusForbidden, "go away"),
	"404":                     status(http.StatusNotFound, "404 page not found"),
	"418":                     status(http.StatusTeapot, "short and stout"),
	"hostile text":            status(http.StatusBadGateway, "\x1b[31m@channel\u202e\r\n\x00 https://user:"+canary+"@host/ "+strings.Repeat("x", 1<<20)),
	"a redirect": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://user:"+canary+"@sso.example/?token="+canary, http.StatusFound)
	},
	"a redirect to the same path": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	},
}

// lies are answers of status 200 that are no rules.
var lies = map[string]string{
	"nothing":         "",
	"a web page":      "<html>welcome</html>",
	"an empty object": "{}",
	"an error":        `{"status":"error","error":"busy"}`,
	"half of it":      `{"status":"success","data":{"groups":[{"name":"a"`,
	"wrong types":     `{"status":"success","data":{"groups":{"name":7}}}`,
	"a wrong time":    `{"status":"success","data":{"groups":[{"rules":[{"lastEvaluation":"yesterday"}]}]}}`,
	"nested deeply":   strings.Repeat("[", 100_000),
}

// kinds are the three adapters.
var kinds = map[string]ruler.Config{
	"prometheus": {Kind: "prometheus", RulesDir: "files"},
	"loki files": {Kind: "loki", RulesDir: "files"},
	"loki API":   {Kind: "loki"},
}

func TestAnswersNoRulerGives(t *testing.T) {
	t.Parallel()
	for kind, cfg := range kinds {
		for name, answer := range answers {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				hasty := cfg
				hasty.Timeout, hasty.ReloadTimeout = time.Second, time.Second // some never answer
				r := against(t, hasty, answer)
				start := time.Now()
				for what, err := range map[string]error{"publish": publish(t, r), "reload": r.Reload(t.Context()), "running": running(t, r)} {
					if err == nil {
						if what == "running" || kind != "loki API" && what == "reload" || kind == "loki API" && what == "publish" {
							t.Errorf("%s: no error", what)
						}
						continue
					}
					if rules.KindOf(err) != rules.Unreachable {
						t.Errorf("%s: kind %s, want unreachable: %v", what, rules.KindOf(err), err)
					}
					assertSayable(t, err)
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %s", took)
				}
			})
		}
	}
}

func TestLies(t *testing.T) {
	t.Parallel()
	for kind, cfg := range kinds {
		for name, body := range lies {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				err := running(t, against(t, cfg, status(http.StatusOK, body)))
				if err == nil || rules.KindOf(err) != rules.Unreachable {
					t.Errorf("%v, want kind unreachable", err)
				}
			})
		}
	}
}

// TestReloadWithoutEffect is a ruler that answers 200 and loads nothing: the adapter believes what is listed.
func TestReloadWithoutEffect(t *testing.T) {
	t.Parallel()
	r := against(t, kinds["prometheus"], status(http.StatusOK, `{"status":"success","data":{"groups":[]}}`))
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rules, err := r.Running(t.Context()); err != nil || len(rules) != 0 {
		t.Errorf("running %v, %v", rules, err)
	}
}

func TestReloadKinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg    ruler.Config
		status int
		body   string
		kind   rules.Kind
		text   string
	}{
		"prometheus takes no order":  {kinds["prometheus"], 403, "Lifecycle API is not enabled.", rules.ReloadOff, "--web.enable-lifecycle"},
		"prometheus refuses":         {kinds["prometheus"], 500, "failed to reload config: x", rules.Refused, "log"},
		"loki refuses":               {kinds["loki files"], 400, "error parsing /rules/fake/a.yaml: x", rules.Refused, "error parsing /rules/fake/a.yaml: x"},
		"loki fails":                 {kinds["loki files"], 500, "x", rules.Unreachable, "500"},
		"loki has no rules":          {kinds["loki files"], 404, "no rule groups found", "", ""},
		"loki has its rule API off":  {kinds["loki files"], 404, "404 page not found", rules.Unreachable, "enable_api"},
		"loki API has nothing to do": {kinds["loki API"], 500, "x", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := against(t, test.cfg, status(test.status, test.body)).Reload(t.Context())
			if test.kind == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || rules.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%v, want kind %s and %q", err, test.kind, test.text)
			}
		})
	}
}

// TestCredentialsStay asserts that what a ruler is told in confidence reaches it, and no other host and no error.
func TestCredentialsStay(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for kind, cfg := range kinds {
		for name, follow := range map[string]bool{"told not to follow redirects": false, "told to follow redirects": true} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				cfg := cfg // both names of a kind run beside each other
				cfg.Tenant = "team-a"
				cfg.HTTP = &config.HTTPClientConfig{
					Authorization:   &config.Authorization{Type: "Bearer", Credentials: canary},
					HTTPHeaders:     &config.Headers{Headers: map[string]config.Header{"X-Key": {Secrets: []config.Secret{canary}}}},
					FollowRedirects: follow,
				}
				var asked atomic.Int64
				r := against(t, cfg, func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					if r.Header.Get("Authorization") != "Bearer "+canary || r.Header.Get("X-Key") != canary || r.Header.Get("X-Scope-OrgID") != "team-a" {
						t.Errorf("asked without its credentials: %v", r.Header)
					}
					http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
				})
				for _, err := range []error{publish(t, r), r.Reload(t.Context()), running(t, r)} {
					if err != nil {
						assertSayable(t, err)
					}
				}
				if asked.Load() == 0 {
					t.Error("the ruler was not asked at all")
				}
			})
		}
	}
	t.Cleanup(func() {
		if elsewhere.Load() != 0 {
			t.Errorf("a redirect was followed %d times", elsewhere.Load())
		}
	})
}

func TestPasswordInURLStaysOutOfErrors(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"refused":  "http://" + canary + ":" + canary + "@127.0.0.1:1",
		"unknown":  "http://" + canary + "@no-such-host.invalid",
		"not http": "ftp://" + canary + "@127.0.0.1",
		"no URL":   "http://u:" + canary + "@[",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := ruler.New(ruler.Config{Kind: "prometheus", Name: "p", URL: url, RulesDir: t.TempDir(), StateDir: t.TempDir(), Timeout: 5 * time.Second})
			if err == nil {
				err = running(t, r)
			}
			if err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%v: no error, or one with the password", err)
			}
		})
	}
}

func TestFieldsOfHostileRules(t *testing.T) {
	t.Parallel()
	body := `{"status":"success","data":{"groups":[{"name":"g","file":"/x/../y","interval":1e300,"rules":[
		{"type":"alerting","name":"a","query":"q","duration":-5,"keepFiringFor":1e-9,"labels":null,"alerts":[{},{"x":1}],"health":"err","lastError":"a\u0000\u001b[1m\nb","lastEvaluation":"0001-01-01T00:00:00Z","state":"firing"},
		{"type":"recording","name":"r","unknown":{"deep":[1]}}]}]}}`
	running, err := against(t, kinds["prometheus"], status(http.StatusOK, body)).Running(t.Context())
	if err != nil || len(running) != 2 {
		t.Fatalf("%v, %v", running, err)
	}
	alert, record := running[0], running[1]
	if alert.Path != "" || alert.Interval < 0 || alert.Rule.For != 0 || alert.Active != 2 || !alert.LastEvaluation.IsZero() || alert.LastError != "a[1m b" || alert.Rule.Alert != "a" {
		t.Errorf("%+v", alert)
	}
	if record.Rule.Record != "r" || record.Rule.Alert != "" {
		t.Errorf("%+v", record)
	}
}

// against returns a ruler whose program answers like that.
func against(t *testing.T, cfg ruler.Config, answer http.HandlerFunc) rules.Ruler {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	if cfg.RulesDir != "" {
		cfg.RulesDir = t.TempDir()
	}
	cfg.Name, cfg.StateDir = "ruler-1", t.TempDir()
	cfg.URL = strings.Replace(server.URL, "://", "://user:"+canary+"@", 1)
	cfg.Logger = slog.New(slog.DiscardHandler)
	return open(t, cfg)
}

func publish(t *testing.T, r rules.Ruler) error {
	_, err := r.Publish(t.Context(), []rules.RuleFile{{Path: "ops/a.yaml", Content: []byte("groups: [{name: a, rules: []}]")}})
	return err
}

func running(t *testing.T, r rules.Ruler) error {
	_, err := r.Running(t.Context())
	return err
}

// assertSayable asserts that an error's text can be shown to a person as it is.
func assertSayable(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if strings.Contains(text, canary) {
		t.Errorf("a secret in the error: %.300s", text)
	}
	if !strings.HasPrefix(text, "ruler-1 ") {
		t.Errorf("the error does not name the ruler: %.300s", text)
	}
	if len(text) > 8000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%d bytes, or not printable: %.300q", len(text), text)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func hangInside(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, `{"status":"success",`)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func endless(w http.ResponseWriter, _ *http.Request) {
	block := []byte(strings.Repeat(" ", 1<<16))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}
