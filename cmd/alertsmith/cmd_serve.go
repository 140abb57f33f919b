package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
)

const (
	defaultAddress = "127.0.0.1:9595"
	defaultStorage = "./data"

	// defaultLiveTimeout is how long a command waits for its change to be live.
	defaultLiveTimeout = 2 * time.Minute

	// denseGC is how much of what is in use may come on top of it before garbage is collected, in percent, unless GOGC says otherwise: with
	// 10,000 rules the service then has less than 200 MB.
	denseGC = 75
)

// What is kept below the storage path, beside live directories.
const (
	rulebookName = "rulebook.git"
	journalName  = "journal.db"
	tokenName    = "command.token"
	stateName    = "rulers" // what was published where
	liveName     = "live"
)

// serve is the service as the command line describes it.
type serve struct {
	configFile string
	storage    string
	quick      quickStart
	web        *web.FlagConfig
}

func serveCommand(app *kingpin.Application) subcommand {
	var s serve
	clause := app.Command("serve", "Runs the service. Without a configuration it works on loopback, with a rulebook and a command token of its own.")
	clause.Flag("config.file", "The configuration file.").StringVar(&s.configFile)
	clause.Flag("storage.path", "Where the rulebook, the journal and live directories are kept.").Default(defaultStorage).StringVar(&s.storage)
	s.web = kingpinflag.AddFlags(clause, defaultAddress)
	clause.GetFlag("web.config.file").Help("Path to configuration file that can enable TLS, and authentication for all but Mattermost's commands and Git's webhooks, " +
		"which carry secrets of their own.")
	clause.Flag("prometheus.url", "The address of a Prometheus to change the rules of.").StringVar(&s.quick.prometheusURL)
	clause.Flag("prometheus.rules-dir", "A directory that its rule_files name.").StringVar(&s.quick.prometheusRulesDir)
	clause.Flag("loki.url", "The address of a Loki to change the rules of.").StringVar(&s.quick.lokiURL)
	clause.Flag("loki.rules-dir", "The tenant's directory below Loki's local rule storage. Without it Loki's rule API is used.").StringVar(&s.quick.lokiRulesDir)
	clause.Flag("mattermost.url", "The address of the Mattermost server whose commands are taken.").StringVar(&s.quick.mattermostURL)
	clause.Flag("mattermost.token-file", "The tokens of its slash commands, one a line.").StringVar(&s.quick.mattermostTokenFile)
	clause.Flag("git.remote", "Where the rulebook is kept beside this machine: ssh://…, git@…:…, https://… or a path. How to sign in there says the configuration file.").
		StringVar(&s.quick.gitRemote)
	return subcommand{clause, s.run}
}

// config returns the configuration of file and flags together, checked.
func (s *serve) config() (*config, error) {
	cfg := &config{}
	if s.configFile != "" {
		var err error
		if cfg, err = loadConfig(s.configFile); err != nil {
			return nil, err
		}
	}
	if err := s.quick.addTo(cfg); err != nil {
		return nil, err
	}
	if len(cfg.Rulers) == 0 {
		cfg.Rulers = defaultRulers(s.storage)
	}
	if cfg.Live.Timeout == 0 {
		cfg.Live.Timeout = defaultLiveTimeout
	}
	for i, r := range cfg.Rulers {
		if r.Kind == "prometheus" && r.RulesDir == "" {
			cfg.Rulers[i].RulesDir = filepath.Join(s.storage, liveName, r.Name)
		}
	}
	return cfg, nil
}

// run opens everything, takes commands until ctx ends, and closes everything.
func (s *serve) run(ctx context.Context, p *process) error {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(denseGC))
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	service, err := s.open(ctx, cfg, promslog.New(&p.log), p.step)
	if err != nil {
		return err
	}
	defer service.close()
	if err := service.openTeller(ctx, p.stdout); err != nil {
		return err
	}
	return service.serve(ctx, s.web, p.stdout)
}
