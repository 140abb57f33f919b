package gitsync

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

// gitHost returns a bare repository that is to be the Git server's, whole for Git when the test ends.
func gitHost(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "host.git")
	runGit(t, filepath.Dir(dir), "init", "-q", "--bare", "--initial-branch=main", dir)
	t.Cleanup(func() { fsck(t, dir) })
	return dir
}

// at returns the Remote of a repository at a path.
func at(t testing.TB, dir string) *remote.Remote {
	t.Helper()
	r, err := remote.New(remote.Config{URL: dir})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// patchy is a Remote that fails when it is told to.
type patchy struct {
	Remote
	mu     sync.Mutex
	down   bool                                   // nothing answers
	push   func(deliver func() error) error       // what becomes of pushes
	tip    func(plumbing.Hash) plumbing.Hash      // what it says of its branch
	fetch  func(pack func(io.Reader) error) error // what it sends
	pushes int
	tips   int // how often it was asked for its branch
}

func patch(r Remote) *patchy { return &patchy{Remote: r} }

var errDown = errors.New("the server is down")

// set changes how it fails.
func (p *patchy) set(change func(*patchy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *patchy) now() patchy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return patchy{down: p.down, push: p.push, tip: p.tip, fetch: p.fetch, pushes: p.pushes, tips: p.tips}
}

func (p *patchy) Tip(ctx context.Context) (plumbing.Hash, error) {
	p.set(func(p *patchy) { p.tips++ })
	now := p.now()
	if now.down {
		return plumbing.ZeroHash, errDown
	}
	tip, err := p.Remote.Tip(ctx)
	if now.tip != nil && err == nil {
		tip = now.tip(tip)
	}
	return tip, err
}

func (p *patchy) Fetch(ctx context.Context, want plumbing.Hash, haves []plumbing.Hash, progress func(string), pack func(io.Reader) error) error {
	now := p.now()
	switch {
	case now.down:
		return errDown
	case now.fetch != nil:
		return now.fetch(pack)
	}
	return p.Remote.Fetch(ctx, want, haves, progress, pack)
}

func (p *patchy) Push(ctx context.Context, old, next plumbing.Hash, pack func(io.Writer) error) error {
	p.set(func(p *patchy) { p.pushes++ })
	now := p.now()
	switch {
	case now.down:
		return fmt.Errorf("%w: %w", remote.ErrUnsent, errDown)
	case now.push != nil:
		return now.push(func() error { return p.Remote.Push(ctx, old, next, pack) })
	}
	return p.Remote.Push(ctx, old, next, pack)
}

// again plans a commit of appendLine again.
func again(_ context.Context, own rules.OwnCommit, onto rules.Tree) (rules.Commit, error) {
	line := rules.TrailerOf(own.Trailers, "Request-Id")
	c, err := appendLine("log", line)(onto)
	c.Trailers = own.Trailers
	return c, err
}

// keepUp runs Follow until the test ends, or until the returned function is called.
func keepUp(t testing.TB, r *Rulebook, f Following) (stop func()) {
	t.Helper()
	if f.Replan == nil {
		f.Replan = again
	}
	if f.Interval == 0 {
		f.Interval = time.Hour // so that nothing but what the test does makes it look
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Follow(ctx, f) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Follow = %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// until waits for something that happens soon.
func until(t testing.TB, what string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// same waits until rulebook and server have one head, nothing is left to push, and the repository says so.
func same(t testing.TB, r *Rulebook, host string) string {
	t.Helper()
	var here string
	until(t, "rulebook and server are the same", func() bool {
		here = strings.TrimSpace(runGit(t, r.dir, "rev-parse", "main"))
		there, err := tryGit(host, "rev-parse", "main")
		seen, _ := tryGit(r.dir, "rev-parse", "refs/remotes/origin/main")
		status := r.Remote()
		return err == nil && here == strings.TrimSpace(there) && here == strings.TrimSpace(seen) && status.Unpushed == 0 && status.Err == nil
	})
	return here
}

// outsideLine has somebody with the git command line push a line to the log.
func outsideLine(t testing.TB, work, line string) {
	t.Helper()
	for {
		runGit(t, work, "fetch", "-q", "origin")
		if _, err := tryGit(work, "rev-parse", "origin/main"); err == nil {
			runGit(t, work, "reset", "-q", "--hard", "origin/main")
		}
		log, _ := os.ReadFile(filepath.Join(work, "log"))
		write(t, work, "log", append(log, line+"\n"...))
		runGit(t, work, "add", "-A")
		runGit(t, work, "commit", "-q", "-m", "outside "+line)
		if _, err := tryGit(work, "push", "-q", "origin", "HEAD:main"); err == nil {
			return
		}
	}
}

func add(t testing.TB, r *Rulebook, line string) rules.Tree {
	t.Helper()
	tree, err := r.Update(t.Context(), appendLine("log", line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return tree
}

// hostLines returns the log on the server.
func hostLines(t testing.TB, host string) []string {
	t.Helper()
	return strings.Fields(runGit(t, host, "show", "main:log"))
}

// modes runs a test once for each way of pushing.
func modes(t *testing.T, test func(t *testing.T, required bool)) {
	t.Helper()
	for name, required := range map[string]bool{"eventual": false, "required": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, required)
		})
	}
}

func TestFirstPushMakesTheBranch(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		keepUp(t, r, Following{})
		update(t, r, map[string][]byte{"log": {}})
		for i := range 5 {
			add(t, r, fmt.Sprint("line", i))
		}
		same(t, r, host)
		if diff := cmp.Diff([]string{"line0", "line1", "line2", "line3", "line4"}, hostLines(t, host)); diff != "" {
			t.Errorf("on the server (-want +got):\n%s", diff)
		}
		status := r.Remote()
		if status.URL != host || status.Required != required || status.LastPush.IsZero() || !status.Oldest.IsZero() {
			t.Errorf("status %+v", status)
		}
	})
}

func TestClone(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		work := outsider(t, host)
		for i := range 30 {
			outsideLine(t, work, fmt.Sprint("outside", i))
		}
		runGit(t, host, "gc", "-q") // with deltas
		var heard []string
		r := openBook(t, Options{Remote: at(t, host), Required: required, Progress: func(s string) { heard = append(heard, s) }})
		if got := strings.TrimSpace(runGit(t, r.dir, "rev-list", "--count", "main")); got != "30" {
			t.Errorf("%s commits were cloned, want 30", got)
		}
		if !slices.Contains(heard, "checking 90 objects") {
			t.Errorf("progress says %q", heard)
		}
		fsck(t, r.dir)
		keepUp(t, r, Following{})
		add(t, r, "ours")
		same(t, r, host)
		if got := hostLines(t, host); len(got) != 31 || got[30] != "ours" {
			t.Errorf("on the server: %q", got)
		}
	})
}

// TestShallowServer begins with a server that has not all that its own commits name.
func TestShallowServer(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	work := outsider(t, host)
	for _, line := range []string{"one", "two", "three"} {
		outsideLine(t, work, line)
	}
	shallow := filepath.Join(t.TempDir(), "shallow.git")
	runGit(t, filepath.Dir(shallow), "clone", "-q", "--bare", "--depth=2", "file://"+host, shallow)
	_, err := Open(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "rulebook.git"), Committer: service, Remote: at(t, shallow)})
	if err == nil || !strings.Contains(err.Error(), "`git fetch --unshallow`") {
		t.Errorf("Open = %v", err)
	}
}

func TestOpenWithAServer(t *testing.T) {
	t.Parallel()
	t.Run("no rulebook, no server", func(t *testing.T) {
		t.Parallel()
		modes(t, func(t *testing.T, required bool) {
			p := patch(at(t, gitHost(t)))
			p.down = true
			dir := filepath.Join(t.TempDir(), "rulebook.git")
			_, err := Open(t.Context(), Options{Dir: dir, Committer: service, Remote: p, Required: required})
			if err == nil || rules.KindOf(err) != rules.Unavailable || !strings.Contains(err.Error(), "there is no rulebook at "+dir) {
				t.Fatalf("Open = %v", err)
			}
			p.set(func(p *patchy) { p.down = false })
			openBook(t, Options{Dir: dir, Remote: p, Required: required}) // and nothing is in the way then
		})
	})
	t.Run("a rulebook, no server", func(t *testing.T) {
		t.Parallel()
		host := gitHost(t)
		local := openBook(t, Options{})
		update(t, local, map[string][]byte{"log": {}})
		if err := local.Close(); err != nil {
			t.Fatal(err)
		}
		p := patch(at(t, host))
		p.down = true
		r := openBook(t, Options{Dir: local.dir, Remote: p})
		keepUp(t, r, Following{})
		add(t, r, "one")
		until(t, "the status says that the server does not answer", func() bool { return r.Remote().Err != nil })
		if got := r.Remote(); got.Unpushed != 2 || !got.Oldest.Equal(noon) {
			t.Errorf("status %+v", got)
		}
		p.set(func(p *patchy) { p.down = false })
		r.Kick()
		same(t, r, host)
		if p.now().pushes != 1 {
			t.Errorf("%d pushes, want everything in one", p.now().pushes)
		}
	})
	t.Run("unrelated histories", func(t *testing.T) {
		t.Parallel()
		host := gitHost(t)
		outsideLine(t, outsider(t, host), "theirs")
		local := openBook(t, Options{})
		head := update(t, local, map[string][]byte{"log": {}})
		if err := local.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), Options{Dir: local.dir, Committer: service, Remote: at(t, host), Logger: local.log})
		if !errors.Is(err, errUnrelated) || !strings.Contains(err.Error(), "name an empty repository") {
			t.Fatalf("Open = %v", err)
		}
		r := openBook(t, Options{Dir: local.dir}) // nothing was changed by it
		if now, err := r.Head(t.Context()); err != nil || now.Revision() != head.Revision() {
			t.Errorf("the head is %v, %v", now, err)
		}
	})
}

// TestSomebodyElseBegins has somebody make the branch, as Git hosts do with a first README, after the rulebook met the server without it: our commit goes on
// top of theirs, also after a restart. A server that was met as another one is no such.
func TestSomebodyElseBegins(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	p := patch(at(t, host))
	r := openBook(t, Options{Remote: p})
	p.set(func(p *patchy) { p.down = true })
	update(t, r, map[string][]byte{"log": {}})
	add(t, r, "ours")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	fsck(t, r.dir)

	other := gitHost(t)
	outsideLine(t, outsider(t, other), "of another rulebook")
	if _, err := Open(t.Context(), Options{Dir: r.dir, Committer: service, Remote: at(t, other), Logger: r.log}); !errors.Is(err, errUnrelated) {
		t.Fatalf("Open with another server = %v", err)
	}

	work := outsider(t, host)
	write(t, work, "README.md", []byte("# Rules\n"))
	push(t, work)
	p.set(func(p *patchy) { p.down = false })
	r = openBook(t, Options{Dir: r.dir, Remote: p})
	keepUp(t, r, Following{})
	r.Kick()
	same(t, r, host)
	if got := runGit(t, host, "show", "main:README.md"); got != "# Rules\n" {
		t.Errorf("theirs is %q", got)
	}
	if got := hostLines(t, host); !slices.Equal(got, []string{"ours"}) {
		t.Errorf("on the server: %q", got)
	}
	if got := runGit(t, r.dir, "for-each-ref", blankRef.String()); got != "" {
		t.Errorf("the rulebook still takes the server for one without a branch: %s", got)
	}
}

// TestReplan has somebody be faster again and again while commits wait here: they are planned again and nothing of either is lost.
func TestReplan(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	work := outsider(t, host)
	outsideLine(t, work, "first")
	p := patch(at(t, host))
	r := openBook(t, Options{Remote: p})
	moved := make(chan struct{}, 100)
	keepUp(t, r, Following{Moved: func(context.Context) { moved <- struct{}{} }})
	want := map[string]bool{"first": true}
	for round := range 3 {
		p.set(func(p *patchy) { p.down = true })
		for i := range 3 {
			line := fmt.Sprintf("ours%d-%d", round, i)
			add(t, r, line)
			want[line] = true
		}
		if got := r.Remote().Unpushed; got != 3 {
			t.Errorf("%d commits are to be pushed, want 3", got)
		}
		old := runGit(t, r.dir, "rev-parse", "main")
		line := fmt.Sprint("theirs", round)
		outsideLine(t, work, line)
		want[line] = true
		p.set(func(p *patchy) { p.down = false })
		r.Kick()
		head := same(t, r, host)
		<-moved
		if runGit(t, r.dir, "for-each-ref", "--contains", strings.TrimSpace(old), "refs/alertsmith/kept/") == "" {
			t.Error("where the branch stood is not kept")
		}
		tree, err := r.At(t.Context(), head)
		if err != nil {
			t.Fatal(err)
		}
		linesOnce(t, tree, "log", want)
	}
	checkRequests(t, r, want)
	if got := runGit(t, host, "log", "-1", "--format=%an|%ad|%(trailers:only)", "--date=iso", "main"); got != "Aiko Tanaka|2026-11-21 12:00:00 +0900|Request-Id: ours2-2\n\n" {
		t.Errorf("the last commit says %q", got)
	}
}

// checkRequests holds that every line that is ours has one commit.
func checkRequests(t *testing.T, r *Rulebook, lines map[string]bool) {
	t.Helper()
	for line := range lines {
		if strings.HasPrefix(line, "ours") {
			if found, err := r.FindRequest(t.Context(), line); err != nil || len(found) != 1 {
				t.Errorf("%s has %d commits, %v", line, len(found), err)
			}
		}
	}
}

// TestReplanLeavesOutWhatTheServerHas: an undo has the request of the change that it undoes, and is another commit.
func TestReplanLeavesOutWhatTheServerHas(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	work := outsider(t, host)
	outsideLine(t, work, "first")
	p := patch(at(t, host))
	r := openBook(t, Options{Remote: p})
	p.set(func(p *patchy) { p.down = true })
	trailers := func(action string) []rules.Trailer {
		return []rules.Trailer{{Key: "Request-Id", Value: "r1"}, {Key: "Action", Value: action}}
	}
	update(t, r, map[string][]byte{"x": []byte("1")}, trailers("add")...)
	update(t, r, map[string][]byte{"x": nil}, trailers("undo")...)
	update(t, r, map[string][]byte{"y": []byte("1")}, rules.Trailer{Key: "Request-Id", Value: "r2"})
	// Somebody takes the first one over and rebases it, with its message. Somebody else only says that the last one is there.
	runGit(t, work, "fetch", "-q", r.dir, "main")
	taken := strings.TrimSpace(runGit(t, work, "rev-parse", "FETCH_HEAD~2"))
	outsideLine(t, work, "second")
	runGit(t, work, "cherry-pick", taken)
	runGit(t, work, "commit", "-q", "--allow-empty", "-m", "forged\n\nRequest-Id: r2")
	runGit(t, work, "push", "-q", "origin", "main")
	var planned []string
	keepUp(t, r, Following{Replan: func(_ context.Context, own rules.OwnCommit, _ rules.Tree) (rules.Commit, error) {
		planned = append(planned, rules.TrailerOf(own.Trailers, "Request-Id")+" "+rules.TrailerOf(own.Trailers, "Action"))
		if got := content(t, own.Before, ""); len(got) == 0 {
			t.Error("nothing was there before")
		}
		c := rules.Commit{Author: own.Author, When: own.When, Subject: own.Subject, Trailers: own.Trailers}
		if own.Parent != "" && rules.TrailerOf(own.Trailers, "Action") == "undo" {
			c.Files = map[string][]byte{"x": nil}
		}
		return c, nil
	}})
	p.set(func(p *patchy) { p.down = false })
	r.Kick()
	same(t, r, host)
	if diff := cmp.Diff([]string{"r1 undo", "r2 "}, planned); diff != "" {
		t.Errorf("planned again (-want +got):\n%s", diff)
	}
	for id, want := range map[string]int{"r1": 2, "r2": 2} {
		if found, err := r.FindRequest(t.Context(), id); err != nil || len(found) != want {
			t.Errorf("%s has %d commits, %v; want %d", id, len(found), err, want)
		}
	}
	if got := runGit(t, host, "ls-tree", "--name-only", "main"); got != "log\n" {
		t.Errorf("on the server are %q", got)
	}
}

// TestCommitsOfOthersHere has people push to the rulebook's own repository although there is a server.
func TestCommitsOfOthersHere(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	theirs := outsider(t, host)
	outsideLine(t, theirs, "first")
	p := patch(at(t, host))
	r := openBook(t, Options{Remote: p})
	told := make(chan string, 10)
	keepUp(t, r, Following{Left: func(ctx context.Context, c rules.PastCommit, kept string) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		unlock, err := r.lockWriter(ctx)
		if err != nil {
			t.Error("changes wait while it is told")
		} else {
			unlock()
		}
		told <- c.Subject + " " + kept
	}})
	here := outsider(t, r.dir)
	outsideLine(t, here, "here") // the server has not moved: it is pushed as ours are
	same(t, r, host)

	p.set(func(p *patchy) { p.down = true })
	write(t, here, "other", []byte("other"))
	runGit(t, here, "add", "-A")
	runGit(t, here, "commit", "-q", "-m", "fits\n\nSome words.")
	runGit(t, here, "push", "-q", "origin", "main")
	outsideLine(t, here, "does-not-fit")
	until(t, "the commits are seen", func() bool { return r.Remote().Unpushed == 2 })
	outsideLine(t, theirs, "second")
	p.set(func(p *patchy) { p.down = false })
	r.Kick()
	same(t, r, host)
	if got := runGit(t, host, "log", "--format=%an %cn %s", "main"); got != "Outsider Outsider fits\nOutsider Outsider outside second\nOutsider Outsider outside here\nOutsider Outsider outside first\n" {
		t.Errorf("on the server: %s", got)
	}
	left := <-told
	if !strings.HasPrefix(left, "outside does-not-fit refs/alertsmith/kept/") || len(told) > 0 {
		t.Fatalf("kept aside: %q and %d more", left, len(told))
	}
	_, ref, _ := strings.Cut(left, "fit ")
	if got := runGit(t, r.dir, "show", ref+":log"); got != "first\nhere\ndoes-not-fit\n" {
		t.Errorf("what is kept says %q", got)
	}
}

// TestForgedCommitHere has somebody push a commit here that says to be the service's: planned again it is theirs.
func TestForgedCommitHere(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	theirs := outsider(t, host)
	outsideLine(t, theirs, "first")
	p := patch(at(t, host))
	as := rules.Person{Name: "Outsider", Email: "o@example.org"} // the service, and the committer that Git is told by the test
	r := openBook(t, Options{Remote: p, Committer: as, Signer: func([]byte) (string, error) { return "signature of the service", nil }})
	keepUp(t, r, Following{
		Ours: func(context.Context, rules.PastCommit) (bool, error) { return false, nil },
		Replan: func(_ context.Context, own rules.OwnCommit, _ rules.Tree) (rules.Commit, error) {
			t.Errorf("it is planned again as a commit of ours: %+v", own.PastCommit)
			return rules.Commit{}, errors.New("not ours")
		},
	})
	p.set(func(p *patchy) { p.down = true })
	here := outsider(t, r.dir)
	write(t, here, "x", []byte("1"))
	runGit(t, here, "add", "-A")
	runGit(t, here, "commit", "-q", "--author=Forger <f@example.org>", "-m", "add x\n\nAction: add\nRequest-Id: r1")
	runGit(t, here, "push", "-q", "origin", "HEAD:main")
	until(t, "the commit is seen", func() bool { return r.Remote().Unpushed == 1 })
	outsideLine(t, theirs, "second")
	p.set(func(p *patchy) { p.down = false })
	r.Kick()
	same(t, r, host)
	want := "Forger add x\nAction: add\n\n"
	if got := runGit(t, host, "log", "-1", "--format=%an %s%n%(trailers)", "main"); got != want || strings.Contains(runGit(t, host, "cat-file", "commit", "main"), "gpgsig") {
		t.Errorf("on the server: %q, want %q", got, want)
	}
}

// TestLastNews has Follow end with something to tell: nobody else would.
func TestLastNews(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{Remote: at(t, gitHost(t))})
	r.stands.foreign = true
	r.sync.decided = []decision{{"r1", true}}
	var past rules.PastCommit
	past.Revision = "c1"
	r.sync.leave(leftOut{past, "kept"})
	var told []string
	hear := func(ctx context.Context, what ...any) {
		if ctx.Err() != nil {
			t.Errorf("%v is told with a context that has ended", what)
		}
		told = append(told, fmt.Sprint(what...))
	}
	ended, end := context.WithCancel(t.Context())
	end()
	err := r.Follow(ended, Following{
		Moved:   func(ctx context.Context) { hear(ctx, "moved") },
		Decided: func(ctx context.Context, request string, accepted bool) { hear(ctx, request, " ", accepted) },
		Left:    func(ctx context.Context, c rules.PastCommit, kept string) { hear(ctx, c.Revision, " ", kept) },
	})
	if err != nil {
		t.Errorf("Follow = %v", err)
	}
	if diff := cmp.Diff([]string{"moved", "r1 true", "c1 kept"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestRewritten has somebody push by force: nothing is followed until the old commit is there again, or an operator accepts.
func TestRewritten(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		work := outsider(t, host)
		outsideLine(t, work, "first")
		outsideLine(t, work, "second")
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		told := make(chan rules.Rewritten, 10)
		stop := keepUp(t, r, Following{Rewritten: func(_ context.Context, w rules.Rewritten) { told <- w }})
		was := add(t, r, "ours1").Revision()
		same(t, r, host)

		runGit(t, work, "fetch", "-q", "origin")
		runGit(t, work, "reset", "-q", "--hard", "origin/main~2")
		write(t, work, "new", []byte("new"))
		runGit(t, work, "add", "-A")
		runGit(t, work, "commit", "-q", "-m", "rewritten")
		now := strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD"))
		runGit(t, work, "push", "-q", "--force", "origin", "HEAD:main")
		r.Kick()
		until(t, "it is noticed", func() bool { return r.Remote().Rewritten != nil })
		if got := *r.Remote().Rewritten; got.Was != was || got.Now != now || got.Since.IsZero() || r.Remote().Err != nil {
			t.Errorf("rewritten: %+v, want from %s to %s", got, was, now)
		}
		if got := <-told; got.Was != was || got.Now != now {
			t.Errorf("told that it was rewritten: %+v, want from %s to %s", got, was, now)
		}
		want := map[string]bool{"first": true}
		_, err := r.Update(t.Context(), appendLine("log", "ours2"))
		switch {
		case required && (rules.KindOf(err) != rules.Unavailable || !strings.Contains(fmt.Sprint(err), "`git.accept_rewritten: "+now+"`") ||
			!strings.HasPrefix(fmt.Sprint(err), "nothing was changed: the history on the Git server")):
			t.Errorf("a change that has to be pushed: %v", err)
		case !required && err != nil:
			t.Errorf("a change: %v", err)
		case !required:
			want["ours2"] = true
		}
		if got := strings.TrimSpace(runGit(t, host, "rev-parse", "main")); got != now {
			t.Errorf("the server's branch was moved to %s", got)
		}
		stop()
		if len(told) > 0 {
			t.Errorf("told again: %+v", <-told)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}

		r = openBook(t, Options{Dir: r.dir, Remote: at(t, host), Required: required, AcceptRewritten: now})
		keepUp(t, r, Following{})
		head := same(t, r, host)
		if r.Remote().Rewritten != nil {
			t.Error("the status says still that the history was rewritten")
		}
		tree, err := r.At(t.Context(), head)
		if err != nil {
			t.Fatal(err)
		}
		linesOnce(t, tree, "log", want)
		// The option stands in a configuration file: it accepts this once.
		runGit(t, work, "commit", "-q", "--amend", "-m", "rewritten again")
		add(t, r, "ours3")
		same(t, r, host)
		runGit(t, work, "push", "-q", "--force", "origin", "HEAD:main")
		r.Kick()
		until(t, "it is noticed again", func() bool { return r.Remote().Rewritten != nil })
	})
}

// TestSetBack has the server's branch set back to an older commit, as by a backup of it or by force: what was there is left out once an operator
// accepts that, and what was never there is kept.
func TestSetBack(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		stop := keepUp(t, r, Following{})
		now := add(t, r, "ours1").Revision()
		add(t, r, "ours2")
		same(t, r, host)
		runGit(t, host, "update-ref", "refs/heads/main", now)
		r.Kick()
		until(t, "it is noticed", func() bool { return r.Remote().Rewritten != nil })
		want := map[string]bool{"ours1": true}
		if !required {
			add(t, r, "ours3")
			want["ours3"] = true
		}
		stop()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}

		r = openBook(t, Options{Dir: r.dir, Remote: at(t, host), Required: required, AcceptRewritten: now})
		stop = keepUp(t, r, Following{})
		until(t, "it is accepted", func() bool { s := r.Remote(); return s.Rewritten == nil && !s.LastFetch.IsZero() && s.Unpushed == 0 })
		tree, err := r.At(t.Context(), same(t, r, host))
		if err != nil {
			t.Fatal(err)
		}
		linesOnce(t, tree, "log", want)
		// The option stands in a configuration file: it accepts this once.
		add(t, r, "ours4")
		same(t, r, host)
		runGit(t, host, "update-ref", "refs/heads/main", now)
		r.Kick()
		until(t, "it is noticed again", func() bool { return r.Remote().Rewritten != nil })
		// Also after a restart with it, and until a start without it.
		for _, start := range []struct {
			accept         string
			used, accepted bool
		}{{now, true, false}, {"", false, false}, {now, false, true}} {
			stop()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			r = openBook(t, Options{Dir: r.dir, Remote: at(t, host), Required: required, AcceptRewritten: start.accept})
			stop = keepUp(t, r, Following{})
			if start.accepted {
				same(t, r, host)
				continue
			}
			until(t, "it is not accepted", func() bool { return r.Remote().Rewritten != nil })
			if w := r.Remote().Rewritten; w.Used != start.used {
				t.Errorf("accepting %q: %+v", start.accept, w)
			}
		}
	})
}

// TestPushedInParts has a server that does not take at once all that waits for it, or one commit of it not at all: what it takes is pushed.
func TestPushedInParts(t *testing.T) {
	t.Parallel()
	const commits = 12
	waiting := func(t *testing.T, host string) *Rulebook {
		t.Helper()
		p := patch(at(t, host))
		r := openBook(t, Options{Remote: p})
		add(t, r, "first")
		if err := r.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range commits {
			update(t, r, map[string][]byte{fmt.Sprintf("dir/%d", i): []byte(rand.Text() + rand.Text() + rand.Text())})
		}
		return r
	}
	t.Run("too much at once", func(t *testing.T) {
		t.Parallel()
		host := gitHost(t)
		r := waiting(t, host)
		runGit(t, host, "config", "receive.maxInputSize", "2000")
		if err := r.round(t.Context()); err != nil || r.Remote().Unpushed != 0 {
			t.Errorf("a round: %v, %d commits wait", err, r.Remote().Unpushed)
		}
		same(t, r, host)
	})
	t.Run("one that is refused", func(t *testing.T) {
		t.Parallel()
		host := gitHost(t)
		r := waiting(t, host)
		hook(t, host, "pre-receive", "read old new ref; test -z \"$(git ls-tree $new dir/7)\"")
		if err := r.round(t.Context()); !isRejected(err) {
			t.Errorf("a round: %v, want that the server says no", err)
		}
		if got := r.Remote().Unpushed; got != commits-7 {
			t.Errorf("%d commits wait, want %d", got, commits-7)
		}
		runGit(t, host, "rev-parse", "main:dir/6")
	})
	t.Run("a side branch", func(t *testing.T) {
		t.Parallel()
		host := gitHost(t)
		p := patch(at(t, host))
		r := openBook(t, Options{Remote: p})
		add(t, r, "first")
		add(t, r, "second")
		if err := r.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		had := runGit(t, host, "rev-parse", "main")
		side := strings.TrimSpace(runGit(t, r.dir, "commit-tree", "-p", "main~1", "-m", "beside the second", "main~1^{tree}"))
		merge := strings.TrimSpace(runGit(t, r.dir, "commit-tree", "-p", "main", "-p", side, "-m", "both", "main~1^{tree}"))
		runGit(t, r.dir, "update-ref", "refs/heads/main", merge)
		hook(t, host, "pre-receive", "read old new ref; test "+merge+" != $new")
		if err := r.round(t.Context()); !isRejected(err) {
			t.Errorf("a round: %v, want that the server says no", err)
		}
		if now := runGit(t, host, "rev-parse", "main"); now != had {
			t.Errorf("the server's branch was set from %s to %s", had, now)
		}
	})
}

// TestRewrittenAndBack ends when the server has the old commit again.
func TestRewrittenAndBack(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		work := outsider(t, host)
		outsideLine(t, work, "first")
		outsideLine(t, work, "second")
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		keepUp(t, r, Following{})
		same(t, r, host)
		for name, rewrite := range map[string][]string{"back": {"update-ref", "refs/heads/main", "main~"}, "gone": {"update-ref", "-d", "refs/heads/main"}} {
			old := strings.TrimSpace(runGit(t, host, "rev-parse", "main"))
			runGit(t, host, rewrite...)
			r.Kick()
			until(t, name+" is noticed", func() bool { return r.Remote().Rewritten != nil })
			runGit(t, host, "update-ref", "refs/heads/main", old)
			r.Kick()
			until(t, name+" is over", func() bool { return r.Remote().Rewritten == nil })
		}
		add(t, r, "ours")
		same(t, r, host)
	})
}
