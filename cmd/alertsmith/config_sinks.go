package main

import (
	"fmt"
	"slices"

	promconfig "github.com/prometheus/common/config"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
)

// checkSinks notes what is wrong with the places that are told what happens, and with the rules that say of what.
func (c *config) checkSinks(p *problems) {
	under := func(key string) func(string, string, ...any) {
		return func(part, format string, args ...any) { p.at(key+"."+part, format, args...) }
	}
	named := func(name string) func(journal.SinkConfig) bool {
		return func(s journal.SinkConfig) bool { return s.Name == name }
	}
	for i, s := range c.Sinks {
		key := fmt.Sprintf("sinks[%d]", i)
		s.Check(under(key))
		if other := slices.IndexFunc(c.Sinks[:i], named(s.Name)); other >= 0 && s.Name != "" {
			p.at(key+".name", "%q is the name of sinks[%d] already", s.Name, other)
		}
		if s.Kind == "mattermost" && c.Mattermost.BotTokenFile == "" {
			p.at(key+".kind", "only a bot can post: it needs mattermost.url and mattermost.bot_token_file")
		}
	}
	for i, r := range c.Notify {
		key := fmt.Sprintf("notify[%d]", i)
		r.Check(bot.ActionNames(), under(key))
		if other := slices.IndexFunc(c.Notify[:i], func(o journal.NotifyRule) bool { return o.Name == r.Name }); other >= 0 && r.Name != "" {
			p.at(key+".name", "%q is the name of notify[%d] already", r.Name, other)
		}
		for k, name := range r.Sinks {
			if !slices.ContainsFunc(c.Sinks, named(name)) {
				p.at(fmt.Sprintf("%s.sinks[%d]", key, k), "there is no sink %q", name)
			}
		}
	}
}

// resolveSinks makes relative paths relative to dir.
func (c *config) resolveSinks(dir string) {
	for i := range c.Sinks {
		for _, file := range c.Sinks[i].Files() {
			*file = promconfig.JoinDir(dir, *file)
		}
	}
}
