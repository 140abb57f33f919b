package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// What the tests' requests carry.
const (
	goodToken = "8hzjkq5yctdfuruxjdhio4mhqh"
	cliToken  = "cli4kq5yctdfuruxjdhio4mhqh"
	alice     = "nn6w966eo3yjbbefhizipwt8xc"
	channelID = "nzgdcgr54id73fiogs1zc3yigr"
	teamID    = "ct7jski547gaxfjnydo53wtroa"
	hookURL   = "http://127.0.0.1:8065/hooks/commands/34kgcuutri8pmk9a4hc75nxckh"
)

// chat is a handler over the real applier, with a rulebook, two rulers and a journal in memory.
type chat struct {
	t       testing.TB
	handler *Handler
	backend Backend
	applier *rules.Applier
	store   *rulestest.Store
	loki    *rulestest.Ruler
	journal *memoryJournal
	log     *bytes.Buffer
	options Options
	access  Access
	now     time.Time
	fields  url.Values // set on every request beside the usual
}

// newChat returns a chat; change, which may be nil, sees it before its handler is made.
func newChat(t testing.TB, change func(*chat)) *chat {
	t.Helper()
	c := &chat{
		t: t, store: &rulestest.Store{}, journal: &memoryJournal{}, log: &bytes.Buffer{}, fields: url.Values{},
		loki: rulestest.NewRuler(rules.RulerInfo{Name: "loki", Dialect: expr.LogQL, Dir: "loki"}),
		now:  time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
	}
	begun, began := time.Now(), c.now
	c.applier = rules.NewApplier(rules.ApplierOptions{
		Store:  c.store,
		Rulers: []rules.Ruler{rulestest.NewRuler(rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}), c.loki},
		Page: func(_ rules.Tree, e rules.PageEntry) (string, []byte, error) {
			return "journal/page.md", fmt.Appendln(nil, e.Request.ID, e.Request.Command, e.Change.Subject, e.Change.Reason), nil
		},
		Service: rules.Person{Name: "Alertsmith"}, LiveTimeout: 20 * time.Second, PollInterval: time.Millisecond,
		Now:    func() time.Time { return began.Add(time.Since(begun)) }, // the chat's day, whatever day it is: what ends a month later is not over
		Lint:   newWords,
		Logger: slog.New(slog.DiscardHandler),
	})
	c.backend = Backend{Apply: c.applier.Apply, Draft: c.applier.Draft, Recorded: c.journal.recorded, Book: c.applier.Book, Status: c.applier.Status}
	c.backend.Templates = c.templates
	c.backend.SignIn = func(_ context.Context, r rules.Request) (string, error) {
		return "https://alerts.example.org/sign-in?ticket=" + r.Actor.Name + "-ticket", nil
	}
	c.backend.Lint, c.backend.Checks = findWord, []string{"loud", "quiet"}
	c.tell()
	var ids atomic.Int64
	c.access = Access{Tokens: []string{"another", goodToken}, CLITokens: []string{cliToken}}
	c.options = Options{
		Access:   func() Access { return c.access },
		Now:      func() time.Time { return c.now },
		NewID:    func() string { return fmt.Sprintf("request%019d", ids.Add(1)) },
		Logger:   slog.New(slog.NewTextHandler(c.log, nil)),
		AckAfter: time.Hour, // the answer of a slow machine is one as well
	}
	if change != nil {
		change(c)
	}
	c.handler = New(c.options, c.backend, c.journal)
	return c
}

// answered is a command response as Mattermost reads it.
type answered struct {
	ResponseType     string `json:"response_type"`
	Text             string `json:"text"`
	SkipSlackParsing bool   `json:"skip_slack_parsing"`
}

// form returns the fields of a command.
func (c *chat) form(text string) url.Values {
	fields := url.Values{
		"token": {goodToken}, "user_id": {alice}, "user_name": {"alice"}, "team_id": {teamID}, "team_domain": {"ops"},
		"channel_id": {channelID}, "channel_name": {"alerts"}, "command": {"/alert"}, "response_url": {hookURL}, "text": {text},
	}
	maps.Copy(fields, c.fields)
	return fields
}

// post sends a form and returns the whole response.
func (c *chat) post(fields url.Values) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/mattermost/command", strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}

// say types a command and returns what comes back. Every line that is offered begins with a command that there is.
func (c *chat) say(text string) answered {
	c.t.Helper()
	form := c.form(text)
	a := decode(c.t, c.post(form))
	for _, line := range linesIn(a.Text) {
		if _, _, err := lookUp(Commands, "/alert", strings.TrimPrefix(line, form.Get("command")+" ")); err != nil {
			c.t.Errorf("%q is answered with the line %q, which is no command: %v", text, line, err)
		}
	}
	return a
}

// decode reads a command response.
func decode(t testing.TB, w *httptest.ResponseRecorder) answered {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("answered %d %q: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	var a answered
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if !a.SkipSlackParsing {
		t.Errorf("Slack's parsing is on: %s", w.Body)
	}
	return a
}

// last returns the newest record of the journal.
func (c *chat) last() rules.Record {
	c.t.Helper()
	records := c.journal.all()
	if len(records) == 0 {
		c.t.Fatal("the journal is empty")
	}
	return records[len(records)-1]
}

// wait returns when the handler has nothing more to do.
func (c *chat) wait() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.handler.Wait(ctx); err != nil {
		c.t.Fatal("a command is still being worked on: ", err)
	}
}

// memoryJournal is a Journal in memory.
type memoryJournal struct {
	mu                  sync.Mutex
	records             []rules.Record
	receiveErr, finErr  error
	onReceive, onFinish func() // called first, where set
}

func (j *memoryJournal) Receive(_ context.Context, request rules.Request) (*rules.Record, error) {
	if j.onReceive != nil {
		j.onReceive()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.receiveErr != nil {
		return nil, j.receiveErr
	}
	for _, r := range j.records {
		if request.Key != "" && r.Request.Key == request.Key {
			prior := r
			return &prior, nil
		}
	}
	j.records = append(j.records, rules.Record{Request: request})
	return nil, nil
}

func (j *memoryJournal) Finish(_ context.Context, record rules.Record) error {
	if j.onFinish != nil {
		j.onFinish()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.finErr != nil {
		return j.finErr
	}
	for i, r := range j.records {
		if r.Request.ID == record.Request.ID {
			j.records[i] = record
			return nil
		}
	}
	return fmt.Errorf("request %s was never received", record.Request.ID)
}

func (j *memoryJournal) all() []rules.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]rules.Record(nil), j.records...)
}

// recorded returns the record of a request.
func (j *memoryJournal) recorded(_ context.Context, request string) (rules.Record, error) {
	for _, r := range j.all() {
		if r.Request.ID == request {
			return r, nil
		}
	}
	return rules.Record{}, &rules.Error{Kind: rules.NotFound, Text: "no such request", Offset: -1}
}
