package gitsync

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
	"github.com/alertsmith/alertsmith/rules"
)

// TestBrokenLine has a proxy cut the connections to real servers at many places while two replicas and an outside pusher change one file.
// All servers and places: GITSYNC_SEEDS=1.
func TestBrokenLine(t *testing.T) {
	t.Parallel()
	servers := map[string]func(t *testing.T, dir string) (*remotetest.Proxy, remote.Config){
		"http": func(t *testing.T, dir string) (*remotetest.Proxy, remote.Config) {
			s := remotetest.HTTP(t, dir, "", "")
			p := remotetest.NewProxy(t, s.Addr())
			return p, remote.Config{URL: s.Through(p)}
		},
		"ssh": func(t *testing.T, dir string) (*remotetest.Proxy, remote.Config) {
			s := remotetest.SSH(t, dir)
			p := remotetest.NewProxy(t, s.Addr())
			return p, remote.Config{URL: s.Through(p), KeyFile: s.KeyFile, KnownHostsFile: s.KnownHosts}
		},
	}
	faults := map[string][]remotetest.Faults{
		"http": {{Refuse: true}, {CutRequest: 1}, {CutRequest: 900}, {CutRequest: 1500}, {CutAnswer: 1}, {CutAnswer: 600}, {CutAnswer: 1200}, {DropAnswers: true}},
		"ssh":  {{CutRequest: 5000}, {CutAnswer: 5000}, {Delay: 2 * time.Millisecond}}, // past the handshake
	}
	if os.Getenv("GITSYNC_SEEDS") == "" {
		delete(servers, "ssh")
		faults["http"] = []remotetest.Faults{{Refuse: true}, {CutRequest: 1500}, {DropAnswers: true}}
	}
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, required bool) { brokenLine(t, required, serve, faults[name]) })
		})
	}
}

func brokenLine(t *testing.T, required bool, serve func(*testing.T, string) (*remotetest.Proxy, remote.Config), faults []remotetest.Faults) {
	host := gitHost(t)
	work := outsider(t, host)
	outsideLine(t, work, "first")
	proxy, config := serve(t, host)
	config.Timeout = 3 * time.Second
	server, err := remote.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ours := openBook(t, Options{Remote: server, Required: required, Dir: filepath.Join(t.TempDir(), "ours.git")})
	other := openBook(t, Options{Remote: at(t, host), Required: required, Dir: filepath.Join(t.TempDir(), "other.git")})
	keepUp(t, ours, Following{Interval: 200 * time.Millisecond})
	keepUp(t, other, Following{Interval: 200 * time.Millisecond})

	want, open := map[string]bool{"first": true}, map[string]bool{}
	change := func(r *Rulebook, line string, giveUp time.Duration) {
		ctx, cancel := context.WithTimeout(t.Context(), giveUp)
		defer cancel()
		switch _, err := r.Update(ctx, appendLine("log", line)); {
		case err == nil:
			want[line] = true
		case rules.KindOf(err) == rules.Uncertain:
			open[line] = true
		}
	}
	for i, fault := range faults {
		proxy.Set(fault)
		change(ours, fmt.Sprint("ours", i), time.Second)
		if i%3 == 0 {
			line := fmt.Sprint("theirs", i)
			outsideLine(t, work, line)
			want[line] = true
		}
		change(other, fmt.Sprint("other", i), 20*time.Second)
		proxy.Set(remotetest.Faults{})
		ours.Kick()
		change(ours, fmt.Sprint("well", i), 20*time.Second)
	}
	for _, r := range []*Rulebook{ours, other} {
		until(t, "nothing is in doubt", func() bool { r.Kick(); return r.Doubts() == nil })
	}
	var head string
	until(t, "both replicas are the same", func() bool {
		ours.Kick()
		other.Kick()
		head = same(t, ours, host)
		return head == same(t, other, host)
	})
	for line := range open {
		found, err := ours.FindRequest(t.Context(), line)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			want[line] = true
		}
	}
	tree, err := ours.At(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	linesOnce(t, tree, "log", want)
	for line := range want {
		if found, err := ours.FindRequest(t.Context(), line); err != nil || len(found) != 1 && line != "first" && !strings.HasPrefix(line, "theirs") {
			t.Errorf("%s has %d commits, %v", line, len(found), err)
		}
	}
	t.Logf("%d lines, %d were in doubt", len(want), len(open))
}
