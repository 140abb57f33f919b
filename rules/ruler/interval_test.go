package ruler_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// slow is in what is said of a ruler that took its time.
const slow = "did not answer within"

// told asks a real ruler, again while it takes its time.
func told[T any](t *testing.T, asked rules.Ruler, ask func(context.Context, rules.Ruler) (T, error)) (T, error) {
	t.Helper()
	for began := time.Now(); ; {
		got, err := ask(t.Context(), asked)
		if err == nil || !strings.Contains(err.Error(), slow) || time.Since(began) > time.Minute {
			return got, err
		}
	}
}

func TestEvaluationInterval(t *testing.T) {
	t.Parallel()
	const want = 7 * time.Second
	dir := t.TempDir()
	for kind, start := range map[string]func(ctx context.Context, port int) (*local.Program, error){
		"prometheus": func(ctx context.Context, port int) (*local.Program, error) {
			return local.StartPrometheus(ctx, local.PrometheusOptions{Dir: filepath.Join(dir, "prometheus"), Port: port, EvaluationInterval: want})
		},
		"loki": func(ctx context.Context, port int) (*local.Program, error) {
			return local.StartLoki(ctx, local.LokiOptions{Dir: filepath.Join(dir, "loki"), Port: port, EvaluationInterval: want})
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			program := program{name: kind, start: start}
			program.launch(t)
			asked := open(t, ruler.Config{Kind: kind, Name: kind, URL: program.URL, RulesDir: filepath.Join(t.TempDir(), "rules"), StateDir: t.TempDir()})
			if got, err := told(t, asked, ruler.EvaluationInterval); got != want || err != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestConfigRead asks a Prometheus when it read its configuration, before and after it was told to, and rulers that do not tell.
func TestConfigRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "prometheus", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartPrometheus(ctx, local.PrometheusOptions{Dir: filepath.Join(dir, "prometheus"), Port: port, Lifecycle: true})
	}}
	program.launch(t)
	asked := open(t, ruler.Config{Kind: "prometheus", Name: "prometheus", URL: program.URL, RulesDir: filepath.Join(t.TempDir(), "rules"), StateDir: t.TempDir()})
	first, err := told(t, asked, ruler.ConfigRead)
	if err != nil {
		t.Fatal(err)
	}
	for next := first; !next.After(first); time.Sleep(100 * time.Millisecond) { // it tells full seconds
		if err := asked.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if next, err = told(t, asked, ruler.ConfigRead); err != nil {
			t.Fatal(err)
		}
	}
	for _, body := range []string{"", "<html>", `{"data":{}}`, `{"data":{"lastConfigTime":"yesterday"}}`} {
		_, err := ruler.ConfigRead(t.Context(), against(t, ruler.Config{Kind: "prometheus", RulesDir: t.TempDir()}, status(200, body)))
		assertSayable(t, err)
	}
	if _, err := ruler.ConfigRead(t.Context(), against(t, ruler.Config{Kind: "loki", RulesDir: t.TempDir()}, status(200, "{}"))); err == nil {
		t.Error("a Loki tells")
	}
}

func TestEvaluationIntervalUntold(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":    "",
		"a page":     "<html>",
		"no setting": `{"data":{"yaml":"global: {}"}}`,
		"no YAML":    `{"data":{"yaml":"global: ["}}`,
		"negative":   `{"data":{"yaml":"global: {evaluation_interval: -1m}"}}`,
		"a number":   `{"data":{"yaml":"global: {evaluation_interval: 9999999999999999999y}"}}`,
	} {
		for _, kind := range []string{"prometheus", "loki"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				asked := against(t, ruler.Config{Kind: kind, RulesDir: t.TempDir()}, status(200, body))
				got, err := ruler.EvaluationInterval(t.Context(), asked)
				if got != 0 {
					t.Errorf("it is %v", got)
				}
				assertSayable(t, err)
			})
		}
	}
}
