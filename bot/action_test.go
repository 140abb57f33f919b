package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	bob       = "gbpoya93zfg49mauid8nfz49br"
	actionURL = "https://alerts.example.org/mattermost/action"
)

// buttonChat is a chat whose answers have buttons, with a journal of three pages, and its server.
func buttonChat(t *testing.T, change func(*chat)) (*chat, *server) {
	t.Helper()
	s := newServer(t)
	return newChat(t, func(c *chat) {
		c.journalOf(journalRecords(c.now)...)
		c.options.Mattermost = newMattermost(t, s.URL, "", func() time.Time { return c.now })
		c.options.ActionURL = actionURL
		if change != nil {
			change(c)
		}
	}), s
}

// buttonsOf returns the buttons below an answer, by their labels.
func buttonsOf(t *testing.T, body []byte) map[string]*model.PostAction {
	t.Helper()
	var response model.CommandResponse
	if err := json.Unmarshal(body, &response); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	buttons := map[string]*model.PostAction{}
	for _, a := range response.Attachments {
		for _, action := range a.Actions {
			if action.Integration.URL != actionURL || action.Type != "button" || strings.Trim(action.Id, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("a button that Mattermost cannot press: %+v", action)
			}
			buttons[action.Name] = action
		}
	}
	return buttons
}

// typed types a command with a signed trigger id and returns the buttons below its answer.
func (c *chat) typed(s *server, client, text string) map[string]*model.PostAction {
	c.t.Helper()
	form := c.form(text)
	form.Set("trigger_id", s.trigger(c.t, client, alice, c.now))
	return buttonsOf(c.t.(*testing.T), c.post(form).Body.Bytes())
}

// press sends what Mattermost sends for a button.
func (c *chat) press(request model.PostActionIntegrationRequest) *httptest.ResponseRecorder {
	c.t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/mattermost/action", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.handler.ServeAction(w, r)
	return w
}

// pressed is what Mattermost sends when somebody presses a button in the channel.
func pressed(t *testing.T, s *server, client, user string, at time.Time, context map[string]any) model.PostActionIntegrationRequest {
	return model.PostActionIntegrationRequest{
		UserId: user, UserName: "alice", ChannelId: channelID, ChannelName: "alerts", TeamId: teamID, TeamName: "ops",
		TriggerId: s.trigger(t, client, user, at), Type: "button", Context: context,
	}
}

// client returns the n-th client trigger id.
func client(n int) string { return fmt.Sprintf("%026d", n) }

// pressAnswer reads the answer to a press.
func pressAnswer(t *testing.T, w *httptest.ResponseRecorder) model.PostActionIntegrationResponse {
	t.Helper()
	var answer model.PostActionIntegrationResponse
	if err := json.Unmarshal(w.Body.Bytes(), &answer); w.Code != http.StatusOK || err != nil {
		t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
	return answer
}

func TestButtonsTurnPages(t *testing.T) {
	t.Parallel()
	c, s := buttonChat(t, nil)
	buttons := c.typed(s, client(0), "journal action=show n=15")
	if len(buttons) != 1 || buttons["Older"] == nil {
		t.Fatalf("the first page has the buttons %v", buttons)
	}
	// As often as a response_url can be used, a page comes over it, with buttons; then it is the answer of the press.
	page := 1
	for i, to := range []string{"Older", "Older", "Newer", "Older", "Newer", "Older"} {
		page += map[string]int{"Older": 1, "Newer": -1}[to]
		w := c.press(pressed(t, s, client(i+1), alice, c.now, buttons[to].Integration.Context))
		answer := pressAnswer(t, w)
		if record := c.last(); record.Request.Entry != rules.EntryButton || record.Request.Command != fmt.Sprintf("journal action=show n=15 page=%d", page) ||
			record.Request.Actor != (rules.Person{ID: alice, Name: "alice"}) || record.Request.Channel != (rules.Place{ID: channelID, Name: "alerts"}) ||
			record.Request.Team != (rules.Place{ID: teamID, Name: "ops"}) || record.Action != "journal" || record.Outcome.Result != rules.Success {
			t.Errorf("recorded %+v", record)
		}
		want := fmt.Sprintf("show rule-%d`", 44-(page-1)*15)
		if i == hookUses {
			if !strings.Contains(answer.EphemeralText, want) || !answer.SkipSlackParsing || answer.Update != nil {
				t.Errorf("press %d is answered %s", i+1, w.Body)
			}
			continue
		}
		path, body, _ := strings.Cut(s.heard(t), " ")
		if answer.EphemeralText != "" || answer.Update != nil || !strings.HasPrefix(path, "/hooks/commands/") || !strings.Contains(body, want) || !strings.Contains(body, `"response_type":"ephemeral"`) {
			t.Errorf("press %d is answered %s and %s", i+1, w.Body, body)
		}
		buttons = buttonsOf(t, []byte(body))
		if (buttons["Older"] != nil) != (page < 3) || (buttons["Newer"] != nil) != (page > 1) {
			t.Errorf("page %d has the buttons %v", page, buttons)
		}
	}
}

func TestPressesThatAreRefused(t *testing.T) {
	t.Parallel()
	type request = model.PostActionIntegrationRequest
	for name, tc := range map[string]struct {
		change func(c *chat, r *request)
		after  time.Duration // how long the button is there already
		status int
		says   string // the answer; "" for no answer of ours and no record
	}{
		"as it should be":     {func(*chat, *request) {}, time.Minute, 200, "show rule-"},
		"at the last moment":  {func(*chat, *request) {}, pressAge - time.Millisecond, 200, "show rule-"},
		"no context":          {func(_ *chat, r *request) { r.Context = nil }, 0, 401, ""},
		"a context of others": {func(_ *chat, r *request) { r.Context = map[string]any{"rule": "cpu", "do": "delete"} }, 0, 401, ""},
		"no text":             {func(_ *chat, r *request) { r.Context = map[string]any{pressField: 7} }, 0, 401, ""},
		"no signature": {func(_ *chat, r *request) {
			payload, _, _ := strings.Cut(r.Context[pressField].(string), ".")
			r.Context = map[string]any{pressField: payload + "."}
		}, 0, 401, ""},
		"forged": {func(_ *chat, r *request) {
			r.Context = map[string]any{pressField: newPressKey().seal(press{Text: "journal", Person: rules.Person{ID: alice}, Ends: time.Now().Add(time.Hour)})}
		}, 0, 401, ""},
		"changed": {func(_ *chat, r *request) {
			sealed := r.Context[pressField].(string)
			r.Context = map[string]any{pressField: "e" + strings.Replace(sealed[1:], sealed[9:10], string(sealed[9]^1), 1)}
		}, 0, 401, ""},
		"no Mattermost":        {func(c *chat, _ *request) { c.handler.options.Mattermost = nil }, 0, 401, ""},
		"expired":              {func(*chat, *request) {}, pressAge, 200, "lasts half an hour"},
		"another person":       {func(_ *chat, r *request) { r.UserId = bob }, 0, 200, "signed for another person"},
		"another channel":      {func(_ *chat, r *request) { r.ChannelId = teamID }, 0, 200, "another channel"},
		"no trigger id":        {func(_ *chat, r *request) { r.TriggerId = "" }, 0, 200, "does not prove"},
		"a person let in once": {func(c *chat, _ *request) { c.access.Users = []string{bob} }, 0, 200, "You may not use this command"},
		"a channel let in once": {func(c *chat, _ *request) {
			c.access.Channels = []string{teamID}
		}, 0, 200, "may not be used in this channel"},
		"a team let in once": {func(c *chat, _ *request) { c.access.Teams = []string{channelID} }, 0, 200, "This team may not"},
		"a command that changes, signed": {func(c *chat, r *request) {
			p, _ := c.handler.pressKey.open(r.Context[pressField].(string))
			p.Text = "delete disk-full"
			r.Context = map[string]any{pressField: c.handler.pressKey.seal(p)}
		}, 0, 200, "only turns pages"},
		"a link that signs in, signed": {func(c *chat, r *request) {
			p, _ := c.handler.pressKey.open(r.Context[pressField].(string))
			p.Text = "web"
			r.Context = map[string]any{pressField: c.handler.pressKey.seal(p)}
		}, 0, 200, "only turns pages"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := buttonChat(t, nil)
			older := c.typed(s, client(0), "journal n=15")["Older"]
			c.now = c.now.Add(tc.after)
			r := pressed(t, s, client(1), alice, c.now, older.Integration.Context)
			tc.change(c, &r)
			before := len(c.journal.all())
			w := c.press(r)
			if w.Code != tc.status {
				t.Fatalf("answered %d: %s", w.Code, w.Body)
			}
			if tc.says == "" {
				if n := len(c.journal.all()); n != before || strings.TrimSpace(w.Body.String()) != http.StatusText(tc.status) {
					t.Errorf("answered %s, and the journal has %d more", w.Body, n-before)
				}
				return
			}
			text := pressAnswer(t, w).EphemeralText
			want := rules.DeniedResult
			if tc.says == "show rule-" {
				text, want = s.heard(t), rules.Success
			}
			if record := c.last(); !strings.Contains(text, tc.says) || record.Outcome.Result != want || record.Request.Entry != rules.EntryButton || record.Outcome.Refs != nil {
				t.Errorf("answered %s, recorded %+v", text, record)
			}
		})
	}
}

// TestPressOfAnotherPerson holds that who pressed is who the server says, and not whose button it is.
func TestPressOfAnotherPerson(t *testing.T) {
	t.Parallel()
	c, s := buttonChat(t, nil)
	older := c.typed(s, client(0), "journal n=15")["Older"]
	w := c.press(pressed(t, s, client(1), bob, c.now, older.Integration.Context))
	record := c.last()
	if text := pressAnswer(t, w).EphemeralText; !strings.Contains(text, "Only the person who gave the command") || record.Outcome.Result != rules.DeniedResult ||
		record.Request.Actor != (rules.Person{ID: bob, Name: bob}) {
		t.Errorf("answered %s, recorded %+v", text, record)
	}
}

// TestPressTwice holds that a request that comes again, with its trigger id, is not another press.
func TestPressTwice(t *testing.T) {
	t.Parallel()
	c, s := buttonChat(t, nil)
	older := c.typed(s, client(0), "journal n=15")["Older"]
	r := pressed(t, s, client(1), alice, c.now, older.Integration.Context)
	c.press(r)
	s.heard(t)
	before := len(c.journal.all())
	if text := pressAnswer(t, c.press(r)).EphemeralText; !strings.Contains(text, "came twice") || !strings.Contains(text, "show rule-") || len(c.journal.all()) != before {
		t.Errorf("answered %s", text)
	}
	c.now = c.now.Add(maxAge + time.Second)
	r.TriggerId = s.trigger(t, client(1), alice, c.now.Add(-maxAge-time.Second))
	if text := pressAnswer(t, c.press(r)).EphemeralText; !strings.Contains(text, "older than five minutes") {
		t.Errorf("much later it is answered %s", text)
	}
}

func TestAnswersWithoutButtons(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*chat){
		"Mattermost does not reach us": func(c *chat) { c.options.ActionURL = "" },
		"nobody proves who pressed":    func(c *chat) { c.options.Mattermost = nil },
		"a terminal":                   func(c *chat) { c.fields.Set("token", cliToken) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := buttonChat(t, change)
			if buttons := c.typed(s, client(0), "journal n=15"); len(buttons) != 0 || !strings.Contains(c.last().Reply, "journal n=15 page=2") {
				t.Errorf("buttons %v below %s", buttons, c.last().Reply)
			}
		})
	}
	c, s := buttonChat(t, nil)
	if long := c.typed(s, client(1), "journal n=1 "+strings.Repeat(" ", maxPressed)+"result=ok"); len(long) != 1 { // it is the words that count
		t.Errorf("buttons %v", long)
	}
	if long := c.typed(s, client(2), "journal n=1 result=ok"+strings.Repeat(",ok", maxPressed/3)); len(long) != 0 {
		t.Errorf("a long command has the buttons %v", long)
	}
	if last := c.typed(s, client(3), "journal result=denied"); len(last) != 0 {
		t.Errorf("the only page has the buttons %v", last)
	}
}

// TestOtherPages holds that the history and the list turn their pages too.
func TestOtherPages(t *testing.T) {
	t.Parallel()
	c, s := buttonChat(t, nil)
	var file strings.Builder
	file.WriteString("groups:\n  - name: g\n    rules:\n")
	for i := range 400 {
		fmt.Fprintf(&file, "      - alert: %s-%d\n        expr: up == %d\n", strings.Repeat("long", 20), i, i)
	}
	c.pushed("many", map[string]string{"prometheus/many.yaml": file.String()})
	buttons := c.typed(s, client(0), "list all")
	if len(buttons) != 1 || buttons["Next"] == nil {
		t.Fatalf("the list has the buttons %v", buttons)
	}
	c.press(pressed(t, s, client(1), alice, c.now, buttons["Next"].Integration.Context))
	if body := s.heard(t); c.last().Request.Command != "list all page=2" || !strings.Contains(body, "page 2 of ") || !strings.Contains(body, `"name":"Previous"`) {
		t.Errorf("%+v, told %.200s", c.last(), body)
	}
}

// TestRecordedPresses holds that what a real server (5.36.1) sends for buttons that are not ours is read, and refused.
func TestRecordedPresses(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"action-button.http", "action-forged.http", "action-select.http"} {
		c, _ := buttonChat(t, nil)
		if r, status := readAction(httptest.NewRecorder(), recordedRequest(t, filepath.Join("testdata", file))); status != 0 || r.UserId == "" || r.TriggerId == "" || len(r.Context) == 0 {
			t.Errorf("%s is read as %+v, %d", file, r, status)
		}
		w := httptest.NewRecorder()
		c.handler.ServeAction(w, recordedRequest(t, filepath.Join("testdata", file)))
		if w.Code != http.StatusUnauthorized || len(c.journal.all()) != 0 {
			t.Errorf("%s is answered %d", file, w.Code)
		}
	}
}

func TestMalformedPresses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, kind, body string
		want               int
	}{
		"GET":       {"GET", "application/json", "{}", 405},
		"a form":    {"POST", "application/x-www-form-urlencoded", "{}", 415},
		"no JSON":   {"POST", "application/json", "{", 400},
		"a list":    {"POST", "application/json", "[]", 400},
		"too large": {"POST", "application/json", strings.Repeat(" ", maxBody+1), 413},
		"nothing":   {"POST", "application/json; charset=utf-8", "{}", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := buttonChat(t, nil)
			r := httptest.NewRequest(tc.method, "/mattermost/action", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.kind)
			w := httptest.NewRecorder()
			c.handler.ServeAction(w, r)
			if w.Code != tc.want || len(c.journal.all()) != 0 {
				t.Errorf("answered %d", w.Code)
			}
		})
	}
}

// FuzzPress holds that nothing but what the key sealed is opened.
func FuzzPress(f *testing.F) {
	key := pressKey{'k'} // the same in every process of a fuzzer
	good := key.seal(press{Text: "journal page=2", Ends: time.Unix(1, 0).UTC()})
	last := len(good) - 1
	for _, seed := range []string{good, good + "=", good + ".", "." + good, "", ".", "a.", newPressKey().seal(press{}), strings.ToUpper(good), good + "\n", good[:last] + string(good[last]+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if _, ours := key.open(sealed); ours && sealed != good {
			t.Errorf("%q is taken for ours", sealed)
		}
	})
}
