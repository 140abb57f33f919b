package lint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/rules/ruler"
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
	"logql-error-label":    {[]logged{job("api", append(numbered(`{"level":"error","n":%d}`, 11), "not JSON")...)}, fails("JSONParserErr"), fires1},
	"logql-impossible":     {[]logged{job("sshd", "Failed password for root")}, silent, fires1},
	"logql-literal-regexp": {[]logged{job("shop", "fatal: out of stock")}, silent, fires1},
	"logql-matching":       {[]logged{job("api", "error", "ok")}, silent, fires1},
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

// loki is a running Loki with authentication on.
type loki struct {
	*local.Program
	rulesDir string
}

// rules gives a tenant two rule files.
func (l loki) rules(t *testing.T, tenant, bad, good string) {
	t.Helper()
	dir := filepath.Join(l.rulesDir, tenant)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"bad": bad, "good": good} {
		if err := os.WriteFile(filepath.Join(l.rulesDir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(l.rulesDir, name), filepath.Join(dir, name+".yml")); err != nil {
			t.Fatal(err)
		}
	}
}

// await waits until both rules of a tenant do what is expected, and still do at their next evaluation.
func (l loki) await(t *testing.T, tenant string, bad, good outcome) {
	t.Helper()
	asked, err := ruler.New(ruler.Config{Kind: "loki", Name: tenant, URL: l.URL, Tenant: tenant, StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var since time.Time
	for got := map[string]outcome{}; ; time.Sleep(250 * time.Millisecond) {
		running, err := asked.Running(ctx)
		if err != nil {
			t.Fatalf("%v; last bad: %q, want %q; good: %q, want %q", err, got["bad"], bad, got["good"], good)
		}
		oldest := time.Now()
		clear(got)
		for _, r := range running {
			got[strings.TrimSuffix(r.File, ".yml")] = outcomeOf(r)
			if r.LastEvaluation.Before(oldest) {
				oldest = r.LastEvaluation
			}
		}
		switch {
		case !same(got["bad"], bad) || !same(got["good"], good):
			since = time.Time{}
		case bad == "pending":
			return
		case since.IsZero():
			since = time.Now()
		case oldest.After(since):
			return
		}
		if tenant == "logql-for" && strings.HasPrefix(string(got["bad"]), "fires") {
			t.Fatal("the bad example fires")
		}
	}
}

// same reports whether an outcome is the expected one.
func same(got, want outcome) bool {
	return got == want || strings.HasPrefix(string(want), "fails") && strings.HasPrefix(string(got), "fails") && strings.Contains(string(got), strings.TrimPrefix(string(want), "fails: "))
}

func outcomeOf(r rules.RunningRule) outcome {
	switch {
	case r.LastEvaluation.IsZero():
		return "not evaluated"
	case r.Health != "ok":
		return fails(r.LastError)
	case r.State == "firing":
		return outcome(fmt.Sprintf("fires %d", r.Active))
	case r.State == "pending":
		return "pending"
	default:
		return silent
	}
}

// push logs lines that end at a time.
func (l loki) push(t *testing.T, tenant string, labels map[string]string, end time.Time, lines ...string) {
	t.Helper()
	values := make([][2]string, len(lines))
	for i, line := range lines {
		values[i] = [2]string{strconv.FormatInt(end.Add(time.Duration(i-len(lines))).UnixNano(), 10), line}
	}
	body, err := json.Marshal(map[string]any{"streams": []any{map[string]any{"stream": labels, "values": values}}})
	if err != nil {
		t.Fatal(err)
	}
	l.ask(t, tenant, http.MethodPost, "/loki/api/v1/push", body)
}

// query returns how many series an expression has at a time.
func (l loki) query(t *testing.T, tenant, expression string, at time.Time) int {
	t.Helper()
	body := l.ask(t, tenant, http.MethodGet, "/loki/api/v1/query?"+url.Values{"query": {expression}, "time": {strconv.FormatInt(at.UnixNano(), 10)}}.Encode(), nil)
	var answer struct {
		Data struct {
			Result []json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return len(answer.Data.Result)
}

func (l loki) ask(t *testing.T, tenant, method, path string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, l.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Scope-OrgID", tenant)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s: %s: %.300s, %v", path, response.Status, answer, err)
	}
	return answer
}

// entry returns the only rule of a rule file.
func entry(t *testing.T, content string) rules.Entry {
	t.Helper()
	book := rules.NewBook([]rules.RulerInfo{{Name: "loki", Dialect: expr.LogQL}}).With(map[string][]byte{"a.yml": []byte(content)})
	return book.Entries("")[0]
}
