package ruler_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/ruler"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

const interval = 500 * time.Millisecond

func TestPrometheus(t *testing.T) {
	t.Parallel()
	for _, layout := range rules.Layouts {
		t.Run(string(layout), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			rulesDir := filepath.Join(dir, "rules")
			options := local.PrometheusOptions{Dir: filepath.Join(dir, "prometheus"), RulesDir: rulesDir, EvaluationInterval: interval, Lifecycle: true}
			if layout == rules.TreeLayout {
				options.RuleDirs = []string{"ops", "team/web", "theirs"}
			}
			program := program{name: "prometheus", start: func(ctx context.Context, port int) (*local.Program, error) {
				options.Port = port
				return local.StartPrometheus(ctx, options)
			}}
			program.launch(t)
			rulestest.TestRuler(t, rulestest.RulerCase{
				Open:    opener(ruler.Config{Kind: "prometheus", Name: "prometheus", URL: program.URL, RulesDir: rulesDir, Layout: layout, StateDir: t.TempDir()}),
				Expr:    func(n int) string { return fmt.Sprintf("vector(%d) > 0", n) },
				Refused: "sum(",
				Intrude: intrudeIn(rulesDir, layout), Content: contentIn(rulesDir, layout), Writes: writesIn(rulesDir),
				Stop: program.stop, Start: program.launch,
			})
		})
	}
}

func TestLokiFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "rules")
	tenant := filepath.Join(root, local.Tenant)
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{
			Dir: filepath.Join(dir, "loki"), RulesDir: root, PollInterval: interval, EvaluationInterval: interval, Port: port,
		})
	}}
	program.launch(t)
	rulestest.TestRuler(t, rulestest.RulerCase{
		Open:    opener(ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, RulesDir: tenant, StateDir: t.TempDir()}),
		Expr:    logExpr,
		Refused: "sum(",
		Intrude: intrudeIn(tenant, rules.FlatLayout), Content: contentIn(tenant, rules.FlatLayout), Writes: writesIn(tenant),
		Stop: program.stop, Start: program.launch,
	})
}

func TestLokiAPI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{
			Dir: dir, RulerAPI: true, PollInterval: interval, EvaluationInterval: interval, Port: port,
		})
	}}
	program.launch(t)
	rulestest.TestRuler(t, rulestest.RulerCase{
		Open:    opener(ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, StateDir: t.TempDir()}),
		Expr:    logExpr,
		Refused: "sum(",
		Intrude: func(t *testing.T, path, content string) {
			namespace := program.URL + "/loki/api/v1/rules/" + url.PathEscape(rules.LiveName(path))
			if content == "" {
				ask(t, http.MethodDelete, namespace, "")
				return
			}
			group, ok := strings.CutPrefix(content, "groups:\n- ")
			if !ok {
				t.Fatalf("not the one group of a file: %s", content)
			}
			if status, body := ask(t, http.MethodPost, namespace, "  "+group); status != http.StatusAccepted {
				t.Fatalf("posting a group: %d %s", status, body)
			}
		},
		Content: func(t *testing.T, path string) string {
			status, body := ask(t, http.MethodGet, program.URL+"/loki/api/v1/rules/"+url.PathEscape(rules.LiveName(path)), "")
			if status == http.StatusNotFound {
				return ""
			}
			return body
		},
		Writes: writesIn(filepath.Join(dir, "data", "rules")),
		Stop:   program.stop, Start: program.launch,
	})
}

func TestFake(t *testing.T) {
	t.Parallel()
	fake := rulestest.NewRuler(rules.RulerInfo{Name: "fake", Dialect: expr.PromQL, Dir: "fake"})
	rulestest.TestRuler(t, rulestest.RulerCase{
		Open: func(*testing.T) rules.Ruler { return fake },
		Thin: true,
		Expr: func(n int) string { return fmt.Sprintf("vector(%d) > 0", n) },
	})
}

func logExpr(n int) string {
	return fmt.Sprintf(`(sum by (job) (count_over_time({job="sshd"} |= "Ban" [5m])) > %d)`, n)
}

// program is a real program that can be stopped and started again at its address.
type program struct {
	*local.Program
	name  string
	start func(ctx context.Context, port int) (*local.Program, error)
}

func (p *program) launch(t *testing.T) {
	t.Helper()
	need(t, p.name)
	port := 0
	if p.Program != nil {
		port = p.Port()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	started, err := p.start(ctx, port)
	if err != nil {
		t.Fatal(err)
	}
	if p.Program == nil {
		t.Cleanup(func() { p.Stop() })
	}
	p.Program = started
}

func (p *program) stop(*testing.T) { p.Stop() }

// need skips the test where a program is missing; in CI that is a failure.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := local.Find(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, NOT TESTED: ", err)
	}
}

func opener(cfg ruler.Config) func(*testing.T) rules.Ruler {
	return func(t *testing.T) rules.Ruler { return open(t, cfg) }
}

func open(t *testing.T, cfg ruler.Config) rules.Ruler {
	t.Helper()
	r, err := ruler.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func intrudeIn(dir string, layout rules.Layout) func(*testing.T, string, string) {
	return func(t *testing.T, path, content string) {
		file := filepath.Join(dir, filepath.FromSlash(layout.LiveName(path)))
		if content == "" {
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		// A hand takes longer than the file system's clock, which may stand still for some milliseconds and give this the time of our own write.
		if err := os.Chtimes(file, time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func contentIn(dir string, layout rules.Layout) func(*testing.T, string) string {
	return func(t *testing.T, path string) string {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(layout.LiveName(path))))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(content)
	}
}

// writesIn tells every file's inode, mode and time of change, and every directory's.
func writesIn(dir string) func(*testing.T) string {
	return func(t *testing.T) string {
		var all strings.Builder
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			stat := info.Sys().(*syscall.Stat_t)
			fmt.Fprintf(&all, "%s %s inode %d modified %s changed %d\n", path, info.Mode(), stat.Ino, info.ModTime(), stat.Ctim.Nano())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all.String()
	}
}

func ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// TestKinds asserts that the table is complete, ordered and without doubles.
func TestKinds(t *testing.T) {
	t.Parallel()
	last := ""
	for _, kind := range ruler.Kinds {
		if kind.Name <= last {
			t.Errorf("%q after %q: not in order", kind.Name, last)
		}
		last = kind.Name
		r := open(t, ruler.Config{Kind: kind.Name, Name: "a", URL: "http://127.0.0.1:1", RulesDir: t.TempDir(), StateDir: t.TempDir()})
		want := rules.RulerInfo{Name: "a", Dialect: kind.Dialect, Dir: "a", Layout: rules.FlatLayout}
		if diff := cmp.Diff(want, r.Info()); diff != "" {
			t.Errorf("%s: info (-want +got):\n%s", kind.Name, diff)
		}
	}
	if last == "" || ruler.Kinds[0].Dialect != expr.LogQL {
		t.Errorf("the table is %+v", ruler.Kinds)
	}
}
