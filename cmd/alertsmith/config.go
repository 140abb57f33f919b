package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// config is the configuration file. deploy/alertsmith/alertsmith.yml documents every key.
type config struct {
	Rulers     []rulerConfig    `yaml:"rulers"`
	Mattermost mattermostConfig `yaml:"mattermost"`
	Git        gitConfig        `yaml:"git"`
	Journal    journalConfig    `yaml:"journal"`
	Live       liveConfig       `yaml:"live"`
	Web        webConfig        `yaml:"web"`
	Lint       lint.Settings    `yaml:"lint"`
	// Sinks are told what is written to the journal, and Notify says of what else than they are told anyway.
	Sinks  []journal.SinkConfig `yaml:"sinks"`
	Notify []journal.NotifyRule `yaml:"notify"`
}

// rulerConfig is one program that evaluates rules.
type rulerConfig struct {
	Name            string                       `yaml:"name"`
	Kind            string                       `yaml:"kind"`
	URL             string                       `yaml:"url"`
	RulesDir        string                       `yaml:"rules_dir"`        // what the ruler reads; empty: below the storage path, or Loki's rule API
	Layout          rules.Layout                 `yaml:"layout"`           // how files are named there; empty: flat
	RulebookDir     string                       `yaml:"rulebook_dir"`     // its directory in the rulebook; empty: its name, ".": the root
	RulebookFiles   []string                     `yaml:"rulebook_files"`   // patterns of its files there; none: all
	RulebookExclude []string                     `yaml:"rulebook_exclude"` // patterns of files there that are not its own
	Tenant          string                       `yaml:"tenant"`
	Timeout         time.Duration                `yaml:"timeout"`        // of one question; 0: the adapter's default
	ReloadTimeout   time.Duration                `yaml:"reload_timeout"` // of a reload order; 0: the adapter's default
	HTTP            *promconfig.HTTPClientConfig `yaml:"http_config"`
}

// mattermostConfig says whose commands are taken.
type mattermostConfig struct {
	URL          string   `yaml:"url"`
	TokenFiles   []string `yaml:"token_files"`
	BotTokenFile string   `yaml:"bot_token_file"`
	Teams        []string `yaml:"teams"`
	Channels     []string `yaml:"channels"`
	Users        []string `yaml:"users"`
	AllowGet     bool     `yaml:"allow_get"`
	// ReportChannel is the id of the channel that is told what nobody asked for by a command: what was pushed to the rulebook.
	ReportChannel string `yaml:"report_channel"`
}

type journalConfig struct {
	Timezone string `yaml:"timezone"`
}

type liveConfig struct {
	Timeout           time.Duration `yaml:"timeout"`
	PollInterval      time.Duration `yaml:"poll_interval"`
	ReconcileInterval time.Duration `yaml:"reconcile_interval"`
}

// webConfig is about the pages for people, and how the service is reached over HTTP.
type webConfig struct {
	// ExternalURL is where people reach them, for links in replies: without a path.
	ExternalURL string `yaml:"external_url"`
	// TrustedProxies are the addresses or networks of reverse proxies whose word is taken for who asks.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// location returns the time zone that the journal's days are those of: the machine's, where none is configured.
func (c journalConfig) location() (*time.Location, error) {
	if c.Timezone == "" {
		return machineZone(time.Now()), nil
	}
	return time.LoadLocation(c.Timezone)
}

// loadConfig reads the configuration file at path; relative paths in it are relative to its directory. Every problem is told
// at once, each with its line and how to mend it.
func loadConfig(path string) (*config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cfg, err := parseConfig(path, content)
	if err != nil {
		return nil, err
	}
	cfg.resolve(filepath.Dir(path))
	return cfg, nil
}

// parseConfig decodes and checks; name is the file's in errors.
func parseConfig(name string, content []byte) (*config, error) {
	var cfg config
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&cfg); err != nil && !errors.Is(err, io.EOF) {
		return nil, decodeErrors(name, err)
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, problemAt(name, second.Line, "there is a second YAML document; put everything into one")
	}
	var source yaml.Node // where each key stands, for the problems' lines
	if err := yaml.Unmarshal(content, &source); err != nil {
		return nil, decodeErrors(name, err)
	}
	problems := newProblems(name, &source)
	cfg.check(problems)
	return &cfg, problems.err()
}

// resolve makes relative paths relative to dir.
func (c *config) resolve(dir string) {
	for i := range c.Rulers {
		c.Rulers[i].RulesDir = promconfig.JoinDir(dir, c.Rulers[i].RulesDir)
		if c.Rulers[i].HTTP != nil {
			c.Rulers[i].HTTP.SetDirectory(dir)
		}
	}
	for i := range c.Mattermost.TokenFiles {
		c.Mattermost.TokenFiles[i] = promconfig.JoinDir(dir, c.Mattermost.TokenFiles[i])
	}
	c.Mattermost.BotTokenFile = promconfig.JoinDir(dir, c.Mattermost.BotTokenFile)
	c.Git.resolve(dir)
	c.resolveSinks(dir)
}
