package main

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// hostileCommands puts an input into every argument that there is.
func hostileCommands(input string) []string {
	quoted := `"` + strings.ReplaceAll(input, `"`, `\"`) + `"`
	return []string{
		input,
		"add " + input,
		"add " + quoted + " expr='up == 0'",
		"add x " + quoted + " Ban 5m ruler=loki",
		"add x job " + quoted + " 5m",
		"add x job Ban " + quoted,
		"add x expr=" + quoted,
		"add x expr='up == 0' severity=" + quoted + " label.a=" + quoted,
		"add x expr='up == 0' summary=" + quoted + " description=" + quoted,
		"add x expr='up == 0' namespace=" + quoted + " group=" + quoted,
		"add x expr='up == 0' for=" + quoted + " reason=" + quoted,
		"add\n" + input,
		"delete " + quoted + " reason=" + quoted,
		"list " + quoted,
		"help " + quoted,
	}
}

// The only paths that a command given in the channel `ops` may write: rule files below a namespace, and the journal.
var lawfulPath = regexp.MustCompile(`^((prometheus|loki)/([^/\x00-\x1f]+/)+[^/\x00-\x1f]+\.yaml|journal/\d{4}/\d{2}/\d{4}-\d{2}-\d{2}\.md)$`)

// fences and code spans, in which Mattermost finds no mentions.
var inCode = regexp.MustCompile("(?s)(````+|```).*?(````+|```)|`+[^`]*`+")

// TestHostileInputs gives the service about 200 hostile inputs in every argument: each is refused, or harmlessly stored.
func TestHostileInputs(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--loki.url=http://127.0.0.1:1")
	s.start()
	before := s.storedNames()
	committed := 0
	for _, input := range hostile() {
		for _, command := range hostileCommands(input) {
			took, a := s.timed(command)
			if a.status != http.StatusOK || a.result == "" || a.result == rules.Failed {
				t.Fatalf("%.300q: %d %s %.300s", command, a.status, a.result, a.text)
			}
			if strings.Contains(a.text, "committed as") && a.kind == "in_channel" {
				committed++
			} else if took > 100*time.Millisecond {
				t.Errorf("%.300q took %s", command, took)
			}
			if said := inCode.ReplaceAllString(a.text, ""); pings(said) {
				t.Errorf("%.300q pings: %.1000s", command, a.text)
			}
			if len([]rune(a.text)) > 16383 {
				t.Errorf("%.300q is answered with %d characters", command, len([]rune(a.text)))
			}
		}
	}
	if a, err := s.command("add x expr=" + strings.Repeat("a", 1<<20)); err == nil && a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 1 MB: %+v", a)
	}
	deep := "add\n" + strings.Repeat("[", 300_000)
	if took, a := s.timed(deep); a.result != rules.ValidationError {
		t.Errorf("deep nesting: %s after %s", a.result, took)
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
	if got := len(s.subjects()); got != committed || committed == 0 {
		t.Errorf("%d commits for %d changes", got, committed)
	}
	ids := strings.Fields(s.git("log", "--format=%(trailers:key=Request-Id,valueonly)", "main"))
	if len(ids) != committed || slices.ContainsFunc(ids, func(id string) bool { return len(id) != 26 }) {
		t.Errorf("%d commits have the request ids %q", committed, ids)
	}
	s.checkRules(t)
	for n, line := range strings.Split(s.printed(), "\n") {
		if strings.ContainsAny(line, "\x00\x1b\x07\r\u202e") {
			t.Errorf("line %d of the log has control characters: %q", n+1, line)
		}
	}
	s.stop()
}

// timed gives a command and says how long its answer took; what was slow once is tried again, for the machine may be busy.
func (s *system) timed(command string) (took time.Duration, a answer) {
	s.t.Helper()
	for try := range 5 {
		start := time.Now()
		again, err := s.command(command)
		if err != nil {
			s.t.Fatalf("%.300q: %v", command, err)
		}
		if elapsed := time.Since(start); try == 0 || elapsed < took {
			took = elapsed
		}
		if try == 0 {
			a = again
		}
		if took <= 100*time.Millisecond || strings.Contains(a.text, "committed as") {
			break
		}
	}
	return took, a
}

var ping = regexp.MustCompile(`(?i)[@＠﹫](channel|all|here|everyone)|<!|<@`)

func pings(text string) bool { return ping.MatchString(text) }

// checkRules checks what was stored the way anybody can: by `alertsmith check` on a clone.
func (s *system) checkRules(t *testing.T) {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	s.git("clone", "--quiet", filepath.Join(s.dir, "data", rulebookName), clone)
	for dir, dialect := range map[string]string{"prometheus": "promql", "loki": "logql"} {
		if _, err := os.Stat(filepath.Join(clone, dir)); err != nil {
			continue
		}
		var out strings.Builder
		p := &process{getenv: os.Getenv, stdout: &out, stderr: &out}
		if err := p.run(t.Context(), []string{"check", "--dialect=" + dialect, filepath.Join(clone, dir)}); err != nil {
			t.Errorf("%s: %v\n%s", dir, err, out.String())
		}
	}
}
