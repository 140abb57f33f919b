package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/common/version"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// committer is the service where it is a person: committer of every commit, and author of those that nobody asked for.
var committer = rules.Person{ID: "alertsmith", Name: "Alertsmith", Email: "alertsmith@localhost"}

// open opens the rulebook and the journal, makes the parts and hands them to each other, and takes up what the last run left. step, which
// may be nil, hears of every step of a change.
func (s *serve) open(ctx context.Context, cfg *config, logger *slog.Logger, step func(string)) (*service, error) {
	if step == nil {
		step = func(string) {}
	}
	svc := &service{settings: s, cfg: cfg, logger: logger, metrics: newMetrics()}
	if err := svc.openStorage(ctx, step); err != nil {
		return nil, err
	}
	if err := svc.wire(ctx, step); err != nil {
		return nil, errors.Join(err, svc.book.Close(), svc.search.Close(), svc.journal.Close())
	}
	return svc, nil
}

// openStorage opens the rulebook first: its lock keeps a second service away from everything below the storage path.
func (s *service) openStorage(ctx context.Context, step func(string)) (err error) {
	storage := s.settings.storage
	options, err := s.rulebookOptions(step)
	if err != nil {
		return err
	}
	if s.book, err = gitsync.Open(ctx, options); err != nil {
		return err
	}
	if s.journal, err = journal.Open(ctx, filepath.Join(storage, journalName)); err == nil {
		if s.search, err = s.journal.Search(ctx); err == nil {
			if err = ensureToken(filepath.Join(storage, tokenName)); err == nil {
				return nil
			}
			err = errors.Join(err, s.search.Close())
		}
		err = errors.Join(err, s.journal.Close())
	}
	return errors.Join(err, s.book.Close())
}

func (s *service) wire(ctx context.Context, step func(string)) error {
	rulers, err := s.rulers()
	if err != nil {
		return err
	}
	location, err := s.cfg.Journal.location()
	if err != nil {
		return err
	}
	s.zone = location
	if s.cfg.Git.SigningKeyFile != "" {
		if s.signers, err = trustedKeys(s.settings.storage, s.cfg.Git); err != nil {
			return err
		}
	}
	var mattermost *bot.Mattermost
	chat := &chat{settings: s.settings, logger: s.logger.With("part", "chat"), metrics: s.metrics, deadline: s.deadline()}
	if address := s.cfg.Mattermost.URL; address != "" {
		if mattermost, err = bot.NewMattermost(address, chat.botToken, nil, time.Now); err != nil {
			return err
		}
	}
	s.follower = &follower{journal: s.journal, mattermost: mattermost, pages: s.cfg.pagesAddress(), missed: &s.missed, logger: s.logger.With("part", "follow-up")}
	for _, r := range rulers {
		s.infos = append(s.infos, r.Info())
	}
	linter, err := newLinting(ctx, rulers, s.cfg.Lint, s.logger.With("part", "rulers"))
	if err != nil {
		return err
	}
	s.lint = linter
	known := newRevisions(filepath.Join(s.settings.storage, stateName), s.logger.With("part", "rulers"))
	if head, err := s.book.Head(ctx); err == nil { // else nothing can be asked about it either
		s.adopted = head.Revision()
	}
	s.known, s.snapshots = known, snapshots{filepath.Join(s.settings.storage, stateName, snapshotName), s.logger.With("part", "rulers")}
	s.applier = rules.NewApplier(rules.ApplierOptions{
		Store:             s.book,
		Rulers:            rulers,
		Page:              journalPage(location),
		Anchor:            func() string { return s.anchor(context.WithoutCancel(ctx)) },
		Service:           committer,
		Now:               time.Now,
		LiveTimeout:       s.cfg.Live.Timeout,
		PollInterval:      s.cfg.Live.PollInterval,
		ReconcileInterval: s.cfg.Live.ReconcileInterval,
		Step: func(name, _ string, took time.Duration) {
			s.metrics.stepSeconds.WithLabelValues(name).Observe(took.Seconds())
			step(name)
		},
		Panicked:     s.metrics.panicked,
		Settled:      s.follower.settled,
		Answering:    s.follower.answering.on,
		Own:          s.own,
		OwnOfOld:     s.ownOfOld,
		LastAccepted: func(ruler string) string { return known.last(acceptedPrefix + ruler) },
		Accepted:     func(ruler, revision string) { known.noteSoon(acceptedPrefix+ruler, revision) },
		LastGood:     func() string { return known.last(goodRevision) },
		Good:         func(revision string) { known.note(goodRevision, revision) },
		External:     s.external,
		Ours:         s.ours,
		Replanned:    s.book.Replanned,
		LastTold:     func() string { return known.last(toldRevision) },
		Told:         func(revision string) { known.note(toldRevision, revision) },
		LastSeen:     func() string { return known.last(seenRevision) },
		Seen:         func(revision string) { known.noteSoon(seenRevision, revision) },
		Snapshot:     s.snapshots.load(),
		Irregular: func(ctx context.Context, revision string) ([]rules.Problem, error) {
			return s.book.Irregular(ctx, revision, append(s.dirs(), rules.PausedDir, rules.TemplatesDir, journal.PageDir(time.Now().In(location))))
		},
		Lint:               linter.Change,
		Examine:            noteworthy(examine(rulers)),
		EvaluationInterval: evaluationInterval(rulers),
		ConfigRead:         configRead(rulers),
		Logger:             s.logger.With("part", "rulers"),
	})
	s.metrics.begin(bot.Commands, s.cfg.Sinks)
	s.metrics.observe(ctx, s.status)
	s.index = newHistoryIndex(s.book, s.journal, s.infos, s.oursOf, s.logger.With("part", "history"))
	chat.mattermost = mattermost
	chat.backend = bot.Backend{
		Apply:     s.applier.Apply,
		Draft:     s.applier.Draft,
		Recorded:  s.journal.Record,
		Book:      s.applier.Book,
		Status:    s.status,
		History:   s.index.Versions,
		Changes:   s.index.Changes,
		Journal:   s.search.Find,
		BookAt:    s.applier.BookAt,
		Commit:    s.index.Commit,
		Kept:      s.kept,
		Claims:    s.claims,
		StateAt:   s.index.StateAt,
		Lint:      linter.Lint,
		Examine:   examine(rulers),
		SignIn:    s.signIn,
		Missed:    s.missedBy,
		Pages:     s.cfg.pagesAddress(),
		Checks:    lint.Names(),
		Templates: s.templates,
		Zone:      location,
	}
	chat.journal = steppedJournal{s.journal, s.answered, hostname(), location, func(name string, took time.Duration) {
		s.metrics.stepSeconds.WithLabelValues(name).Observe(took.Seconds())
		step(name)
	}, &s.follower.answering}
	chat.answered = s.follower.answering.end
	if err := chat.load(s.cfg.Mattermost); err != nil {
		return err
	}
	if len(s.cfg.Git.WebhookSecretFiles) > 0 {
		s.webhook = &webhook{kick: s.book.Kick, refusals: bot.NewRefusalLog(s.logger.With("part", "webhook"))}
		if err := s.webhook.load(s.cfg.Git.WebhookSecretFiles); err != nil {
			return err
		}
	}
	s.metrics.reloaded(nil)
	s.chat = chat
	s.pages = s.newPages()
	s.book.CatchUp(ctx, s.following())
	return s.resume(ctx)
}

// dirs returns the rulers' directories in the rulebook.
func (s *service) dirs() (dirs []string) {
	for _, r := range s.infos {
		dirs = append(dirs, r.Dir)
	}
	return dirs
}

// rulers returns the configured rulers. None of them is asked anything.
func (s *service) rulers() (rulers []rules.Ruler, err error) {
	for _, c := range s.cfg.Rulers {
		r, err := ruler.New(ruler.Config{
			Kind:          c.Kind,
			Name:          c.Name,
			URL:           c.URL,
			RulesDir:      c.RulesDir,
			Layout:        c.Layout,
			RulebookDir:   c.RulebookDir,
			RulebookFiles: rules.FilePatterns{Include: c.RulebookFiles, Exclude: c.RulebookExclude},
			StateDir:      filepath.Join(s.settings.storage, stateName),
			Tenant:        c.Tenant,
			HTTP:          c.HTTP,
			Timeout:       c.Timeout,
			ReloadTimeout: c.ReloadTimeout,
			Logger:        s.logger.With("ruler", c.Name),
		})
		if err != nil {
			return nil, err
		}
		rulers = append(rulers, r)
	}
	return rulers, nil
}

// noteworthy leaves out what only tells how much there is: it is told where it is asked for.
func noteworthy(examine func(context.Context, string, []rules.Entry) []rules.Finding) func(context.Context, string, []rules.Entry) []rules.Finding {
	return func(ctx context.Context, name string, entries []rules.Entry) []rules.Finding {
		return slices.DeleteFunc(examine(ctx, name, entries), func(f rules.Finding) bool {
			return f.Check == ruler.CheckFound && f.Severity == rules.SeverityInfo
		})
	}
}

// examine returns the way to ask each of the rulers what it has, without what is accepted of a rule.
func examine(rulers []rules.Ruler) func(context.Context, string, []rules.Entry) []rules.Finding {
	return func(ctx context.Context, name string, entries []rules.Entry) []rules.Finding {
		for _, r := range rulers {
			if r.Info().Name == name {
				return slices.DeleteFunc(ruler.Examine(ctx, r, entries), func(f rules.Finding) bool {
					return slices.ContainsFunc(entries, func(e rules.Entry) bool { return e.Ref == f.Ref && e.Accepts(f.Check, time.Now()) })
				})
			}
		}
		return nil
	}
}

// journalPage returns how the day's page is written: in the commit of the change itself.
func journalPage(location *time.Location) func(rules.Tree, rules.PageEntry) (string, []byte, error) {
	return func(tree rules.Tree, entry rules.PageEntry) (string, []byte, error) {
		return journal.Page(tree, entry, entry.Request.Time.In(location))
	}
}

// The steps of the path that are the journal's.
const (
	stepReceived = rules.StageReceived
	stepRecorded = "recorded" // how the command ended is written down
)

// steppedJournal is the journal as steps of the path, measured.
type steppedJournal struct {
	*journal.DB
	answered  func(context.Context, rules.Request) (*rules.Record, error)
	host      string
	zone      *time.Location
	step      func(name string, took time.Duration)
	answering *answering
}

// Receive is the path's step 2.
func (j steppedJournal) Receive(ctx context.Context, request rules.Request) (*rules.Record, error) {
	start := time.Now()
	request = takenBy(request, j.host, j.zone)
	prior, err := j.DB.Receive(ctx, request)
	if err == nil && prior == nil {
		if prior, err = j.answered(ctx, request); prior != nil {
			err = j.DB.Finish(ctx, *prior)
		}
	}
	if err == nil && prior == nil {
		j.answering.begin(request.ID)
	}
	j.step(stepReceived, time.Since(start))
	return prior, err
}

// takenBy returns a request with where it was taken, by which version, and the zone that it tells times in.
func takenBy(request rules.Request, host string, zone *time.Location) rules.Request {
	request.Host, request.Version, request.Zone = host, version.Version, zoneName(zone, request.Time)
	return request
}

// Finish is the path's last step before the reply.
func (j steppedJournal) Finish(ctx context.Context, record rules.Record) error {
	start := time.Now()
	defer j.answering.end(record.Request.ID)
	err := j.DB.Finish(ctx, record)
	j.step(stepRecorded, time.Since(start))
	return err
}
