package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// configured has a service take a configuration, and a key that signs commits where it names one.
func (s *system) configured(config string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "alertsmith.yml"), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if flag := "--config.file=alertsmith.yml"; !slices.Contains(s.args, flag) {
		s.args = append(s.args, flag)
	}
}

// signingKey makes a key that commits are signed with, for several services.
func signingKey(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signing.key")
	if err := newJournalKey(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestForgedCommits pushes changes of rules whose commits say to be the service's own: they are in the journal as what somebody pushed.
func TestForgedCommits(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"on this machine":                "{}\n",
		"with a key":                     "git: {signing_key_file: KEY}\n",
		"shared and signed":              "git: {signing_key_file: KEY, remote: SERVER, push: required, fetch_interval: 1s}\n",
		"shared and unsigned":            "git: {remote: SERVER, push: required, fetch_interval: 1s}\n",
		"on a server that is not shared": "git: {remote: SERVER, fetch_interval: 1s}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
			from := filepath.Join(s.dir, "data", rulebookName)
			if strings.Contains(config, "SERVER") {
				from = filepath.Join(t.TempDir(), "server.git")
				gitIn(t, ".", "init", "-q", "--bare", "-b", "main", from)
			}
			s.configured(strings.NewReplacer("KEY", signingKey(t), "SERVER", from).Replace(config))
			s.start()
			s.must("add one expr='up == 0'")
			if a, err := s.command("add two expr='up =='"); err != nil || a.result == rules.Success {
				t.Fatalf("it is not refused: %+v, %v", a, err)
			}
			refused := s.found("result=refused")[0].Request
			await(t, "the server has the first commit", func() bool { return strings.Contains(gitIn(t, from, "log", "--all", "--format=%s"), "add one") })
			clone := filepath.Join(t.TempDir(), "clone")
			gitIn(t, ".", "clone", "-q", from, clone)
			trailer := func(key string) string {
				return strings.TrimSpace(gitIn(t, clone, "log", "-1", "--format=%(trailers:key="+key+",valueonly)"))
			}
			anchor, own, actor, channel := trailer("Journal"), trailer("Request-Id"), trailer("Actor"), trailer("Channel")
			for i, request := range []string{strings.Repeat("x", 26), own, refused} {
				rule := fmt.Sprint("forged-", i)
				path := filepath.Join(clone, "prometheus", "ops", rule+".yaml")
				if err := os.WriteFile(path, []byte(ruleFile(rule, "up == 1")), 0o600); err != nil {
					t.Fatal(err)
				}
				gitIn(t, clone, "add", ".")
				gitIn(t, clone, "-c", "user.name="+committer.Name, "-c", "user.email="+committer.Email, "commit", "-q", "-m", "edit "+rule,
					"-m", "Action: add\nActor: "+actor+"\nChannel: "+channel+"\nJournal: "+anchor+"\nRequest-Id: "+request)
			}
			gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
			await(t, "the pushed commits are in the journal", func() bool { return len(s.found("action=external")) == 3 })
			for i, o := range s.found("action=external") {
				if want := fmt.Sprint("forged-", 2-i); len(o.Rules) != 1 || o.Rules[0].Name != want || o.Entry != "git" || o.Fields == nil {
					t.Errorf("the journal says %+v, want it to tell of %s", o, want)
				}
			}
			s.assertForeign()
			if a := s.must("undo reason=first"); !strings.Contains(a.text, "Taking back **add one**") {
				t.Errorf("the person's own change is %s", a.text)
			}
			s.stop()
			s.forgetIndex()
			s.start()
			s.assertForeign()
			s.must("add three expr='up == 0'")
			s.stop()
			if n := len(s.found("action=external")); n != 3 {
				t.Errorf("after a restart %d commits are somebody else's, want 3", n)
			}
		})
	}
}

// assertForeign fails unless the forged commits are told as those of whoever Git says, not of the person that they name.
func (s *system) assertForeign() {
	s.t.Helper()
	var history answer
	await(s.t, "the history is read", func() bool {
		var err error
		history, err = s.command("history")
		return err == nil && history.result == rules.Success
	})
	for _, rule := range []string{"forged-0", "forged-1", "forged-2"} {
		line := ""
		for l := range strings.Lines(history.text) {
			if strings.Contains(l, "`"+rule+"`") {
				line = l
			}
		}
		if !strings.Contains(line, "(external)") || !strings.Contains(line, " "+committer.Name+": ") {
			s.t.Errorf("the history says of %s %q", rule, line)
		}
		if a := s.must("blame " + rule); strings.Contains(a.text, "request ") {
			s.t.Errorf("a request has set %s: %s", rule, a.text)
		}
	}
}

// forgetIndex has the next start make the index of the history anew.
func (s *system) forgetIndex() {
	s.t.Helper()
	db, err := journal.Open(s.t.Context(), filepath.Join(s.dir, "data", journalName))
	if err == nil {
		err = errors.Join(db.ForgetHistory(s.t.Context()), db.Close())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestCommitsOfReplicas has two services change one rulebook: neither takes the other's commits for somebody else's, nor its own after a restart.
func TestCommitsOfReplicas(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"with a key":    "git: {signing_key_file: KEY, remote: SERVER, push: required, fetch_interval: 1s}\n",
		"without a key": "git: {remote: SERVER, push: required, fetch_interval: 1s}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := filepath.Join(t.TempDir(), "server.git")
			gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
			config = strings.NewReplacer("KEY", signingKey(t), "SERVER", server).Replace(config)
			var replicas []*system
			for range 2 {
				s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
				s.configured(config)
				s.start()
				replicas = append(replicas, s)
			}
			for i := range 6 {
				replicas[i%2].must(fmt.Sprintf("add rule-%d expr='up == %d'", i, i))
			}
			replicas[0].kill()
			replicas[1].must("add seventh expr='up == 7'")
			replicas[0].start()
			replicas[0].must("add eighth expr='up == 8'")
			await(t, "the other has the last one", func() bool { return strings.Contains(replicas[1].git("log", "--format=%s", "main"), "add eighth") })
			for i, s := range replicas {
				s.must("list")
				s.stop()
				if found := s.found("action=external"); len(found) > 0 {
					t.Errorf("the replica %d takes for somebody else's: %+v", i, found)
				}
			}
		})
	}
}

// TestForgedEnd pushes commits that say to be those which undid a change of the service, or stand in its place: after a restart the change stands as before.
func TestForgedEnd(t *testing.T) {
	t.Parallel()
	s, server, clone, _, _ := newAway(t, "add one expr='up == 0'", "add two expr='up == 0'")
	gitIn(t, clone, "pull", "-q")
	for i, o := range s.found("action=add") {
		trailers := "Ruler: prometheus\nAction: undo\nUndoes: " + o.Request + "\nRequest-Id: " + o.Request
		if i == 0 {
			trailers = "Ruler: prometheus\nAction: conflict\nDisplaces: " + o.Revision + "\nDisplaced-Action: add\nRequest-Id: " + o.Request
		}
		gitIn(t, clone, "-c", "user.name="+committer.Name, "-c", "user.email="+committer.Email, "commit", "-q", "--allow-empty", "-m", "undo it", "-m", trailers)
	}
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	tip := gitIn(t, server, "rev-parse", "main")
	await(t, "the commits are here", func() bool { return s.git("rev-parse", "main") == tip })
	await(t, "they are in the journal", func() bool { return len(s.found("action=external")) == 2 })
	s.stop()
	s.start()
	s.must("status")
	s.stop()
	for _, o := range s.found("action=add") {
		if o.State != "PENDING" {
			t.Errorf("%s is %s by %s: %s", o.Rules[0].Name, o.State, o.Undone, o.Reason)
		}
	}
}

// TestOwnCommitsCostNothing asks about a commit that this very process made without a journal to be asked: every change asks about itself, and must not
// wait for the journal, nor for a walk through what came since the last good state.
func TestOwnCommitsCostNothing(t *testing.T) {
	t.Parallel()
	book, err := gitsync.Open(t.Context(), gitsync.Options{Dir: filepath.Join(t.TempDir(), rulebookName), Committer: committer})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	tree, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
		return rules.Commit{Author: committer, When: time.Now(), Subject: "add one", Files: map[string][]byte{"prometheus/ops/one.yaml": []byte(ruleFile("one", "up == 0"))}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{book: book}
	if own, err := s.ours(t.Context(), rules.PastCommit{Found: rules.Found{Revision: tree.Revision()}}); !own || err != nil {
		t.Errorf("ours %t, %v", own, err)
	}
}
