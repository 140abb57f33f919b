package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TestJournalZone holds that the command line means and tells times in the zone of the service's configuration.
func TestJournalZone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alertsmith.yml")
	content := "rulers: [{name: prometheus, kind: prometheus, url: 'http://127.0.0.1:1', rules_dir: rules}]\njournal: {timezone: Asia/Tokyo}\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s := searchJournal{filter: []string{"at=2026-11-22 23:17"}, configFile: path}
	zone, err := s.zone()
	if err != nil {
		t.Fatal(err)
	}
	minute := time.Date(2026, 11, 22, 14, 17, 0, 0, time.UTC)
	if q, err := s.query(minute.Add(time.Hour), zone); err != nil || !q.Since.Equal(minute) || !q.Until.Equal(minute.Add(time.Minute)) {
		t.Errorf("it looks from %v to %v, %v", q.Since, q.Until, err)
	}
	var table bytes.Buffer
	out := newEntryPrinter("table", &table, zone)
	if err := out.print(rules.JournalObject{Time: minute}); err != nil || out.close() != nil || !strings.Contains(table.String(), "2026-11-22 23:17:00") {
		t.Errorf("it tells\n%s", table.String())
	}
	s.configFile = path + "-of-nobody"
	if _, err := s.zone(); err == nil {
		t.Error("a configuration that is not there is none")
	}
}

func TestZoneName(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 14, 17, 0, 0, time.UTC)
	if got := zoneName(tokyo, at); got != "Asia/Tokyo" {
		t.Errorf("the zone of Tokyo is called %s", got)
	}
	if got, want := zoneName(time.Local, at), at.Local().Format("-07:00"); got != want {
		t.Errorf("a zone without a name is called %s, want %s", got, want)
	}
}
