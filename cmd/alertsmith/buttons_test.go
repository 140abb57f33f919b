package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/alertsmith/alertsmith/rules"
)

// press presses a button the way the server does: it calls the address that the button names, and says who pressed. It returns what the service answers.
func (m *mattermost) press(button *model.PostAction, id, user string, at time.Time) (status int, answer model.PostActionIntegrationResponse) {
	m.t.Helper()
	body, err := json.Marshal(model.PostActionIntegrationRequest{
		UserId: user, UserName: "alice", ChannelId: channelID, ChannelName: "alerts", TeamId: teamID, TeamName: "ops",
		PostId: "xjn3oc1u5bbbjc1n918fardhne", TriggerId: m.trigger(id, user, at), Type: "button", Context: button.Integration.Context,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	response, err := http.Post(button.Integration.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(content, &answer); err != nil {
			m.t.Fatalf("%v in %s", err, content)
		}
	}
	return response.StatusCode, answer
}

// newestLate returns what came over the response_url last.
func (m *mattermost) newestLate() (response model.CommandResponse) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.late) == 0 {
		m.t.Fatal("nothing came over the response_url")
	}
	if err := json.Unmarshal([]byte(m.late[len(m.late)-1]), &response); err != nil {
		m.t.Fatal(err)
	}
	return response
}

// buttonsOf returns the buttons of a message by their labels.
func buttonsOf(response model.CommandResponse) map[string]*model.PostAction {
	buttons := map[string]*model.PostAction{}
	for _, a := range response.Attachments {
		for _, action := range a.Actions {
			buttons[action.Name] = action
		}
	}
	return buttons
}

// TestButtons turns the pages of the journal by buttons, and tries what other people in the chat could do with them.
func TestButtons(t *testing.T) {
	t.Parallel()
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", userID+", "+otherID)+"web:\n  external_url: "+s.url+"\n")
	s.start()
	ask := func(id, text string) map[string]*model.PostAction {
		t.Helper()
		response, err := http.PostForm(s.url+"/mattermost/command", m.form(id, text))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var reply model.CommandResponse
		if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
			t.Fatal(err)
		}
		return buttonsOf(reply)
	}
	id := func(n int) string { return fmt.Sprintf("%026d", n) }
	for i := range 3 {
		ask(id(i), fmt.Sprintf("list nothing-%d", i))
	}
	older := ask(id(10), "journal nothing n=1")["Older"]
	if older == nil || older.Integration.URL != s.url+"/mattermost/action" {
		t.Fatalf("the button of the first page: %+v", older)
	}

	status, answer := m.press(older, id(11), userID, time.Now())
	second := m.newestLate()
	if status != 200 || answer.EphemeralText != "" || !strings.Contains(second.Text, "nothing-1") || second.ResponseType != model.CommandResponseTypeEphemeral {
		t.Errorf("the second page: %d %+v, %+v", status, answer, second)
	}
	buttons := buttonsOf(second)
	if status, _ = m.press(buttons["Newer"], id(12), userID, time.Now()); status != 200 || !strings.Contains(m.newestLate().Text, "nothing-2") {
		t.Errorf("back again: %d %+v", status, m.newestLate())
	}
	if end := s.ended("journal nothing n=1 page=2"); end.Request.Entry != "button" || end.Request.Actor != (rules.Person{ID: userID, Name: "alice"}) ||
		end.Request.Channel.Name != "alerts" || end.Outcome.Result != rules.Success || end.Request.Client == "" {
		t.Errorf("recorded %+v", end)
	}

	refused := func(when string, n int, button *model.PostAction, user string, at time.Time, want int, says string) {
		t.Helper()
		before := len(s.recorded())
		status, answer := m.press(button, id(n), user, at)
		if status != want || !strings.Contains(answer.EphemeralText, says) || strings.Contains(answer.EphemeralText, "nothing-1") {
			t.Errorf("%s: %d %+v", when, status, answer)
		}
		records := s.recorded()
		if want != 200 && len(records) != before {
			t.Errorf("%s is in the journal: %+v", when, records[0])
		}
		if want == 200 && (records[0].Outcome.Result != rules.DeniedResult || records[0].Request.Entry != "button" || records[0].Request.Actor.ID != user) {
			t.Errorf("%s: recorded %+v", when, records[0])
		}
	}
	forged := *older
	forged.Integration = &model.PostActionIntegration{URL: older.Integration.URL, Context: map[string]any{"press": "eyJ0ZXh0IjoiZGVsZXRlIHgifQ.AAAA"}}
	refused("a forged context", 20, &forged, userID, time.Now(), 401, "")
	refused("another person", 21, older, otherID, time.Now(), 200, "Only the person")
	refused("a request of before", 22, older, userID, time.Now().Add(-6*time.Minute), 200, "older than five minutes")

	pages := len(m.late)
	if _, answer := m.press(older, id(11), userID, time.Now()); !strings.Contains(answer.EphemeralText, "came twice") || len(m.late) != pages {
		t.Errorf("the same press again: %+v", answer)
	}
	s.kill()
	s.start()
	refused("a button of before the restart", 23, older, userID, time.Now(), 401, "")
	if got := s.subjects(); !slices.Equal(got, nil) {
		t.Errorf("commits %q", got)
	}
	s.assertNoSecret(mattermostToken, botToken, hookToken, s.token())
	s.stop()
}
