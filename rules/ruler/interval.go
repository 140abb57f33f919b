package ruler

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules"
)

// EvaluationInterval asks a ruler that New returned how often it evaluates the groups that do not say it, which its own configuration tells
// (Prometheus 3.15, Loki 3.7.8). It takes two seconds at most. An *Error says why that is not known.
func EvaluationInterval(ctx context.Context, r rules.Ruler) (time.Duration, error) {
	asked, ok := r.(interface {
		evaluationInterval(ctx context.Context) (time.Duration, error)
	})
	if !ok {
		return 0, errors.New("this ruler has no configuration to be asked for")
	}
	return asked.evaluationInterval(ctx)
}

// interval asks a ruler how often it evaluates groups by its configuration.
type interval func(ctx context.Context, b base) (time.Duration, error)

func (b base) evaluationInterval(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, examineBudget)
	defer cancel()
	return b.interval(ctx, b)
}

func intervalOfPrometheus(ctx context.Context, b base) (time.Duration, error) {
	var answer struct {
		Data struct {
			YAML string `json:"yaml"`
		} `json:"data"`
	}
	if err := b.get(ctx, []string{"api", "v1", "status", "config"}, nil, &answer); err != nil {
		return 0, err
	}
	var configuration struct {
		Global struct {
			Interval model.Duration `yaml:"evaluation_interval"`
		} `yaml:"global"`
	}
	err := yaml.Unmarshal([]byte(answer.Data.YAML), &configuration)
	return b.told(configuration.Global.Interval, err)
}

// intervalOfLoki reads the configuration that Loki shows as a text, with all defaults in it.
func intervalOfLoki(ctx context.Context, b base) (time.Duration, error) {
	a, err := b.client.do(ctx, call{method: http.MethodGet, path: []string{"config"}, timeout: examineBudget, limit: maxListBody})
	if err != nil {
		return 0, err
	}
	if a.status != http.StatusOK {
		return 0, b.client.unexpected(a)
	}
	var configuration struct {
		Ruler struct {
			Interval model.Duration `yaml:"evaluation_interval"`
		} `yaml:"ruler"`
	}
	err = yaml.Unmarshal(a.body, &configuration)
	return b.told(configuration.Ruler.Interval, err)
}

// told returns an interval that was read from a ruler's configuration, if there was one. What the decoder says against that is told to
// nobody: it quotes a text in which there may be passwords.
func (b base) told(interval model.Duration, err error) (time.Duration, error) {
	if err != nil || interval <= 0 {
		return 0, b.client.unreachable(nil, "does not tell its evaluation interval")
	}
	return time.Duration(interval), nil
}
