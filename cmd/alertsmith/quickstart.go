package main

import (
	"fmt"
	"path/filepath"
)

// quickStart is what the command line can say without a configuration file.
type quickStart struct {
	prometheusURL, prometheusRulesDir string
	lokiURL, lokiRulesDir             string
	mattermostURL                     string
	mattermostTokenFile               string
	gitRemote                         string
}

// The rulers that the flags mean, and that are assumed when none is configured.
const (
	defaultPrometheus = "http://127.0.0.1:9090"
	defaultLoki       = "http://127.0.0.1:3100"
)

// addTo adds what the flags say to the configuration. What the configuration says already is an error, not overridden: two places
// that say different things are a mistake.
func (q quickStart) addTo(cfg *config) error {
	rulers := []struct {
		flag      string
		url       string
		rulesDir  string
		otherwise string
	}{
		{"prometheus", q.prometheusURL, q.prometheusRulesDir, defaultPrometheus},
		{"loki", q.lokiURL, q.lokiRulesDir, defaultLoki},
	}
	for _, r := range rulers {
		if r.url == "" && r.rulesDir == "" {
			continue
		}
		if r.url == "" {
			r.url = r.otherwise
		}
		if err := checkURL(r.url); err != nil {
			return fmt.Errorf("--%s.url: %w", r.flag, err)
		}
		for _, configured := range cfg.Rulers {
			if configured.Name == r.flag || configured.dir() == r.flag {
				return fmt.Errorf("--%s.url and --%s.rules-dir: the configuration file has a ruler %q; say it there, and leave the flags out", r.flag, r.flag, configured.Name)
			}
		}
		cfg.Rulers = append(cfg.Rulers, rulerConfig{Name: r.flag, Kind: r.flag, URL: r.url, RulesDir: r.rulesDir})
	}
	if q.gitRemote != "" {
		if cfg.Git.Remote != "" {
			return fmt.Errorf("--git.remote: the configuration file has git.remote; leave one of them out")
		}
		cfg.Git.Remote = q.gitRemote
	}
	return q.addMattermost(&cfg.Mattermost)
}

func (q quickStart) addMattermost(m *mattermostConfig) error {
	if q.mattermostURL != "" {
		if m.URL != "" {
			return fmt.Errorf("--mattermost.url: the configuration file has mattermost.url; leave one of them out")
		}
		if err := checkURL(q.mattermostURL); err != nil {
			return fmt.Errorf("--mattermost.url: %w", err)
		}
		m.URL = q.mattermostURL
	}
	if q.mattermostTokenFile != "" {
		m.TokenFiles = append(m.TokenFiles, q.mattermostTokenFile)
	}
	return nil
}

// defaultRulers are the rulers of a service that was told of none: where a Prometheus and a Loki listen by default, with live directories
// below the storage path. Until one of them answers, its changes are committed and wait.
func defaultRulers(storage string) []rulerConfig {
	return []rulerConfig{
		{Name: "prometheus", Kind: "prometheus", URL: defaultPrometheus, RulesDir: filepath.Join(storage, liveName, "prometheus")},
		// Below Loki's own directory every directory is a tenant; without authentication the tenant is called fake.
		{Name: "loki", Kind: "loki", URL: defaultLoki, RulesDir: filepath.Join(storage, liveName, "loki", "fake")},
	}
}
