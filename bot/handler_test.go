package bot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// recordedRequest reads a whole request as a real server (5.36.1) sent it.
func recordedRequest(t *testing.T, path string) *http.Request {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("SKIPPED: the recorded requests are not beside this repository: %v", err)
	}
	t.Cleanup(func() { file.Close() })
	r, err := http.ReadRequest(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"testdata", "../../shared/mattermost"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			post := func(allowGET bool, file string) (*chat, *httptest.ResponseRecorder) {
				c := newChat(t, func(c *chat) {
					c.access.AllowGET = allowGET
					c.access.Tokens = []string{goodToken, "1ni6tc7br7nppx7zehfumiqwze"}
				})
				w := httptest.NewRecorder()
				c.handler.ServeHTTP(w, recordedRequest(t, filepath.Join(dir, file)))
				return c, w
			}
			c, w := post(false, "command-post.http")
			if got := decode(t, w); !strings.Contains(got.Text, "@bob @carol") || got.ResponseType != "ephemeral" {
				t.Errorf("got %+v", got)
			}
			r := c.last().Request
			if r.Command != `create "cpu > 90%" for=5m @bob @carol @nobody ~alerts ~sre-private #tag` || r.Actor.ID != alice || r.Actor.Name != "alice" ||
				r.Channel != (rules.Place{ID: channelID, Name: "alerts"}) || r.Team != (rules.Place{ID: teamID, Name: "ops"}) || r.Entry != "chat" {
				t.Errorf("recorded %+v", r)
			}
			if _, w := post(false, "command-get.http"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
				t.Errorf("GET is answered %d", w.Code)
			}
			c, w = post(true, "command-get.http")
			if got := decode(t, w); !strings.Contains(got.Text, "/alertget foo") || c.last().Request.Command != "foo" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	formType := "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		method, contentType, header, body string
		want                              int
	}{
		"good":                      {"POST", formType, "", "token=" + goodToken + "&user_id=u", 200},
		"good with charset":         {"POST", formType + "; charset=utf-8", "", "token=" + goodToken + "&user_id=u", 200},
		"header only":               {"POST", formType, "Token " + goodToken, "user_id=u", 200},
		"both":                      {"POST", formType, "token " + goodToken, "token=" + goodToken + "&user_id=u", 200},
		"the second token":          {"POST", formType, "Token another", "user_id=u", 200},
		"a proxy's header":          {"POST", formType, "Basic eDp5", "token=" + goodToken + "&user_id=u", 200},
		"wrong header":              {"POST", formType, "Token wrong", "token=" + goodToken + "&user_id=u", 401},
		"wrong form":                {"POST", formType, "Token " + goodToken, "token=wrong&user_id=u", 401},
		"no token":                  {"POST", formType, "", "user_id=u", 401},
		"empty token":               {"POST", formType, "Token ", "token=&user_id=u", 401},
		"half a token":              {"POST", formType, "", "token=" + goodToken[:10] + "&user_id=u", 401},
		"a longer token":            {"POST", formType, "", "token=" + goodToken + "x&user_id=u", 401},
		"another case":              {"POST", formType, "", "token=" + strings.ToUpper(goodToken) + "&user_id=u", 401},
		"no user":                   {"POST", formType, "", "token=" + goodToken, 400},
		"GET":                       {"GET", formType, "Token " + goodToken, "", 405},
		"PUT":                       {"PUT", formType, "Token " + goodToken, "user_id=u", 405},
		"HEAD":                      {"HEAD", formType, "Token " + goodToken, "", 405},
		"JSON":                      {"POST", "application/json", "Token " + goodToken, "{}", 415},
		"multipart":                 {"POST", "multipart/form-data; boundary=x", "Token " + goodToken, "--x--", 415},
		"no type":                   {"POST", "", "Token " + goodToken, "user_id=u", 415},
		"malformed":                 {"POST", formType, "Token " + goodToken, "user_id=%zz", 400},
		"too large":                 {"POST", formType, "Token wrong", "text=" + strings.Repeat("x", maxBody), 413},
		"just not too large":        {"POST", formType, "Token wrong", strings.Repeat("x", maxBody), 401},
		"a million empty fields":    {"POST", formType, "Token wrong", strings.Repeat("&", maxBody), 400},
		"the token in the URL only": {"POST", formType, "", "user_id=u", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chat := newChat(t, nil)
			r := httptest.NewRequest(c.method, "/mattermost/command?token="+goodToken+"&user_id=u", strings.NewReader(c.body))
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			w := httptest.NewRecorder()
			chat.handler.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("answered %d: %s", w.Code, w.Body)
			}
			if n := len(chat.journal.all()); (n > 0) != (c.want == 200) {
				t.Errorf("%d records in the journal", n)
			}
			if c.want != 200 && strings.TrimSpace(w.Body.String()) != http.StatusText(c.want) {
				t.Errorf("the refusal says why: %s", w.Body)
			}
		})
	}
}

func TestNoTokensAtAll(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) {
		c.access = Access{Tokens: []string{""}}
	})
	for _, token := range []string{"", "x"} {
		if w := c.post(url.Values{"token": {token}, "user_id": {"u"}}); w.Code != http.StatusUnauthorized {
			t.Errorf("token %q is answered %d", token, w.Code)
		}
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Access)
		want   rules.Result
	}{
		"all of them": {func(a *Access) {
			a.Teams, a.Channels, a.Users = []string{"x", teamID}, []string{channelID}, []string{alice}
		}, rules.Success},
		"another team":    {func(a *Access) { a.Teams = []string{"x"} }, rules.DeniedResult},
		"another channel": {func(a *Access) { a.Channels = []string{"alerts"} }, rules.DeniedResult},
		"another user":    {func(a *Access) { a.Users = []string{"alice"} }, rules.DeniedResult},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chat := newChat(t, func(chat *chat) { c.change(&chat.access) })
			if got := chat.say("add x expr=up"); chat.last().Outcome.Result != c.want || got.ResponseType == "in_channel" != (c.want == rules.Success) {
				t.Errorf("%s: %+v", chat.last().Outcome.Result, got)
			}
			if c.want == rules.DeniedResult && len(chat.store.Commits()) > 0 {
				t.Error("it was done all the same")
			}
			if chat.last().Action != "add" {
				t.Errorf("recorded as %q", chat.last().Action)
			}
		})
	}
}

func TestTriggerIsRequired(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newChat(t, func(c *chat) { c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now }) })
	if got := c.say("add x expr=up"); c.last().Outcome.Result != rules.DeniedResult || !strings.HasPrefix(got.Text, "Not accepted") {
		t.Errorf("without a trigger id: %+v", got)
	}
	c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
	if got := c.say("add x expr=up"); got.ResponseType != "in_channel" || c.last().Request.Key != clientID {
		t.Errorf("with one: %+v, key %q", got, c.last().Request.Key)
	}
	c.fields.Del("trigger_id")
	c.fields.Set("token", cliToken)
	if got := c.say("add y expr=up"); got.ResponseType != "in_channel" || c.last().Request.Entry != "cli" || c.last().Request.Key != "" {
		t.Errorf("from the command line: %+v", got)
	}
	if n := len(c.store.Commits()); n != 2 {
		t.Errorf("%d commits", n)
	}
}

func TestSameRequestTwice(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	c := newChat(t, func(c *chat) {
		c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now })
		apply := c.backend.Apply
		c.backend.Apply = func(ctx context.Context, r rules.Request, i rules.Intent) rules.Outcome {
			entered <- struct{}{}
			<-release
			return apply(ctx, r, i)
		}
	})
	c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
	first := make(chan answered)
	go func() { first <- c.say("add x expr=up") }()
	<-entered
	if got := c.say("add x expr=up"); !strings.HasPrefix(got.Text, "This request is being worked on already") {
		t.Errorf("at once: %+v", got)
	}
	close(release)
	done := <-first
	if again := c.say("add x expr=up"); !strings.HasPrefix(again.Text, done.Text) || again.Text == done.Text || again.ResponseType != "in_channel" {
		t.Errorf("afterwards: %+v", again)
	}
	if n := len(c.store.Commits()); n != 1 {
		t.Errorf("%d commits", n)
	}
}

func TestLateAnswer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release := make(chan struct{})
	c := newChat(t, func(c *chat) {
		c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now })
		c.options.AckAfter = time.Millisecond
		apply := c.backend.Apply
		c.backend.Apply = func(ctx context.Context, r rules.Request, i rules.Intent) rules.Outcome {
			<-release
			return apply(ctx, r, i)
		}
	})
	c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
	if got := c.say("add x expr=up"); got.Text != "Working on it (request `request0000000000000000001`)." || got.ResponseType != "ephemeral" {
		t.Errorf("got %+v", got)
	}
	close(release)
	c.wait()
	want := "/hooks/commands/" + goodHook + ` {"response_type":"in_channel","text":"**x** added by alice`
	if got := s.heard(t); !strings.HasPrefix(got, want) {
		t.Errorf("told %s", got)
	}
	if c.last().Outcome.State != rules.Live {
		t.Errorf("recorded %+v", c.last())
	}
}

func TestLateAnswerFails(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.status = 500
	release := make(chan struct{})
	c := newChat(t, func(c *chat) {
		c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now })
		c.options.AckAfter = time.Millisecond
		c.backend.Status = func(context.Context) rules.Status { <-release; return rules.Status{} }
	})
	c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
	c.say("status")
	close(release)
	c.wait()
	if log := c.log.String(); !strings.Contains(log, "late answer not delivered") || strings.Contains(log, goodHook) {
		t.Errorf("logged %s", log)
	}
}

// When Mattermost hangs up, the change still ends well, and its author hears of it.
func TestHangUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release, entered := make(chan struct{}), make(chan struct{})
	c := newChat(t, func(c *chat) {
		c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now })
		c.options.AckAfter = time.Hour
		apply := c.backend.Apply
		c.backend.Apply = func(ctx context.Context, r rules.Request, i rules.Intent) rules.Outcome {
			close(entered)
			<-release
			if err := ctx.Err(); err != nil {
				t.Errorf("the work was cancelled: %v", err)
			}
			return apply(ctx, r, i)
		}
	})
	c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
	noticed := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.handler.ServeHTTP(w, r)
		close(noticed)
	}))
	defer web.Close()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, web.URL, strings.NewReader(c.form("add x expr=up").Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			var response *http.Response
			if response, err = http.DefaultClient.Do(r); err == nil {
				response.Body.Close()
			}
		}
		gone <- err
	}()
	<-entered
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client got an answer: %v", err)
	}
	<-noticed
	if !waits(t, c.handler) {
		t.Error("Wait does not wait for the command")
	}
	close(release)
	c.wait()
	if c.last().Outcome.State != rules.Live || len(c.store.Commits()) != 1 {
		t.Errorf("recorded %+v", c.last())
	}
	if got := s.heard(t); !strings.Contains(got, "added by alice") {
		t.Errorf("told %s", got)
	}
}

// waits reports whether Wait gives up with its context.
func waits(t *testing.T, h *Handler) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return errors.Is(h.Wait(ctx), context.Canceled)
}

// With no way to answer later, the answer is waited for as long as Mattermost waits.
func TestNoLateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seconds, want := range map[int]string{24: "Rulebook", 26: "Working on it"} {
			c := newChat(t, func(c *chat) {
				c.backend.Status = func(context.Context) rules.Status {
					time.Sleep(time.Duration(seconds) * time.Second) // in the bubble's time
					return rules.Status{}
				}
			})
			if got := c.say("status"); !strings.Contains(got.Text, want) {
				t.Errorf("after %d s: %+v", seconds, got)
			}
			c.wait()
		}
	})
}

// A terminal, which cannot be told later, waits until the command has ended or is long past its deadline.
func TestLongestAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for past, want := range map[time.Duration]string{-time.Second: "Rulebook", time.Second: "Working on it"} {
			var longest time.Duration
			c := newChat(t, func(c *chat) {
				c.options.Deadline = time.Minute
				c.backend.Status = func(context.Context) rules.Status {
					time.Sleep(longest + past) // in the bubble's time
					return rules.Status{}
				}
			})
			c.fields.Set("token", cliToken)
			longest = c.handler.LongestAnswer()
			start := time.Now()
			if got := c.say("status"); !strings.Contains(got.Text, want) || time.Since(start) > longest {
				t.Errorf("after %v: %+v", time.Since(start), got)
			}
			c.wait()
		}
	})
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t, func(c *chat) {
			c.options.Deadline = 3 * time.Second
			c.backend.Book = func(ctx context.Context) (*rules.Book, error) {
				<-ctx.Done()
				return nil, &rules.Error{Kind: rules.Unavailable, Text: "The rulebook is too slow.", Cause: ctx.Err()}
			}
		})
		if got := c.say("list"); got.Text != "The rulebook is too slow." || c.last().Outcome.Result != rules.Failed {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	c := newChat(t, func(c *chat) {
		c.options.InFlight = 2
		apply := c.backend.Apply
		c.backend.Apply = func(ctx context.Context, r rules.Request, i rules.Intent) rules.Outcome {
			entered <- struct{}{}
			<-release
			return apply(ctx, r, i)
		}
	})
	var clients sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		clients.Go(func() { c.say("add " + name + " expr=up") })
	}
	<-entered
	<-entered
	want := "Nothing was changed: too many changes are being worked on. Try again in a moment."
	if got := c.say("add c expr=up"); got.Text != want || c.last().Outcome.Result != rules.Failed {
		t.Errorf("got %+v", got)
	}
	for _, text := range []string{"status", "list", "help"} { // these never wait for a ruler
		if got := c.say(text); c.last().Outcome.Result != rules.Success {
			t.Errorf("%s: %+v", text, got)
		}
	}
	close(release)
	clients.Wait()
	if got := c.say("add c expr=up"); !strings.Contains(got.Text, "added by alice") {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) {
		c.backend.Status = func(context.Context) rules.Status { panic("password=hunter2-CANARY") }
	})
	got := c.say("status")
	want := "An internal error, under the request request0000000000000000001. The command status and the rulebook say what was done."
	if got.Text != want || c.last().Outcome.Result != rules.Failed || c.last().Done.IsZero() {
		t.Errorf("got %+v, recorded %+v", got, c.last())
	}
	log := c.log.String()
	if strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "handler_test.go") || strings.Contains(log+got.Text, "CANARY") {
		t.Errorf("logged %s", log)
	}
	if got := c.say("list"); c.last().Outcome.Result != rules.Success {
		t.Errorf("the next command fails: %+v", got)
	}
}

// A panic outside of a command's own code does not end the service either, and what it says is no lie after a commit.
func TestPanicElsewhere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, change := range map[string]func(*chat){
		"the trigger": func(c *chat) {
			c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { panic("the clock") })
		},
		"receiving": func(c *chat) { c.journal.onReceive = func() { panic("the disk") } },
		"the error's text": func(c *chat) {
			c.backend.Book = func(context.Context) (*rules.Book, error) { return nil, panicking{} }
		},
		"the record": func(c *chat) { c.journal.onFinish = func() { panic("the disk") } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			observed, answered := 0, 0
			c := newChat(t, func(c *chat) {
				change(c)
				c.options.Answered = func(string) { answered++ }
				c.options.Observe = func(_ string, result rules.Result, _ time.Duration) {
					if result == rules.Failed {
						observed++
					}
				}
			})
			c.fields.Set("trigger_id", s.trigger(t, clientID, alice, c.now))
			c.fields.Set("response_url", "")
			text := "list"
			if name == "the record" {
				text = "add x expr=up"
			}
			got := c.say(text)
			if !strings.HasPrefix(got.Text, "An internal error, under the request request") || got.ResponseType != "ephemeral" || observed != 1 {
				t.Errorf("%d failures observed; got %+v", observed, got)
			}
			if log := c.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "handler_test.go") {
				t.Errorf("logged %s", log)
			}
			c.wait()
			if received := map[bool]int{true: 1}[name == "the error's text" || name == "the record"]; answered != received {
				t.Errorf("%d commands were answered, want %d", answered, received)
			}
		})
	}
}

// panicking is an error that cannot be looked at.
type panicking struct{}

func (panicking) Error() string { panic("no text") }
func (panicking) Unwrap() error { panic("no cause") }

func TestJournalFails(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		c := newChat(t, func(c *chat) { c.journal.receiveErr = errors.New("disk full") })
		if got := c.say("add x expr=up"); !strings.HasPrefix(got.Text, "Not accepted: the journal") || len(c.store.Commits()) > 0 {
			t.Errorf("got %+v", got)
		}
		if !strings.Contains(c.log.String(), "disk full") {
			t.Errorf("logged %s", c.log)
		}
	})
	t.Run("after", func(t *testing.T) {
		t.Parallel()
		c := newChat(t, func(c *chat) { c.journal.finErr = errors.New("disk full") })
		got := c.say("add x expr=up")
		if !strings.Contains(got.Text, "added by alice") || !strings.HasSuffix(got.Text, "The journal could not be written: this is not in it.") {
			t.Errorf("got %+v", got)
		}
		if !strings.Contains(c.log.String(), "disk full") {
			t.Errorf("logged %s", c.log)
		}
	})
}

// A reload changes who may do what, and one handler lives through it: the commands that it works on count on.
func TestAccessChanges(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.say("list")
	c.access = Access{Tokens: []string{"new"}}
	if w := c.post(c.form("list")); w.Code != http.StatusUnauthorized {
		t.Errorf("the old token is answered %d", w.Code)
	}
	c.fields.Set("token", "new")
	c.say("list")
	c.access.Users = []string{"bob"}
	if c.say("list"); c.last().Outcome.Result != rules.DeniedResult {
		t.Errorf("the new list of people is not in force: %+v", c.last())
	}
}

// A command is recorded and logged once, without the secrets and, in the log, without the text.
func TestRecordAndLog(t *testing.T) {
	t.Parallel()
	type observed struct {
		command string
		result  rules.Result
	}
	var seen []observed
	c := newChat(t, func(c *chat) {
		c.options.Observe = func(command string, result rules.Result, _ time.Duration) {
			seen = append(seen, observed{command, result})
		}
	})
	apply := c.handler.backend.Apply
	c.handler.backend.Apply = func(ctx context.Context, r rules.Request, i rules.Intent) rules.Outcome {
		out := apply(ctx, r, i)
		if out.Revision != "" {
			out.Reason = "secret: hunter2-CANARY" // as a ruler could quote it
		}
		return out
	}
	if got := c.say(`add x expr=up summary="password=hunter2-CANARY" reason="password=hunter2-CANARY"`); strings.Contains(got.Text, "CANARY") {
		t.Errorf("the channel reads %s", got.Text)
	}
	c.say(`add x expr='up{ token="s3cret-CANARY"' foo`)
	c.say("nonsense password=hunter2-CANARY")
	want := []observed{{"add", rules.Success}, {"add", rules.ValidationError}, {"unknown", rules.ValidationError}}
	if len(seen) != len(want) || seen[0] != want[0] || seen[1] != want[1] || seen[2] != want[2] {
		t.Errorf("observed %v", seen)
	}
	records := c.journal.all()
	if len(records) != 3 || records[0].Action != "add" || !records[0].InChannel || records[2].Action != "" || records[0].Outcome.Revision == "" {
		t.Errorf("recorded %+v", records)
	}
	for _, r := range records {
		text := r.Request.Command + r.Reply
		if r.Outcome.Err != nil {
			text += r.Outcome.Err.Error()
		}
		if strings.Contains(text+r.Outcome.Diff+r.Outcome.Reason, "CANARY") {
			t.Errorf("the journal has a secret: %+v", r)
		}
	}
	commits := c.store.Commits()
	if len(commits) != 1 {
		t.Fatalf("%d commits", len(commits))
	}
	public := commits[0] // all that stands in Git beside the rules themselves
	maps.DeleteFunc(public.Files, func(path string, _ []byte) bool { return strings.HasSuffix(path, ".yaml") })
	if len(public.Files) != 1 {
		t.Errorf("committed %q", public.Files)
	}
	if shown := fmt.Sprintf("%+q", public); strings.Contains(shown, "CANARY") || !strings.Contains(public.Body, `reason="password=***`) ||
		!strings.HasSuffix(public.Body, "Reason: password=***") || !strings.Contains(string(public.Files["journal/page.md"]), "password=***") {
		t.Errorf("committed %s", shown)
	}
	log := c.log.String()
	if strings.Count(log, "msg=command") != 3 || strings.Contains(log, "CANARY") || strings.Contains(log, "nonsense") {
		t.Errorf("logged %s", log)
	}
}

func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	body := c.form("").Encode() + "&x=" // the server cuts a byte of `/alert<NBSP>list`, which leaves `\xa0list`
	body = strings.Replace(body, "text=", "text=%A0list", 1)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if decode(t, w); c.last().Action != "list" || c.last().Request.Command != "list" {
		t.Errorf("recorded %+v", c.last())
	}
}

func TestTooLongCommand(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	if got := c.say(strings.Repeat("漢", maxText/3+1)); !strings.HasPrefix(got.Text, "The command is 98307 bytes long") || c.last().Outcome.Result != rules.ValidationError {
		t.Errorf("got %+v", got)
	}
	if n := len(c.last().Request.Command); n > maxText {
		t.Errorf("%d bytes are recorded", n)
	}
}

func TestEndlessBody(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/", endless{})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d", w.Code)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

var _ io.Reader = endless{}

func TestNewID(t *testing.T) {
	t.Parallel()
	a, b := newID(), newID()
	if a == b || !rules.IsMattermostID(a) {
		t.Errorf("%q, %q", a, b)
	}
}
