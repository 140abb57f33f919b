package ruler

import (
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/config"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// Config is one ruler as it is configured. Kind, Name, URL and StateDir are required.
type Config struct {
	Kind string // a name in Kinds
	Name string
	URL  string // http or https, with a path where the ruler is served below one
	// RulesDir is the directory that the ruler reads rule files from; for Loki the tenant's own. A ruler of kind loki without
	// it is filled over its rule API.
	RulesDir    string
	RulebookDir string // its directory in the rulebook; Name by default, "." for the root
	// RulebookFiles say which of the files there are its rule files; all by default.
	RulebookFiles rules.FilePatterns
	// Layout is how the files are named in RulesDir; rules.FlatLayout by default. Another change of it than at the adoption of a
	// directory gives every file a new name, and so resets the state of all alerts.
	Layout   rules.Layout
	StateDir string // where Alertsmith remembers which files or namespaces there are its own
	Tenant   string // Loki's X-Scope-OrgID; empty where authentication is off
	// HTTP is Prometheus's own http_config; nil for its default. Redirects are never followed, whatever it says.
	HTTP          *config.HTTPClientConfig
	Timeout       time.Duration // of one question; 10 s by default
	ReloadTimeout time.Duration // of a reload, which takes Prometheus seconds with thousands of files; 60 s by default
	Logger        *slog.Logger  // slog.Default() by default
}

// Kind is a kind of ruler.
type Kind struct {
	Name     string
	Dialect  expr.Dialect
	new      func(base) (rules.Ruler, error)
	look     look // asks it about what a rule reads
	interval interval
}

// Kinds are the kinds of rulers that there are, by name.
var Kinds = []Kind{
	{Name: "loki", Dialect: expr.LogQL, new: newLoki, look: lookInLoki, interval: intervalOfLoki},
	{Name: "prometheus", Dialect: expr.PromQL, new: newPrometheus, look: lookInPrometheus, interval: intervalOfPrometheus},
}

// New returns the configured ruler. It asks nothing of the ruler, which may be down.
func New(cfg Config) (rules.Ruler, error) {
	for _, kind := range Kinds {
		if kind.Name == cfg.Kind {
			base, err := newBase(cfg, kind.Dialect)
			if err != nil {
				return nil, fmt.Errorf("ruler %s: %w", cfg.Name, err)
			}
			base.look, base.interval = kind.look, kind.interval
			ruler, err := kind.new(base)
			if err != nil {
				return nil, fmt.Errorf("ruler %s: %w", cfg.Name, err)
			}
			return ruler, nil
		}
	}
	names := make([]string, 0, len(Kinds))
	for _, kind := range Kinds {
		names = append(names, kind.Name)
	}
	return nil, fmt.Errorf("ruler %s: there is no kind %q; there are: %s", cfg.Name, cfg.Kind, strings.Join(names, ", "))
}

// base is what rulers of every kind are made of.
type base struct {
	Config
	info     rules.RulerInfo
	client   client
	look     look
	interval interval
}

// Info implements rules.Ruler.
func (b base) Info() rules.RulerInfo { return b.info }

// statePath is the file of the ruler's manifest.
func (b base) statePath() string {
	return filepath.Join(b.StateDir, "published-"+url.PathEscape(b.Name)+".json")
}

func newBase(cfg Config, dialect expr.Dialect) (base, error) {
	switch cfg.RulebookDir {
	case "":
		cfg.RulebookDir = cfg.Name
	case ".":
		cfg.RulebookDir = ""
	}
	if cfg.Layout == "" {
		cfg.Layout = rules.FlatLayout
	}
	if !slices.Contains(rules.Layouts, cfg.Layout) {
		return base{}, fmt.Errorf("there is no layout %q; there are: %q", cfg.Layout, rules.Layouts)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.ReloadTimeout == 0 {
		cfg.ReloadTimeout = time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.StateDir == "" {
		return base{}, fmt.Errorf("no state directory given")
	}
	if cfg.RulesDir != "" {
		absolute, err := filepath.Abs(cfg.RulesDir)
		if err != nil {
			return base{}, err
		}
		cfg.RulesDir = absolute
	}
	client, err := newClient(cfg)
	if err != nil {
		return base{}, err
	}
	info := rules.RulerInfo{Name: cfg.Name, Dialect: dialect, Dir: cfg.RulebookDir, Files: cfg.RulebookFiles, Layout: cfg.Layout}
	return base{Config: cfg, info: info, client: client}, nil
}
