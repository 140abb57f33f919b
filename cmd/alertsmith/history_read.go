package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// indexedAtOnce is how many commits and versions of rules are written in one go.
const indexedAtOnce = 100

// add adds the commits that head has and the tips have not. It reads some while those before are written.
func (x *historyIndex) add(ctx context.Context, tips []string, head string) error {
	from := ""
	if len(tips) > 0 {
		from = tips[0]
	}
	commits, err := x.book.Commits(ctx, from, head)
	if err != nil {
		return err
	}
	if len(tips) > 0 && commits.Len() == 0 { // all is there, and not settled yet
		return x.db.WriteHistory(ctx, journal.HistoryStep{Tips: []string{head}})
	}
	x.done.Store(0)
	x.total.Store(int64(commits.Len()))
	start, steps := time.Now(), make(chan journal.HistoryStep)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(steps)
		return x.read(ctx, commits, &indexSteps{tips: slices.Clone(tips), write: func(ctx context.Context, step journal.HistoryStep) error {
			select {
			case steps <- step:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}})
	})
	both.Go(func() error {
		for step := range steps {
			if err := x.db.WriteHistory(ctx, step); err != nil {
				return err
			}
		}
		return nil
	})
	if err = both.Wait(); err == nil && time.Since(start) > indexReport {
		x.logger.Info("The history of the rulebook was read", "commits", commits.Len(), "took", time.Since(start))
	}
	return err
}

// read reads commits, the oldest first, and gives them on to be written.
func (x *historyIndex) read(ctx context.Context, commits *gitsync.Commits, steps *indexSteps) error {
	reported := time.Now()
	var some []rules.PastCommit
	index := func() error {
		indexed, err := x.indexed(ctx, some)
		if err != nil {
			return err
		}
		for _, c := range indexed {
			if err := steps.add(ctx, c); err != nil {
				return err
			}
			x.done.Add(1)
		}
		some = some[:0]
		if time.Since(reported) > indexReport {
			reported = time.Now()
			x.logger.Info("The history of the rulebook is being read", "done", x.done.Load(), "of", commits.Len())
		}
		return nil
	}
	err := commits.Visit(ctx, func(c rules.PastCommit) error {
		if some = append(some, c); len(some) < indexedAtOnce {
			return nil
		}
		return index()
	})
	if err == nil {
		err = index()
	}
	if err != nil {
		return err
	}
	return steps.flush(ctx)
}

// indexSteps cuts commits into steps that the journal does not wait long for.
type indexSteps struct {
	write func(context.Context, journal.HistoryStep) error
	tips  []string
	batch []journal.IndexedCommit
	size  int
}

func (s *indexSteps) add(ctx context.Context, c journal.IndexedCommit) error {
	if s.size+len(c.Versions) >= indexedAtOnce {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	s.batch = append(s.batch, c)
	s.size += 1 + len(c.Versions)
	s.tips = slices.DeleteFunc(s.tips, func(tip string) bool { return slices.Contains(c.Commit.Parents, tip) })
	s.tips = append(s.tips, c.Commit.Revision)
	return nil
}

func (s *indexSteps) flush(ctx context.Context) error {
	if len(s.batch) == 0 {
		return nil
	}
	step := journal.HistoryStep{Add: s.batch, Tips: slices.Clone(s.tips)}
	s.batch, s.size = nil, 0
	return s.write(ctx, step)
}
