package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// A large push does not fill the journal: it has no more than so many entries, and one of them names the rules and waits for the ruler.
func TestLargePushIsWrittenDown(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), journalName)
	db, err := journal.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m := startMattermost(t)
	poster, err := bot.NewMattermost(m.URL, func() string { return botToken }, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{
		journal: db, logger: slog.New(slog.NewTextHandler(&log, nil)), index: &historyIndex{wake: make(chan struct{}, 1)}, follower: &follower{mattermost: poster},
		cfg: &config{Web: webConfig{ExternalURL: "https://alerts.example.org/"}, Mattermost: mattermostConfig{ReportChannel: channelID}},
	}
	push := rules.ExternalPush{Rulers: []rules.ExternalChange{{Ruler: "prometheus", State: rules.Pending}}}
	for n := range maxExternal + 3 {
		push.Commits = append(push.Commits, rules.PastCommit{
			Found: rules.Found{Revision: fmt.Sprintf("%023x%017d", n+1, 0), Subject: "edit"}, Author: rules.Person{Name: "Bob Builder"}, When: time.Unix(int64(n), 0),
		})
		push.Rulers[0].Refs = append(push.Rulers[0].Refs, rules.Ref{Ruler: "prometheus", Path: "a.yaml", Group: "g", Name: fmt.Sprint("rule", n)})
	}
	s.external(t.Context(), push)
	records := recorded(t, path)
	if len(records) != maxExternal {
		t.Errorf("%d entries, want %d", len(records), maxExternal)
	}
	refs := map[string]int{}
	for _, record := range records {
		if want := "(https://alerts.example.org/entry/" + record.Request.ID + ")"; !strings.HasSuffix(record.Reply, want) {
			t.Errorf("what is told of %s does not end in %s: %s", record.Outcome.Revision, want, record.Reply)
		}
		if n := len(record.Outcome.Refs); n > 0 {
			refs[record.Outcome.Revision] = n
		}
	}
	newest := push.Commits[len(push.Commits)-1].Revision
	if diff := cmp.Diff(map[string]int{newest: maxExternalRefs}, refs); diff != "" {
		t.Errorf("rules by commit (-want +got):\n%s", diff)
	}
	if link := "https://alerts.example.org/entry/git" + newest[:23]; !m.heard(link) {
		t.Errorf("the channel for reports was not told %s: %s", link, m.all())
	}
	if waiting, err := s.journal.Waiting(t.Context()); err != nil || len(waiting) != 1 {
		t.Errorf("%d entries are to be followed up, %v; want that of the newest commit", len(waiting), err)
	}
	if want := "commits=203 without=3"; !strings.Contains(log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, log.String())
	}
}
