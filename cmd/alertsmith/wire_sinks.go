package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// openTeller opens the sinks, of which one may write to stdout, and the queue of what they are told.
func (s *service) openTeller(ctx context.Context, stdout io.Writer) error {
	host := journal.SinkHost{Find: s.search.Find, Stdout: stdout, Zone: s.chat.backend.Zone, Pages: s.cfg.pagesAddress()}
	if s.follower.mattermost != nil {
		host.Post = func(ctx context.Context, channelID string, t rules.Telling) error {
			return s.follower.mattermost.Report(ctx, channelID, t.ID, bot.Told(t, s.cfg.pagesAddress()))
		}
	}
	options := journal.TellerOptions{
		Rules: s.cfg.Notify, Actions: bot.ActionNames(), Rebuilder: rebuildClient, Now: time.Now, Told: s.metrics.told, Logger: s.logger.With("part", "sinks"),
	}
	for _, c := range s.cfg.Sinks {
		sink, err := journal.OpenSink(c, host)
		if err != nil {
			return err
		}
		options.Sinks = append(options.Sinks, sink)
	}
	var err error
	s.teller, err = s.journal.NewTeller(ctx, options)
	return err
}

// greets reports whether standard output is there for people, and not a sink's.
func (c *config) greets() bool {
	return !slices.ContainsFunc(c.Sinks, journal.SinkConfig.Stdout)
}
