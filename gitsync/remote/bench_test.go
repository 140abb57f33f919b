package remote_test

import (
	"os/exec"
	"strconv"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

// BenchmarkPush pushes one commit, by us and by the git command line, on the same server.
func BenchmarkPush(b *testing.B) {
	dir := remotetest.Bare(b)
	web, shell := remotetest.HTTP(b, dir, "", ""), remotetest.SSH(b, dir)
	for _, h := range []struct {
		name   string
		config remote.Config
		url    string
	}{
		{"http", remote.Config{URL: web.Repository}, web.Repository},
		{"ssh", remote.Config{URL: shell.URL, KeyFile: shell.KeyFile, KnownHostsFile: shell.KnownHosts}, shell.URL},
		{"path", remote.Config{URL: dir}, dir},
	} {
		l := local{remotetest.Bare(b)}
		b.Run(h.name+"/ours", func(b *testing.B) {
			h.config.Branch = "ours-" + h.name + strconv.Itoa(b.N)
			r, err := remote.New(h.config)
			if err != nil {
				b.Fatal(err)
			}
			tip := zero
			for i := range b.N {
				b.StopTimer()
				next := l.commit(b, tip, "x", strconv.Itoa(i))
				pack := l.pack(b, tip, next)
				b.StartTimer()
				if err := r.Push(b.Context(), tip, next, pack); err != nil {
					b.Fatal(err)
				}
				tip = next
			}
		})
		b.Run(h.name+"/git", func(b *testing.B) {
			branch := "git-" + h.name + strconv.Itoa(b.N)
			tip := zero
			for i := range b.N {
				b.StopTimer()
				tip = l.commit(b, tip, "x", strconv.Itoa(i))
				cmd := exec.CommandContext(b.Context(), "git", "push", "--quiet", h.url, tip.String()+":refs/heads/"+branch)
				cmd.Dir, cmd.Env = l.dir, append(remotetest.Environment(), "GIT_SSH_COMMAND="+shell.Command())
				b.StartTimer()
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}
