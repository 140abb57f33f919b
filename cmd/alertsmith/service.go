package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/alertsmith/alertsmith/bot/web"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// grace is how long commands that are being worked on may take to end when the service is told to end. What is not done by then is
// looked up in the rulebook at the next start.
const grace = 30 * time.Second

// service is everything that runs, wired together by open.
type service struct {
	settings  *serve
	cfg       *config // as it was at the start; only tokens and allow-lists are read again
	logger    *slog.Logger
	metrics   *metrics
	book      *gitsync.Rulebook
	journal   *journal.DB
	search    *journal.Search
	infos     []rules.RulerInfo // of the configured rulers
	zone      *time.Location    // the journal's
	applier   *rules.Applier
	teller    *journal.Teller // nil but in the service: who only opens its parts tells nobody
	follower  *follower
	chat      *chat
	pages     *web.Pages
	address   string // of the first listener, as this machine reaches it
	index     *historyIndex
	webhook   *webhook // nil where no secret is configured
	lint      *linting
	known     *revisions
	snapshots snapshots
	written   written
	missed    missed
	adopted   string // the revision of the rulebook that the service started with
	arrived   arrived
	signers   []string // the public keys that may have signed commits of ours; nil: commits are not signed
}

// serve listens, reconciles and takes commands until ctx ends; then it lets the commands that are being worked on end.
func (s *service) serve(ctx context.Context, flags *toolkit.FlagConfig, stdout io.Writer) error {
	listeners, err := listen(*flags.WebListenAddresses, *flags.WebSystemdSocket)
	if err != nil {
		return err
	}
	s.address = reachable(listeners[0].Addr().String(), *flags.WebConfigFile != "")
	servers := s.servers(ctx, len(listeners))

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { _ = s.applier.Run(running) }) // it ends with nothing but its context
	for job, run := range map[string]func(context.Context){
		"git":          s.followGit,
		"housekeeping": s.book.KeepHouse,
		"snapshots":    func(ctx context.Context) { s.snapshots.keep(ctx, s.applier.Snapshot) },
		"history":      s.index.Run,
		"search":       func(ctx context.Context) { s.search.Run(ctx, s.logger.With("part", "journal")) },
		"sinks":        s.teller.Run,
		"journal":      s.watchJournal,
		"reload":       s.reloadOnHangup,
		"intervals":    s.lint.follow,
	} {
		background.Go(func() { s.keepRunning(running, job, run) })
	}
	defer s.known.wait()
	defer background.Wait()
	defer stop()

	served := make(chan error, len(listeners))
	for i, server := range servers {
		go func() { served <- serveHTTP(server, listeners[i], flags, s.logger) }()
	}
	if s.cfg.greets() {
		s.greet(stdout)
	}

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.logger.Info("Told to end: commands that are being worked on are finished first")
	stop() // from now on nobody waits for a ruler: a change that is not live yet is pending, and the next start follows it up
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := errors.Join(shutdown(ending, servers), s.chat.wait(ending)); err != nil {
		s.logger.Warn("Some commands were not finished; the next start looks them up in the rulebook", "id", "AS5103", "err", err)
	}
	return nil
}

// deadline is the longest that one command may work.
func (s *service) deadline() time.Duration { return s.cfg.Live.Timeout + 30*time.Second }

func (s *service) endpoints(ending <-chan struct{}) *endpoints {
	e := &endpoints{command: s.chat, action: s.chat.handler.ServeAction, api: s.api(ending).Handler(), pages: s.pages.Handle, metrics: s.metrics.handler(), unready: s.unready, notes: s.notes, reload: s.reload}
	if s.webhook != nil {
		e.webhook = s.webhook
	}
	return e
}

// reloadOnHangup reloads at every SIGHUP until ctx ends.
func (s *service) reloadOnHangup(ctx context.Context) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			_ = s.reload() // which logs and counts its failure
		case <-ctx.Done():
			return
		}
	}
}

// close closes what open opened.
func (s *service) close() {
	if err := errors.Join(s.book.Close(), s.search.Close(), s.journal.Close()); err != nil {
		s.logger.Error("Not everything was closed well", "id", "AS5104", "err", err)
	}
}
