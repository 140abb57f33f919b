package bot

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// The link is for the eyes of whoever asked: it is in no journal, no log and no channel.
func TestWebTellsItsAuthorAlone(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	const ticket = "alice-ticket"
	got := c.say("web")
	if got.ResponseType != "ephemeral" || !strings.Contains(got.Text, "https://alerts.example.org/sign-in?ticket="+ticket) {
		t.Errorf("%+v", got)
	}
	if r := c.last(); strings.Contains(r.Reply, ticket) || r.Action != "web" || strings.Contains(c.log.String(), ticket) {
		t.Errorf("it is written down: %+v %s", r, c.log)
	}
}

func TestChangesLinkToTheirEntries(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) { c.backend.Pages = "https://alerts.example.org" })
	added := c.say("add sshd-ban sshd Ban 5m")
	if link := "\n[Entry in the journal](https://alerts.example.org/entry/" + c.last().Request.ID + ")"; !strings.HasSuffix(added.Text, link) {
		t.Errorf("%q", added.Text)
	}
	for _, command := range []string{"list", "delete nothing", "delete sshd-ban dry-run"} {
		if text := c.say(command).Text; strings.Contains(text, "/entry/") {
			t.Errorf("%s links to an entry that changed nothing: %q", command, text)
		}
	}
}

// What is typed into the console walks the path of every other command.
func TestType(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) { c.access.Channels = []string{channelID} })
	request := rules.Request{Key: "web-1", Actor: rules.Person{ID: "terminal-root", Name: "root"}, Channel: rules.Place{Name: "default"},
		Remote: "127.0.0.1", Client: "a\nbrowser", Command: " /alert add x expr='up == 0' summary='token=hunter2hunter2' ruler=prometheus "}
	_, text, result := c.handler.Type(t.Context(), request)
	r := c.last()
	if result != rules.Success || !strings.Contains(text, "committed as") || r.Request.Entry != rules.EntryWeb || r.Request.Client != "abrowser" || r.Request.Remote != "127.0.0.1" {
		t.Errorf("%s %q %+v", result, text, r.Request)
	}
	if strings.Contains(r.Request.Command, "hunter2hunter2") {
		t.Errorf("a secret is in the journal: %q", r.Request.Command)
	}
	if _, again, _ := c.handler.Type(t.Context(), request); !strings.Contains(again, "came twice") || len(c.journal.all()) != 1 {
		t.Errorf("done twice: %q", again)
	}
	request.Key = "web-2"
	request.Command = "add y expr='" + strings.Repeat("x", maxText) + "'"
	if _, text, result := c.handler.Type(t.Context(), request); result != rules.ValidationError || !strings.Contains(text, "bytes long") {
		t.Errorf("%s %q", result, text)
	}
}

func TestSignInIsInTheJournal(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.say("web")
	c.handler.SignedIn(t.Context(), c.last().Request)
	if r := c.last(); len(c.journal.all()) != 2 || r.Action != SignInAction || r.Request.Actor.ID != alice || r.Request.Entry != rules.EntryWeb || r.Done.IsZero() {
		t.Errorf("%+v", r)
	}
}
