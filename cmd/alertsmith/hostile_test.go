package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// hostile are inputs that mean something to whatever may read them: YAML, PromQL, LogQL, Markdown, Git, a shell, a path, a terminal.
func hostile() []string {
	inputs := []string{
		`'`, `"`, "`", `\`, `"'`, `\"`, `""""`, "```", "“", "‘’", `'; DROP TABLE commands; --`,
		"a\nb", "\n\n\n", "a\r\nb", "\x00", "a\x00b", "\x1b[31mred\x1b[0m", "\a\b\f\v", "\xff\xfe", "a\u0085b", "\u2028", "\u2029",
		"../../../etc/passwd", "..", ".", "/", "/etc/passwd", `..\..\x`, "a/../../b", "~root", "CON", "a/b", ".git/config", ".lock", "main.lock",
		"-", "--", "--upload-pack=x", "-o", "$(id)", "`id`", "${HOME}", "; rm -rf /", "| id", "&& id", "%2e%2e%2f", "%00", "%s%n%x",
		"- alert: x", "groups:", "a: b", "{a: b}", "[a]", "&a", "*a", "!!python/object", "? a", "| a", "> a", "%YAML 1.2", "---", "...", "#", "# x",
		"null", "~", "true", "yes", "1", "1e1000", ".inf", "0x1F", "2026-11-22", "<<: *a", "a\n  - alert: evil\n    expr: vector(1)", "x'\n- y",
		`up == 0`, `up{job="x"}`, `vector(1) or vector(2)`, `up ==`, `((((`, `))))`, `}`, `{`, `{}`, `{job=~".*"}`, `1/0`, `up[5m`, `offset -1d`,
		`{job="x"} |= "a" | json`, `|= "b"`, `!= "c"`, `|~ ".*"`, `{job="x"} |= "a" or {job="y"}`, `/(a+)+$/`, `/[/`, `/*/`, `//`, `/.*/`,
		"{{ . }}", "{{ $labels.x }}", "{{ query `up` }}", `{{ printf "%100000000d" 1 }}`, "{{", "}}", "{{ template \"x\" }}", "{{ range $i := . }}",
		"@channel", "@all", "@here", "<!channel>", "<!here>", "<!everyone>", "<@U1>", "＠channel", "@\u200bchannel", "@channel @all @here",
		"# heading", "**bold**", "[x](javascript:alert(1))", "![x](http://127.0.0.1/x.png)", "<script>alert(1)</script>", "<http://x|y>", "> quote",
		"| a | b |\n|---|---|", "$$x$$", "~~~", "~town-square", ":smile:", "http://127.0.0.1/", "&lt;b&gt;", "&amp;&amp;",
		"\u202eabc", "\u200b", "\ufeff", "a\u0301", "ﬁ", "ＡＢＣ", "İ", "🚨", "日本語", "اختبار", "𝕏", "　", "：", "＝",
		"Request-Id: 1", "\nRequest-Id: 1", "Alert: x\nActor: root", "Co-authored-by: x <x@y>", "Signed-off-by: x", "diff --git a/x b/x",
		strings.Repeat("a", 300), strings.Repeat("a", 9000), strings.Repeat("(", 4000), strings.Repeat("{", 4000), strings.Repeat("[", 4000),
		strings.Repeat("1+", 4000) + "1", strings.Repeat("-", 8000), strings.Repeat("a=", 4000), strings.Repeat(`"a" `, 3000), strings.Repeat("\n", 9000),
		strings.Repeat("é", 5000), strings.Repeat("@all ", 3000), strings.Repeat("- a\n", 3000), strings.Repeat("  ", 5000) + "x", strings.Repeat("#2", 3000),
		"NAME#2", "NAME#0", "NAME#-1", "NAME#99999999999999999999", "x:y/z", "prometheus:a/b/c", ":", "::", "a:b:c:d", "loki:",
		"0", "-5m", "5", "5x", "1h5m", "99999999y", "1.5h", "5m5m", "NaN", "Inf", "1e309", "0s", "1ns", " 5m", "5M",
		"password=hunter2", "token: abcdefghij", "name", "alert", "__name__", "le", "ALERTS", "alertname", "severity", "job", "count", "sum", "by",
	}
	return slices.Compact(inputs)
}

// hostileCommands puts an input into every argument that there is. n is the input's number: arguments that end up in a rulebook are given
// an eighth of the inputs each, in turn, for every commit costs its time. (Package bot's own test gives each argument all of its.)
func hostileCommands(n int, input string) []string {
	quoted := `"` + strings.ReplaceAll(input, `"`, `\"`) + `"`
	commands := []string{
		input,
		"add " + input,
		"add\n" + input,
		"delete " + quoted + " reason=" + quoted,
		"list " + quoted,
		"help " + quoted,
	}
	for i, add := range []string{
		"add " + quoted + " expr='up == 0'",
		"add NAME " + quoted + " Ban 5m ruler=loki",
		"add NAME job " + quoted + " 5m",
		"add NAME job Ban " + quoted,
		"add NAME expr=" + quoted,
		"add NAME expr='up == 0' severity=" + quoted + " label.a=" + quoted,
		"add NAME expr='up == 0' summary=" + quoted + " description=" + quoted,
		"add NAME expr='up == 0' namespace=" + quoted + " group=" + quoted,
		"add NAME expr='up == 0' for=" + quoted,
		"add NAME expr='up == 0' reason=" + quoted,
	} {
		if (n+i)%8 == 0 {
			commands = append(commands, strings.Replace(add, "NAME", fmt.Sprintf("x%d-%d", n, i), 1))
		}
	}
	return commands
}

// The only paths that a command given in the channel `ops` may write: rule files below a namespace, and the journal.
var lawfulPath = regexp.MustCompile(`^((prometheus|loki)/([^/\x00-\x1f]+/)+[^/\x00-\x1f]+\.yaml|journal/\d{4}/\d{2}/\d{4}-\d{2}-\d{2}(-\d+)?\.md)$`)

// fences and code spans, in which Mattermost finds no mentions.
var inCode = regexp.MustCompile("(?s)(````+|```).*?(````+|```)|`+[^`]*`+")

// TestHostileInputs gives the service about 200 hostile inputs in every argument: each is refused, or harmlessly stored.
func TestHostileInputs(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--loki.url=http://127.0.0.1:1")
	s.start()
	before := s.storedNames()
	inputs := hostile()
	var committed atomic.Int64
	var atOnce sync.WaitGroup
	const people = 4
	for person := range people {
		atOnce.Go(func() {
			for n := person; n < len(inputs); n += people {
				for _, command := range hostileCommands(n, inputs[n]) {
					if s.suffer(command).committed() {
						committed.Add(1)
					}
				}
			}
		})
	}
	atOnce.Wait()
	if a, err := s.command("add\n" + strings.Repeat("[", 300_000)); err != nil || a.result != rules.ValidationError {
		t.Errorf("deep nesting: %+v, %v", a, err)
	}
	// One byte more than is read: the service has taken all of it, so that the connection is whole when it answers.
	form := s.form("")
	form.Set("text", strings.Repeat("a", 1<<20+1-len(form.Encode())))
	if a, err := s.post(form); err != nil || a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 1 MB: %+v, %v", a, err)
	}

	// Nothing is written outside its place, and everything that is written is sound.
	s.git("fsck", "--strict")
	names := strings.TrimSuffix(s.git("ls-tree", "-r", "-z", "--name-only", "main"), "\x00")
	for name := range strings.SplitSeq(names, "\x00") {
		if !lawfulPath.MatchString(name) || !fs.ValidPath(name) {
			t.Errorf("a command wrote %q", name)
		}
	}
	if after := s.storedNames(); !slices.Equal(before, after) {
		t.Errorf("the storage path holds %q, before it held %q", after, before)
	}
	if outside, err := filepath.Glob(filepath.Join(s.dir, "*")); err != nil || len(outside) != 2 { // data and log
		t.Errorf("the working directory holds %q, %v", outside, err)
	}
	if got := len(s.subjects()); got != int(committed.Load()) || got == 0 {
		t.Errorf("%d commits for %d changes", got, committed.Load())
	}
	ids := strings.Fields(s.git("log", "--format=%(trailers:key=Request-Id,valueonly)", "main"))
	if len(ids) != int(committed.Load()) || slices.ContainsFunc(ids, func(id string) bool { return len(id) != 26 }) {
		t.Errorf("%d commits have the request ids %q", committed.Load(), ids)
	}
	s.checkRules(t)
	s.checkPages(t, inputs)
	for n, line := range strings.Split(s.printed(), "\n") {
		if strings.ContainsAny(line, "\x00\x1b\x07\r\u202e") {
			t.Errorf("line %d of the log has control characters: %q", n+1, line)
		}
	}
	s.stop()
}

// suffer gives a hostile command and holds what is true of every answer.
func (s *system) suffer(command string) answer {
	a, err := s.command(command)
	if err != nil || a.status != http.StatusOK || a.result == "" || a.result == rules.Failed {
		s.t.Errorf("%.300q: %d %s %.300s, %v", command, a.status, a.result, a.text, err)
	}
	if pings(inCode.ReplaceAllString(a.text, "")) {
		s.t.Errorf("%.300q pings: %.1000s", command, a.text)
	}
	if n := utf8.RuneCountInString(a.text); n > 16383 {
		s.t.Errorf("%.300q is answered with %d characters", command, n)
	}
	return a
}

var ping = regexp.MustCompile(`(?i)[@＠﹫](channel|all|here|everyone)|<!|<@`)

func pings(text string) bool { return ping.MatchString(text) }

// checkRules checks what was stored the way anybody can: by `alertsmith check` on a clone.
func (s *system) checkRules(t *testing.T) {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	s.git("clone", "--quiet", filepath.Join(s.dir, "data", rulebookName), clone)
	var out strings.Builder
	p := &process{getenv: os.Getenv, stdout: &out, stderr: &out}
	if err := p.run(t.Context(), []string{"check", clone}); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// BenchmarkRefuse gives the service every hostile input in every argument and reports how long the slowest takes to refuse, over HTTP and
// with the journal, at its fastest: what the machine does beside it is not the service's slowness. It should stay below 100 ms.
func BenchmarkRefuse(b *testing.B) {
	s := newSystem(b, "--prometheus.url=http://127.0.0.1:1", "--loki.url=http://127.0.0.1:1")
	s.start()
	var commands []string
	for n, input := range append(hostile(), strings.Repeat("[", 300_000)) {
		commands = append(commands, hostileCommands(n, input)...)
	}
	fastest := make([]time.Duration, len(commands))
	for b.Loop() {
		for i, command := range commands {
			start := time.Now()
			a, err := s.command(command)
			took := time.Since(start)
			if err != nil {
				b.Fatalf("%.300q: %v", command, err)
			}
			if !a.committed() && (fastest[i] == 0 || took < fastest[i]) {
				fastest[i] = took
			}
		}
	}
	slowest := slices.Index(fastest, slices.Max(fastest))
	b.ReportMetric(float64(fastest[slowest].Microseconds())/1000, "slowest-ms")
	b.ReportMetric(0, "ns/op") // the sum of all tells nothing
	b.Logf("the slowest to be refused is %.60q: %v", commands[slowest], fastest[slowest])
	s.stop()
}
