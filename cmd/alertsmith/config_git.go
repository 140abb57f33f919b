package main

import (
	"regexp"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
)

// gitConfig says where the rulebook is kept beside this machine, and who signs for its commits.
type gitConfig struct {
	Remote        string        `yaml:"remote"` // empty: nowhere else
	Branch        string        `yaml:"branch"` // of the rulebook, here and there; empty: main
	Push          string        `yaml:"push"`   // pushEventual (the default) or pushRequired
	FetchInterval time.Duration `yaml:"fetch_interval"`
	Timeout       time.Duration `yaml:"timeout"`

	Username             string `yaml:"username"`
	PasswordFile         string `yaml:"password_file"`
	CAFile               string `yaml:"ca_file"`
	SSHKeyFile           string `yaml:"ssh_key_file"`
	SSHKeyPassphraseFile string `yaml:"ssh_key_passphrase_file"`
	KnownHostsFile       string `yaml:"known_hosts_file"`
	SSHAgent             bool   `yaml:"ssh_agent"`

	SigningKeyFile           string `yaml:"signing_key_file"`
	SigningKeyPassphraseFile string `yaml:"signing_key_passphrase_file"`

	WebhookSecretFiles []string `yaml:"webhook_secret_files"`
	AcceptRewritten    string   `yaml:"accept_rewritten"`
}

// When a change counts.
const (
	pushEventual = "eventual" // when it is committed here; the push follows
	pushRequired = "required" // when the remote has it
)

var fullHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// check notes what cannot be meant. What is wrong with the remote's address is package remote's to say, at the start.
func (c gitConfig) check(p *problems) {
	switch c.Push {
	case "", pushEventual:
	case pushRequired:
		if c.Remote == "" {
			p.at("git.push", "%s needs git.remote: there is nowhere to push to", pushRequired)
		}
	default:
		p.at("git.push", "%q is none of %s (a change counts when it is committed here, and the push follows) and %s (it counts when the remote has it)",
			c.Push, pushEventual, pushRequired)
	}
	if c.PasswordFile != "" && c.Username == "" {
		p.at("git.password_file", "the Git server wants a user name with it: write git.username (for a token, GitLab takes oauth2, GitHub x-access-token)")
	}
	if c.SSHKeyPassphraseFile != "" && c.SSHKeyFile == "" {
		p.at("git.ssh_key_passphrase_file", "there is no git.ssh_key_file that it would open")
	}
	if c.SigningKeyPassphraseFile != "" && c.SigningKeyFile == "" {
		p.at("git.signing_key_passphrase_file", "there is no git.signing_key_file that it would open")
	}
	if c.AcceptRewritten != "" && !fullHash.MatchString(c.AcceptRewritten) {
		p.at("git.accept_rewritten", "%q is no full commit hash; the command status shows the one that is meant", c.AcceptRewritten)
	}
	checkDuration(p, "git.fetch_interval", c.FetchInterval)
	checkDuration(p, "git.timeout", c.Timeout)
}

// resolve makes relative paths relative to dir.
func (c *gitConfig) resolve(dir string) {
	for _, file := range []*string{
		&c.PasswordFile, &c.CAFile, &c.SSHKeyFile, &c.SSHKeyPassphraseFile, &c.KnownHostsFile, &c.SigningKeyFile, &c.SigningKeyPassphraseFile,
	} {
		*file = promconfig.JoinDir(dir, *file)
	}
	if !strings.Contains(c.Remote, ":") { // a path, not an address
		c.Remote = promconfig.JoinDir(dir, c.Remote)
	}
	for i := range c.WebhookSecretFiles {
		c.WebhookSecretFiles[i] = promconfig.JoinDir(dir, c.WebhookSecretFiles[i])
	}
}
