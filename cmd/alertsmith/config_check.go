package main

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// check notes what cannot be meant. What a kind of ruler needs beside this is the adapter's to say.
func (c *config) check(p *problems) {
	for i, r := range c.Rulers {
		r.check(p, fmt.Sprintf("rulers[%d]", i))
		for k, other := range c.Rulers[:i] {
			if r.Name == other.Name {
				p.at(fmt.Sprintf("rulers[%d].name", i), "%q is the name of rulers[%d] already", r.Name, k)
			} else if r.dir() == other.dir() && len(other.RulebookFiles)+len(other.RulebookExclude) == 0 {
				p.at(fmt.Sprintf("rulers[%d].rulebook_dir", i), "rulers[%d] has the same directory %q, and takes all files there; "+
					"give each ruler a directory of its own, or rulers[%d] its rulebook_files", k, r.dir(), k)
			}
		}
	}
	c.Mattermost.check(p)
	c.Git.check(p)
	if _, err := c.Journal.location(); err != nil {
		p.at("journal.timezone", "there is no time zone %q; write it like Europe/Berlin or UTC", c.Journal.Timezone)
	}
	checkDuration(p, "live.timeout", c.Live.Timeout)
	checkDuration(p, "live.poll_interval", c.Live.PollInterval)
	checkDuration(p, "live.reconcile_interval", c.Live.ReconcileInterval)
	c.Web.check(p)
	c.checkLint(p)
	c.checkSinks(p)
}

func (w webConfig) check(p *problems) {
	for i, text := range w.TrustedProxies {
		if _, err := parseNetwork(text); err != nil {
			p.at(fmt.Sprintf("web.trusted_proxies[%d]", i), "%q is no address and no network; write it like 10.0.0.7 or 10.0.0.0/24", text)
		}
	}
	if w.ExternalURL == "" {
		return
	}
	u, err := url.Parse(w.ExternalURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		p.at("web.external_url", "this is no address of the pages; write it like https://alerts.example.org, without a user, a path or anything behind it")
	}
}

// checkLint notes scopes that no rule can be in, and what is wrong with each.
func (c *config) checkLint(p *problems) {
	for i, scope := range c.Lint {
		key := fmt.Sprintf("lint[%d]", i)
		for k, name := range scope.Rulers {
			if !slices.ContainsFunc(c.Rulers, func(r rulerConfig) bool { return r.Name == name }) {
				p.at(fmt.Sprintf("%s.rulers[%d]", key, k), "there is no ruler %q", name)
			}
		}
		checkPatterns(p, key+".paths", scope.Paths)
		if _, err := lint.New(lint.Settings{{Checks: scope.Checks}}, time.Now); err != nil {
			p.at(key+".checks", "%v", err)
		}
		for name, d := range map[string]time.Duration{
			"interval": scope.Interval, "scrape_interval": scope.ScrapeInterval, "max_range": scope.MaxRange, "retention": scope.Retention,
			"max_interval": scope.MaxInterval, "max_for": scope.MaxFor, "min_for": scope.MinFor,
		} {
			checkDuration(p, key+"."+name, d)
		}
	}
}

var rulerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)

func (r rulerConfig) check(p *problems, key string) {
	switch {
	case r.Name == "":
		p.at(key+".name", "a ruler needs a name: people write it as ruler=NAME")
	case !rulerName.MatchString(r.Name):
		p.at(key+".name", "%q is no name for a ruler; use lower-case letters, digits, - and _", r.Name)
	}
	if dir := r.dir(); dir != "" && dir != path.Clean(dir) || path.IsAbs(dir) || within(dir, "..") {
		p.at(key+".rulebook_dir", "%q is no directory inside the rulebook; write it like prometheus or rules/prometheus, or . for all of it", dir)
	} else if within(dir, "journal") {
		p.at(key+".rulebook_dir", "the journal's pages are kept in %q; name another directory", dir)
	}
	checkPatterns(p, key+".rulebook_files", r.RulebookFiles)
	checkPatterns(p, key+".rulebook_exclude", r.RulebookExclude)
	switch {
	case r.Layout != "" && !slices.Contains(rules.Layouts, r.Layout):
		p.at(key+".layout", "there is no layout %q; write flat (all files in one directory) or tree (the directories of the rulebook)", r.Layout)
	case r.Layout == rules.TreeLayout && r.Kind == "loki":
		p.at(key+".layout", "Loki does not read directories below its tenant's, and its rule API knows none; leave layout out")
	}
	if !slices.ContainsFunc(ruler.Kinds, func(k ruler.Kind) bool { return k.Name == r.Kind }) {
		p.at(key+".kind", "there is no kind of ruler %q; known are %s", r.Kind, strings.Join(kindNames(), ", "))
	}
	if err := checkURL(r.URL); err != nil {
		p.at(key+".url", "%v", err)
	}
	checkDuration(p, key+".timeout", r.Timeout)
	checkDuration(p, key+".reload_timeout", r.ReloadTimeout)
}

func checkPatterns(p *problems, key string, patterns []string) {
	for i, pattern := range patterns {
		if err := rules.CheckPattern(pattern); err != nil {
			p.at(fmt.Sprintf("%s[%d]", key, i), "%v", err)
		}
	}
}

func kindNames() (names []string) {
	for _, kind := range ruler.Kinds {
		names = append(names, kind.Name)
	}
	return names
}

// dir returns the ruler's directory in the rulebook; "." is the root.
func (r rulerConfig) dir() string {
	if r.RulebookDir == "" {
		return r.Name
	}
	return r.RulebookDir
}

func (m mattermostConfig) check(p *problems) {
	if m.URL != "" {
		if err := checkURL(m.URL); err != nil {
			p.at("mattermost.url", "%v", err)
		}
	} else if m.BotTokenFile != "" {
		p.at("mattermost.bot_token_file", "the bot needs mattermost.url too: where it is to post")
	}
	if m.ReportChannel != "" {
		if m.BotTokenFile == "" {
			p.at("mattermost.report_channel", "only a bot can post there: it needs mattermost.url and mattermost.bot_token_file")
		}
		checkID(p, "mattermost.report_channel", m.ReportChannel)
	}
	checkIDs(p, "mattermost.teams", m.Teams)
	checkIDs(p, "mattermost.channels", m.Channels)
	checkIDs(p, "mattermost.users", m.Users)
}

func checkIDs(p *problems, key string, ids []string) {
	for i, id := range ids {
		checkID(p, fmt.Sprintf("%s[%d]", key, i), id)
	}
}

func checkID(p *problems, key, id string) {
	if !rules.IsMattermostID(id) {
		p.at(key, "%q is no id: Mattermost's ids are 26 lower-case letters and digits (a name can change hands, an id cannot)", id)
	}
}

func checkDuration(p *problems, key string, d time.Duration) {
	if d < 0 {
		p.at(key, "%v is negative; write it like 30s or 3m, or leave it out", d)
	}
}

// checkURL says what is wrong with the address of a server. The address may hold a password, so no error repeats it.
func checkURL(address string) error {
	if address == "" {
		return errors.New("an address is needed, like http://127.0.0.1:9090")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("this is no address; write it like http://127.0.0.1:9090")
	case u.User != nil:
		return errors.New("take user and password out of the address: they belong into http_config.basic_auth, the password as password_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("the address must begin with http:// or https:// and name a host, like http://127.0.0.1:9090")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("the address must end before any ? or #")
	}
	return nil
}

// within reports whether the slash-separated path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}
