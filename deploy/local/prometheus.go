package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/alertsmith/alertsmith/deploy"
)

// PrometheusOptions say how a Prometheus is started. Only Dir is required.
type PrometheusOptions struct {
	Dir             string            // where its configuration, data and log go
	RulesDir        string            // the directory that it reads rule files from; Dir/rules by default
	RuleDirs        []string          // directories below RulesDir that it reads them from as well: its patterns know no **
	AlertmanagerURL string            // empty for none
	Scrape          map[string]string // a container's address in prometheus.yml → host:port here; jobs for others are left out
	// EvaluationInterval is the configuration's (15 s) by default. Where it is given, firing alerts are also sent again that often:
	// Prometheus drops the first ones when it has not found its Alertmanager yet, and would repeat them after a minute.
	EvaluationInterval time.Duration
	ScrapeInterval     time.Duration // the configuration's (15 s) by default
	Lifecycle          bool          // whether POST /-/reload is allowed
	Port               int           // a free one by default
	ExtraFlags         []string
}

// StartPrometheus starts Prometheus and waits until it is ready; ctx ends only the waiting.
func StartPrometheus(ctx context.Context, o PrometheusOptions) (*Program, error) {
	if o.RulesDir == "" {
		o.RulesDir = filepath.Join(o.Dir, "rules")
	}
	return launch{name: "prometheus", dir: o.Dir, port: o.Port, ready: "/-/ready", setup: o.setup}.start(ctx)
}

func (o PrometheusOptions) setup(port int) ([]string, error) {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	replace := map[string]string{"/etc/prometheus/rules": o.RulesDir, "prometheus:9090": address}
	if o.AlertmanagerURL != "" {
		replace["alertmanager:9093"] = hostOf(o.AlertmanagerURL)
	}
	maps.Copy(replace, o.Scrape)
	c, err := parseConfiguration(deploy.Prometheus, replace)
	if err != nil {
		return nil, err
	}
	if err := c.keepReachable("alerting", "alertmanagers"); err != nil {
		return nil, err
	}
	if err := c.keepReachable("", "scrape_configs"); err != nil {
		return nil, err
	}
	if err := o.readBelow(c); err != nil {
		return nil, err
	}
	if o.EvaluationInterval != 0 {
		if err := c.set(o.EvaluationInterval.String(), "global", "evaluation_interval"); err != nil {
			return nil, err
		}
	}
	if o.ScrapeInterval != 0 {
		if err := c.set(o.ScrapeInterval.String(), "global", "scrape_interval"); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.RulesDir, 0o755); err != nil {
		return nil, err
	}
	file, err := c.write(filepath.Join(o.Dir, "prometheus.yml"))
	if err != nil {
		return nil, err
	}
	flags := []string{
		"--config.file=" + file,
		"--storage.tsdb.path=" + filepath.Join(o.Dir, "data"),
		"--web.listen-address=" + address,
	}
	if o.EvaluationInterval != 0 {
		flags = append(flags, "--rules.alert.resend-delay="+o.EvaluationInterval.String())
	}
	if o.Lifecycle {
		flags = append(flags, "--web.enable-lifecycle")
	}
	return append(flags, o.ExtraFlags...), nil
}

// readBelow adds patterns for RuleDirs to rule_files.
func (o PrometheusOptions) readBelow(c configuration) error {
	patterns, ok := c.root["rule_files"].([]any)
	if !ok {
		return errors.New("deployed configuration: no list rule_files")
	}
	for _, dir := range o.RuleDirs {
		for _, extension := range []string{"*.yml", "*.yaml"} {
			patterns = append(patterns, filepath.Join(o.RulesDir, filepath.FromSlash(dir), extension))
		}
	}
	return c.set(patterns, "rule_files")
}
