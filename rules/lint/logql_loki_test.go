package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// outcome is what a real Loki does with a rule: the state of its alert and how many are active, or why it cannot evaluate it.
type outcome string

const (
	silent outcome = "silent"
	fires1 outcome = "fires 1"
	fires2 outcome = "fires 2"
)

func fails(reason string) outcome { return outcome("fails: " + reason) }

// shown says what is logged for a check's examples (label → value, and lines), and what comes of them.
type shown struct {
	streams   []logged
	bad, good outcome
}

type logged struct {
	labels map[string]string
	lines  []string
}

func job(name string, lines ...string) logged {
	return logged{map[string]string{"job": name}, lines}
}

// numbered returns many lines that differ.
func numbered(format string, count int) []string {
	lines := make([]string, count)
	for i := range lines {
		lines[i] = fmt.Sprintf(format, i)
	}
	return lines
}

// inLoki is what the examples do in the ruler of a real Loki. Not here are checks of what merely costs (filter-order, line-format, long-window,
// regexp-literal, stream-filter), those of inTime, logql-for and logql-self, which have tests of their own, and logql-template-label.
var inLoki = map[string]shown{
	"logql-absent-regexp":  {[]logged{job("backup-db", "dumping")}, silent, fires1},
	"logql-always-fires":   {nil, fires1, silent},
	"logql-always-true":    {[]logged{job("cron", "CMD (run-parts)")}, fires1, silent},
	"logql-cardinality":    {[]logged{job("checkout", numbered("msg=failed trace_id=t%d", 501)...)}, fails("maximum number of series (500) reached"), fires1},
	"logql-case":           {[]logged{job("shop", "level=error msg=declined")}, silent, fires1},
	"logql-error-label":    {[]logged{job("api", append(numbered(`{"level":"error","host":"a","n":%d}`, 11), `{"level":"error","msg":"cut in the mid`)...)}, fails("JSONParserErr"), fires1},
	"logql-impossible":     {[]logged{job("sshd", "Failed password for root")}, silent, fires1},
	"logql-literal-regexp": {[]logged{job("shop", "fatal: out of stock")}, silent, fires1},
	"logql-matching":       {[]logged{job("api", "error", "ok"), job("shop", "error")}, silent, fires1},
	"logql-never":          {nil, silent, fires1},
	"logql-no-comparator":  {[]logged{job("fail2ban", "Ban 192.0.2.1")}, fires1, silent},
	"logql-quantile":       {[]logged{job("api", "took=10ms", "took=20ms")}, fires1, silent},
	"logql-range-limit":    {[]logged{job("backup", "monthly finished")}, fails("the query time range exceeds the limit"), silent},
	"logql-rate":           {[]logged{job("postfix", numbered("%d status=bounced", 11)...)}, silent, fires1},
	"logql-regexp-any":     {[]logged{job("kernel", "usb 1-1: new device")}, fires1, silent},
	"logql-selector":       {[]logged{job("chat", "user: our print queue is full of cats")}, fires1, silent},
	"logql-series":         {[]logged{job("api", numbered("level=error n=%d", 501)...)}, fails("maximum number of series (500) reached"), fires1},
	"logql-topk": {[]logged{{map[string]string{"job": "kernel", "host": "a"}, []string{"I/O error"}},
		{map[string]string{"job": "kernel", "host": "b"}, []string{"I/O error", "I/O error again"}}}, fires1, fires2},
	"logql-unused-parser": {[]logged{job("api", "no error, and no JSON")}, fires1, silent},
}

// inTime are checks whose examples differ in which windows a line is in: it is logged before the last evaluation and arrives before that one, but
// after the one before. The number is by how much of the group's interval it is older than the last evaluation.
var inTime = map[string]float64{
	"logql-gap":        0.5,
	"logql-late-lines": 1.2,
}

// TestLogQLOnLoki puts the examples of each check that a real Loki can tell apart before one, each in a tenant of its own.
func TestLogQLOnLoki(t *testing.T) {
	t.Parallel()
	if _, err := local.Find("loki"); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	dir := t.TempDir()
	program, err := local.StartLoki(t.Context(), local.LokiOptions{
		Dir: dir, RulesDir: filepath.Join(dir, "rules"), PollInterval: time.Second, EvaluationInterval: 2 * time.Second,
		ExtraFlags: []string{"-auth.enabled=true", "-log.level=info"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Kill)
	l := loki{program, filepath.Join(dir, "rules")}
	checks := map[string]lint.Check{}
	for _, c := range lint.Checks() {
		checks[c.Name] = c
	}
	for name, want := range inLoki {
		for _, stream := range want.streams {
			l.push(t, name, stream.labels, time.Now(), stream.lines...)
		}
		l.rules(t, name, checks[name].Bad, strings.ReplaceAll(checks[name].Good, "[30d]", "[30d59m59s]")) // just below the limit
	}
	t.Run("logql-for", func(t *testing.T) { l.testFor(t, checks["logql-for"]) })
	t.Run("logql-error-label", func(t *testing.T) { l.testNotJSON(t, checks["logql-error-label"]) })
	t.Run("logql-self", func(t *testing.T) { l.testSelf(t, checks["logql-self"]) })
	for name, want := range inLoki {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l.await(t, name, want.bad, want.good)
		})
	}
	for name, age := range inTime {
		t.Run(name, func(t *testing.T) { l.testWindows(t, checks[name], age) })
	}
}

// testFor logs one line, and watches until it is out of the window.
func (l loki) testFor(t *testing.T, c lint.Check) {
	const tenant = "logql-for"
	l.rules(t, tenant, strings.ReplaceAll(c.Bad, "5m", "6s"), strings.ReplaceAll(c.Good, "5m", "6s"))
	l.await(t, tenant, silent, silent)
	l.push(t, tenant, map[string]string{"job": "fail2ban"}, time.Now(), "Ban 192.0.2.1")
	l.await(t, tenant, "pending", fires1)
	l.await(t, tenant, silent, silent) // and it fails when the bad one fires in between
}

// testNotJSON logs a line of text among the objects, where all of them are counted.
func (l loki) testNotJSON(t *testing.T, c lint.Check) {
	const tenant, filter = "not-json", ` | level="error"`
	l.push(t, tenant, map[string]string{"job": "api"}, time.Now(), append(numbered(`{"host":"a","n":%d}`, 11), "not JSON")...)
	l.rules(t, tenant, strings.ReplaceAll(c.Bad, filter, ""), strings.ReplaceAll(c.Good, filter, ""))
	l.await(t, tenant, fails("JSONParserErr"), fires1)
}

// testSelf logs what this Loki itself logs.
func (l loki) testSelf(t *testing.T, c lint.Check) {
	const tenant = "logql-self"
	l.rules(t, tenant, c.Bad, c.Good)
	l.await(t, tenant, silent, silent)
	own, err := os.ReadFile(l.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.DeleteFunc(strings.Split(string(own), "\n"), func(line string) bool { return !strings.Contains(line, "LokiPanics") })
	l.push(t, tenant, map[string]string{"job": "loki"}, time.Now(), lines...)
	l.await(t, tenant, fires1, silent)
}

// testWindows evaluates both examples twice, an interval apart, and has a line arrive in between.
func (l loki) testWindows(t *testing.T, c lint.Check, age float64) {
	bad, good := entry(t, c.Bad), entry(t, c.Good)
	last := time.Now()
	before := last.Add(-bad.Interval)
	counts := map[string]int{}
	count := func(at time.Time) {
		counts["bad"] += l.query(t, c.Name, bad.Rule.Expr, at)
		counts["good"] += l.query(t, c.Name, good.Rule.Expr, at)
	}
	count(before)
	if _, matchers, found := strings.Cut(bad.Rule.Expr, `job="`); found {
		name, _, _ := strings.Cut(matchers, `"`)
		l.push(t, c.Name, map[string]string{"job": name}, last.Add(-time.Duration(age*float64(bad.Interval))), "A Fail event had been detected")
	}
	count(last)
	if counts["bad"] != 0 || counts["good"] == 0 {
		t.Errorf("the line was found %d times by the bad example and %d times by the good one", counts["bad"], counts["good"])
	}
}
