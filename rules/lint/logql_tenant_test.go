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
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

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
	asked, err := ruler.New(ruler.Config{Kind: "loki", Name: tenant, URL: l.URL, Tenant: tenant, StateDir: t.TempDir(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
