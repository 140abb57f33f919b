package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/alertsmith/alertsmith/deploy"
)

// Tenant is Loki's only tenant where authentication is off, and so the directory below LokiOptions.RulesDir that it reads.
const Tenant = "fake"

// LokiOptions say how a Loki is started. Only Dir is required.
type LokiOptions struct {
	Dir                string        // where its configuration, data and log go
	RulesDir           string        // the root of its rule files, which are in RulesDir/fake; Dir/rules by default
	RulerAPI           bool          // keep rules in Loki's object store, to be filled over its rule API, and not in files
	AlertmanagerURL    string        // empty for none
	PollInterval       time.Duration // how often it looks for changed rules; the configuration's (15 s) by default
	EvaluationInterval time.Duration // as PrometheusOptions.EvaluationInterval
	Port               int           // a free one by default
	ExtraFlags         []string
}

// StartLoki starts Loki and waits until it is ready; ctx ends only the waiting.
func StartLoki(ctx context.Context, o LokiOptions) (*Program, error) {
	if o.RulesDir == "" {
		o.RulesDir = filepath.Join(o.Dir, "rules")
	}
	return launch{name: "loki", dir: o.Dir, port: o.Port, ready: "/ready", setup: o.setup}.start(ctx)
}

func (o LokiOptions) setup(port int) ([]string, error) {
	grpcPort, err := freePort()
	if err != nil {
		return nil, err
	}
	replace := map[string]string{"/etc/loki/rules": o.RulesDir}
	if o.AlertmanagerURL != "" {
		replace["alertmanager:9093"] = hostOf(o.AlertmanagerURL)
	}
	c, err := parseConfiguration(deploy.Loki, replace)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(o.Dir, "data")
	// The paths below /loki are set one by one: the name is too short to be replaced wherever it occurs.
	errs := []error{
		c.set("127.0.0.1", "server", "http_listen_address"),
		c.set(port, "server", "http_listen_port"),
		c.set(grpcPort, "server", "grpc_listen_port"),
		c.set(data, "common", "path_prefix"),
		c.set(filepath.Join(data, "chunks"), "storage_config", "object_store", "filesystem", "dir"),
		c.set(filepath.Join(data, "rules"), "ruler_storage", "filesystem", "dir"),
		c.set(filepath.Join(data, "rules-running"), "ruler", "rule_path"),
	}
	if o.RulerAPI {
		errs = append(errs, c.set("filesystem", "ruler_storage", "backend"))
	}
	if o.AlertmanagerURL == "" {
		errs = append(errs, c.set("", "ruler", "alertmanager_url"))
	}
	if o.PollInterval != 0 {
		errs = append(errs, c.set(o.PollInterval.String(), "ruler", "poll_interval"))
	}
	if o.EvaluationInterval != 0 {
		errs = append(errs,
			c.set(o.EvaluationInterval.String(), "ruler", "evaluation_interval"),
			c.set(o.EvaluationInterval.String(), "ruler", "resend_delay"))
	}
	errs = append(errs, os.MkdirAll(filepath.Join(o.RulesDir, Tenant), 0o755))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	file, err := c.write(filepath.Join(o.Dir, "loki.yml"))
	if err != nil {
		return nil, err
	}
	return append([]string{"-config.file=" + file}, o.ExtraFlags...), nil
}
