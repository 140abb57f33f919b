package bot

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// hostileValues are texts that try to be more than a value, of every language that a value passes through.
func hostileValues() []string {
	values := append(slices.Clone(hostileTexts),
		// quotes and line breaks
		`"`, `'`, "`", "```", `"""`, `''''`, `\`, `\\`, `\"`, `"\`, `“`, `”`, `‘`, "a\nb", "a\r\nb", "a\u2028b", "a\vb\fc", "{", "}", "{{", "{{}", "{{ . }}", "=", "==", "=x", "x=", "a=b=c",
		// paths
		"../x", "../../../../etc/passwd", "/etc/passwd", "..", ".", "...", "a/../../b", `..\..\x`, "%2e%2e%2fx", "a//b", "~root", "a\x00b", "con", "NUL.yaml", ".git/hooks/post-commit",
		".git", "x.yaml", "-rf", "--help", "$(id)", "`id`", "|id", ";id", "${HOME}", "%s%n%d", strings.Repeat("../", 300), "prometheus:alerts/x/x", "journal/page.md",
		// YAML
		"a: b", "- a", "&a", "*a", "!!binary x", "!!python/object/apply:os.system", "? x", "| \n x", "> \n x", "%YAML 1.1", "---", "...", "# x", "[a, b]", "{a: b}", "null", "~", "yes", "0x10", "1e3", ".inf",
		"a\n  - alert: y\n    expr: up", "x\n    labels:\n      severity: critical", "\ufeffa", "a\u0085b", "<<: *a", "@x", "'", "2026-11-21",
		// Markdown and HTML
		"[x](javascript:alert(1))", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://192.0.2.1/x)", "***", "~~~", "| a | b |", "# x", "* x", "[ ]", "$$x$$", "||x||",
		// PromQL and LogQL
		`up == 0`, `up{job="x"}`, `"} or vector(1) #`, `"}) > 0 or vector(1) #`, `{job="x"} |= "y"`, `|~ "x"`, "5m]) or vector(1) # ", `x" |= "y`, `x" or "y`, `")`, "[5m]", "(((((", ")))))", "offset 5m", "@ 0", "1 / 0",
		"label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")", "/(/", "/[/", "/(?P<x/", "/.*.*.*.*.*.*.*.*x/", "/(a{1000}){1000}/", "*", "**", "//", "/", "/a/b/", `/\/`, "count_over_time", "vector(1)", "absent(up)",
		strings.Repeat("(", 4000), strings.Repeat("-", 4000)+"1", strings.Repeat("sum(", 1000)+"up"+strings.Repeat(")", 1000), strings.Repeat("up+", 2000)+"up", strings.Repeat("{", 5000), strings.Repeat("[", 5000),
		// control characters, directions, look-alikes
		"\x00", "\x01\x02\x03", "\x1b[31mred\x1b[0m", "\x07", "\x7f", "\u202eevil", "\u2066x\u2069", "a\u200bb", "\u200d", "\ufffe", "\U000e0041", "\u0301\u0301\u0301", "аdmin", "ﷺ", "👩‍👩‍👧‍👦", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80",
		"Z"+strings.Repeat("\u0300", 2000), "ｕｐ", "漢字", "́",
		// Git and mail
		"x\n\nSigned-off-by: root", "x\nRequest-Id: 1", "Co-authored-by: x <x@y>", "x <root@localhost>", "refs/heads/main", "HEAD", "x\nAlert: y", "\n\n\n",
		// templates
		`{{ query "up" }}`, `{{ printf "%*d" 1000000000 1 }}`, `{{ template "x" }}`, `{{ define "x" }}{{ template "x" }}{{ end }}`, `{{ range $i := . }}`, `{{`, `}}`, `{{/*`, `{{ "`+"`"+`" }}`,
		// numbers and times
		"-1", "0", "1e400", "NaN", "Inf", "99999999999999999999", "5", "5mm", "-5m", "1.5m", "300y", "99999999999999999999m", "5m5m", "m5", "٥m", "1m 30s", "0s", "1ns",
		// size
		strings.Repeat("x", 300), strings.Repeat("x", 9000), strings.Repeat("漢", 9000), strings.Repeat(" ", 9000), strings.Repeat("\n", 9000), strings.Repeat("a b ", 9000),
		strings.Repeat("`", 9000), strings.Repeat("\\\"", 9000), strings.Repeat("@all ", 9000), strings.Repeat("a=", 9000), strings.Repeat("x=y ", 9000), strings.Repeat("password=", 9000),
	)
	return values
}

// hostileShapes put a value into every argument, raw and quoted.
var hostileShapes = []string{
	`%s`, `add %s`, `add %s job=y Ban 5m`, `add x %s Ban 5m`, `add x job=y %s 5m`, `add x job=y Ban %s`, `add x job=y Ban 5m %s`, `add x expr=%s`, `add x expr=up for=%s`,
	`add x expr=up keep_firing_for=%s`, `add x expr=up interval=%s`, `add x sshd Ban 5m threshold=%s`, `add x expr=up ruler=%s`, `add x expr=up namespace=%s`, `add x expr=up group=%s`,
	`add x expr=up severity=%s`, `add x expr=up summary=%s`, `add x expr=up description=%s`, `add x expr=up runbook=%s`, `add x expr=up reason=%s`, `add x expr=up label.%s=y`,
	`add x expr=up label.y=%s`, `add x expr=up annotation.%s=y`, `add x expr=up annotation.y=%s`, "add\n%s", "add\n- alert: %s\n  expr: up", "add\n- alert: x\n  expr: %s", "add ```yaml\n%s\n```",
	`delete %s`, `delete x reason=%s`, `list %s`, `list all %s`, `list namespace=%s`, `list page=%s`, `status %s`, `help %s`, `/alert %s`,
}

// Whatever is typed, in every argument and both raw and quoted: it is refused or stored in its place, and nobody is called.
func TestHostile(t *testing.T) {
	t.Parallel()
	values := hostileValues()
	if len(values) < 200 {
		t.Fatalf("only %d hostile values", len(values))
	}
	for i, shape := range hostileShapes {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			for j, value := range values {
				if len(value) > 1000 && (i+j)%4 != 0 { // the long ones cost most: each in every fourth place
					continue
				}
				c := newChat(t, nil)
				for _, typed := range []string{value, quote(value)} {
					got := c.say(strings.Replace(shape, "%s", typed, 1))
					checkReply(t, c, typed, got)
				}
				checkTree(t, c, value)
			}
		})
	}
}

// checkReply holds what is true of every reply, whatever was typed.
func checkReply(t *testing.T, c *chat, typed string, got answered) {
	t.Helper()
	if n := runes(got.Text); n == 0 || n > maxReply {
		t.Errorf("%.80q: the reply has %d runes", typed, n)
	}
	if found := liveMentions(got.Text); found != nil {
		t.Errorf("%.80q calls %q: %s", typed, found, got.Text)
	}
	r := c.last()
	if r.Done.IsZero() || r.Outcome.Result == "" {
		t.Errorf("%.80q: recorded %+v", typed, r)
	}
	if r.Outcome.Result == rules.Failed {
		t.Errorf("%.80q fails: %v", typed, r.Outcome.Err)
	}
}

// checkTree holds that nothing was written outside of its place, and that every file can be read again.
func checkTree(t *testing.T, c *chat, value string) {
	t.Helper()
	tree, err := c.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := tree.List("")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(list)) {
		inPlace := path == "journal/page.md" || strings.HasSuffix(path, ".yaml") && (strings.HasPrefix(path, "prometheus/") || strings.HasPrefix(path, "loki/"))
		if !inPlace || filepath.ToSlash(filepath.Clean(path)) != path {
			t.Errorf("%.80q wrote %q", value, path)
		}
	}
	book, err := c.applier.Book(t.Context())
	if err != nil || len(book.Problems()) > 0 {
		t.Errorf("%.80q broke the rulebook: %v %v", value, err, book.Problems())
	}
}

// How long the largest commands take to refuse: each should stay far below 100 ms.
func BenchmarkRefuse(b *testing.B) {
	const size = maxText - 100
	for name, text := range map[string]string{
		"one word":       "add " + strings.Repeat("x", size),
		"many words":     "add x " + strings.Repeat("a ", size/2),
		"options":        "add x " + strings.Repeat("for=1m ", size/7),
		"unknown":        "add x " + strings.Repeat("a=b ", size/4),
		"one quote":      "add x \"" + strings.Repeat("a ", size/2),
		"escapes":        "add x \"" + strings.Repeat(`\"`, size/2),
		"back-ticks":     "add x " + strings.Repeat("`", size),
		"tick runs":      "add x `" + strings.Repeat("`` ```", size/6),
		"braces":         "add x " + strings.Repeat("{", size),
		"commas":         "add x a=" + strings.Repeat("b,ａ=", size/6),
		"YAML":           "add\n" + strings.Repeat("- a\n", size/4),
		"nested YAML":    "add\n" + strings.Repeat("[", size),
		"secrets":        "add x " + strings.Repeat("password=y ", size/11),
		"almost secrets": "add x " + strings.Repeat("password", size/8),
		"URLs":           "add x " + strings.Repeat("a://", size/4),
		"no command":     strings.Repeat("y", size),
		"mentions":       "add x expr=" + strings.Repeat("@", size),
		"expression":     "add x expr='" + strings.Repeat("(", 8000),
		"line breaks":    strings.Repeat("\n", size),
		"too long":       strings.Repeat("y", 1_000_000),
	} {
		b.Run(name, func(b *testing.B) {
			c := newChat(b, nil)
			body := c.form(text).Encode()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				w := httptest.NewRecorder()
				c.handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(fmt.Sprint(w.Code, w.Body))
				}
			}
		})
	}
}
