package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// system is a service in a process of its own, with a directory of its own.
type system struct {
	t       testing.TB
	dir     string // the process's working directory; its storage path is data below it
	url     string
	client  *http.Client
	args    []string
	process *exec.Cmd
	log     *os.File // what every process of the service printed
}

// newSystem prepares a service; start starts it.
func newSystem(t testing.TB, args ...string) *system {
	t.Helper()
	address, err := freeAddress(t.Cleanup)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &system{t: t, dir: dir, url: "http://" + address, client: http.DefaultClient, log: log}
	s.args = append([]string{"serve", "--web.listen-address=" + address, "--log.level=debug"}, args...)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the service printed:\n%s", s.printed())
		}
		log.Close()
	})
	return s
}

// start starts the service, with variables like NAME=value, and waits until it is ready.
func (s *system) start(environment ...string) {
	s.t.Helper()
	s.launch(environment...)
	if err := awaitReady(s.url); err != nil {
		s.t.Fatal(err)
	}
}

// launch is start without waiting.
func (s *system) launch(environment ...string) {
	s.t.Helper()
	s.process = exec.Command("alertsmith", s.args...)
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.dir, s.log, s.log
	s.process.Env = append(os.Environ(), environment...)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// kill ends the service as a power failure would, if it runs.
func (s *system) kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // fails only when it has ended
	_ = s.process.Wait()         // as killed
	s.process = nil
}

// stop ends the service as an operator would.
func (s *system) stop() {
	s.t.Helper()
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Wait(); err != nil {
		s.t.Fatal(err)
	}
	s.process = nil
}

func (s *system) printed() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// token returns the service's own command token.
func (s *system) token() string {
	s.t.Helper()
	token, err := readToken(filepath.Join(s.dir, "data", tokenName))
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// answer is what came back for a command.
type answer struct {
	status int
	result rules.Result
	text   string
	kind   string // response_type
}

// committed reports whether the command made a commit.
func (a answer) committed() bool {
	return a.kind == "in_channel" && strings.Contains(a.text, "committed as")
}

// post sends a command's form. The error is the connection's.
func (s *system) post(form url.Values) (a answer, err error) {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/mattermost/command", strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Token "+form.Get("token"))
	response, err := s.client.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return a, err
	}
	a = answer{status: response.StatusCode, result: rules.Result(response.Header.Get(bot.ResultHeader))}
	if a.status == http.StatusOK {
		var reply struct {
			Text string `json:"text"`
			Kind string `json:"response_type"`
		}
		err = json.Unmarshal(body, &reply)
		a.text, a.kind = reply.Text, reply.Kind
	}
	return a, err
}

// ended returns what the journal says of a command, given once; the service may run meanwhile.
func (s *system) ended(command string) (found rules.Record) {
	s.t.Helper()
	for _, record := range s.recorded() {
		if record.Request.Command == command {
			found = record
		}
	}
	return found
}

// recorded returns what the journal has, the newest first; the service may run meanwhile.
func (s *system) recorded() []rules.Record {
	s.t.Helper()
	return recorded(s.t, filepath.Join(s.dir, "data", journalName))
}

// recorded returns what a journal has, the newest first.
func recorded(t testing.TB, path string) (records []rules.Record) {
	t.Helper()
	for _, e := range entriesOf(t, path) {
		records = append(records, e.Record)
	}
	return records
}

// assertJournal asserts that the journal's entries have ended, are numbered without a gap, and prove to be as they were written; and returns how
// many there are of each command that somebody gave. The service must not run.
func (s *system) assertJournal() map[string]int {
	s.t.Helper()
	entries := entriesOf(s.t, filepath.Join(s.dir, "data", journalName))
	given := map[string]int{}
	for i, e := range entries {
		if want := int64(len(entries) - i); e.Seq != want {
			s.t.Errorf("entry %d is there and entry %d is not", e.Seq, want)
		}
		if e.Record.Done.IsZero() {
			s.t.Errorf("%q has not ended", e.Record.Request.Command)
		}
		if e.Record.Request.Entry != "git" {
			given[e.Record.Request.Command]++
		}
	}
	cmd := exec.Command("alertsmith", "journal", "verify")
	cmd.Dir = s.dir
	if output, err := cmd.CombinedOutput(); err != nil {
		s.t.Errorf("verify: %v\n%s", err, output)
	}
	return given
}

// entriesOf returns what a journal has, the newest first.
func entriesOf(t testing.TB, path string) []rules.JournalEntry {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also when the test ends
	search, err := journal.OpenSearch(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer search.Close()
	page, err := search.Find(ctx, rules.JournalQuery{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

// command gives a command the way `alertsmith send` does.
func (s *system) command(text string) (answer, error) { return s.post(s.form(text)) }

// form is what `alertsmith send` sends.
func (s *system) form(text string) url.Values {
	return url.Values{
		"token": {s.token()}, "command": {"/alert"}, "text": {text},
		"user_id": {"terminal-tester"}, "user_name": {"tester"}, "channel_id": {"terminal-ops"}, "channel_name": {"ops"},
	}
}

// must is command for one that has to succeed.
func (s *system) must(text string) answer {
	s.t.Helper()
	a, err := s.command(text)
	if err != nil || a.result != rules.Success {
		s.t.Fatalf("%s: %+v, %v", text, a, err)
	}
	return a
}

func (s *system) get(path string) string {
	s.t.Helper()
	response, err := s.client.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

// git runs Git on the rulebook and returns what it printed.
func (s *system) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"--git-dir=" + filepath.Join(s.dir, "data", rulebookName)}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	output, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// await waits until something holds, and fails when it never does.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}

// subjects returns the subjects of all commits, the newest first; none for an empty rulebook.
func (s *system) subjects() []string {
	if s.git("for-each-ref") == "" {
		return nil
	}
	return strings.Split(strings.TrimSpace(s.git("log", "--format=%s", "main")), "\n")
}

// assertNoSecret fails when a secret is anywhere but in the file that it belongs in: in what was printed, below the storage path, in the
// rulebook's history or in the metrics.
func (s *system) assertNoSecret(secrets ...string) {
	s.t.Helper()
	places := map[string]string{"the log": s.printed(), "the metrics": s.get("/metrics"), "the history": s.git("log", "--all", "--patch", "--format=raw")}
	err := filepath.WalkDir(filepath.Join(s.dir, "data"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == tokenName {
			return err
		}
		content, err := os.ReadFile(path)
		places[path] = string(content)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for place, text := range places {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				s.t.Errorf("%s tells the secret %s…", place, secret[:8])
			}
		}
	}
}

// storedNames returns what is directly below the storage path, sorted.
func (s *system) storedNames() (names []string) {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, "data"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names
}
