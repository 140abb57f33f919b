package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

const (
	indexer       = 9                // counts up whenever the same history would be indexed in another way
	maxReplaced   = 500              // commits that are taken out of the index or put in their place at once; where it is more, it is made anew
	indexPatience = 2 * time.Second  // how long a question waits for the index
	indexPoll     = 5 * time.Second  // between two looks at the head: who asks is not to wait for much that was committed since
	indexReport   = 10 * time.Second // between two lines of the log about the progress
)

// historyIndex keeps the index of the rules' history up to date with the rulebook's head.
type historyIndex struct {
	book        *gitsync.Rulebook
	db          *journal.DB
	fingerprint string
	historian   *rules.Historian
	ours        func(context.Context, []rules.PastCommit) ([]bool, error) // of each as rules.ApplierOptions has it of one
	logger      *slog.Logger
	wake        chan struct{}
	patience    time.Duration // how long a question waits for a round
	done, total atomic.Int64  // commits of the current round
	proved      bool          // the index has all that was written, as far as rounds know

	mu       sync.Mutex
	begun    int           // rounds
	complete int           // the last round that ended well
	head     string        // up to where it went
	err      error         // of the last round
	ended    chan struct{} // closed when the round ends
}

func newHistoryIndex(
	book *gitsync.Rulebook, db *journal.DB, rulers []rules.RulerInfo, ours func(context.Context, []rules.PastCommit) ([]bool, error), logger *slog.Logger,
) *historyIndex {
	return &historyIndex{
		book:        book,
		db:          db,
		fingerprint: fmt.Sprintf("%d %+v", indexer, rulers),
		ours:        ours,
		historian:   rules.NewHistorian(rulers, contentOf(book)),
		logger:      logger,
		wake:        make(chan struct{}, 1),
		patience:    indexPatience,
		ended:       make(chan struct{}),
	}
}

// contentOf returns how a file of the rulebook is read by its content id: none for one that is too large.
func contentOf(book *gitsync.Rulebook) func(ctx context.Context, id string) ([]byte, error) {
	return func(ctx context.Context, id string) ([]byte, error) {
		content, err := book.Content(ctx, id)
		if errors.Is(err, gitsync.ErrTooLarge) {
			return nil, nil
		}
		return content, err
	}
}

// Wake says that the rulebook's head may have moved.
func (x *historyIndex) Wake() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Progress returns how many commits of how many are in the index that is being made or completed now; equal numbers when none is.
func (x *historyIndex) Progress() (done, total int) { return int(x.done.Load()), int(x.total.Load()) }

// Run keeps the index up to date until ctx ends.
func (x *historyIndex) Run(ctx context.Context) {
	pause := time.Second
	for {
		x.mu.Lock()
		x.begun++
		x.mu.Unlock()
		head, err := x.round(ctx)
		if ctx.Err() != nil {
			return
		}
		x.end(head, err)
		wake, wait := x.wake, indexPoll
		if err != nil {
			x.proved = false // a table may be gone
			x.logger.Warn("The index of the history is not up to date", "id", "AS2202", "err", err, "again_in", pause)
			wake, wait = nil, pause
			pause = min(2*pause, time.Minute)
		} else {
			pause = time.Second
		}
		select {
		case <-wake:
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// end tells those who wait how a round ended.
func (x *historyIndex) end(head string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err = err; err == nil {
		x.complete, x.head = x.begun, head
	}
	close(x.ended)
	x.ended = make(chan struct{})
}

// Versions answers a question about the history as of now. It waits for the index, though not long: an *rules.Error of kind Unavailable
// says how far it is.
func (x *historyIndex) Versions(ctx context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
	if err := x.await(ctx); err != nil {
		return nil, err
	}
	return x.db.Versions(ctx, q)
}

// await waits until the index has what the rulebook has now: until it went up to this very head, or a round ended that began later.
func (x *historyIndex) await(ctx context.Context) error {
	tree, err := x.book.Head(ctx)
	if err != nil {
		return err
	}
	timeout := time.NewTimer(x.patience)
	defer timeout.Stop()
	x.mu.Lock()
	before := x.begun
	x.mu.Unlock()
	x.Wake()
	for {
		x.mu.Lock()
		ready, ended, err := x.complete > before || x.complete > 0 && x.head == tree.Revision(), x.ended, x.err
		x.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		case <-timeout.C:
			text := "The history cannot be read now. Please ask again in a minute."
			if done, total := x.Progress(); err == nil {
				text = fmt.Sprintf("The history is still being read: %d of %d commits are done. Please ask again in a moment.", done, total)
			}
			return &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: text, Cause: err}
		}
	}
}

// round brings the index up to the rulebook's head, which it returns.
func (x *historyIndex) round(ctx context.Context) (head string, err error) {
	tree, err := x.book.Head(ctx)
	if err != nil {
		return "", err
	}
	head = tree.Revision()
	if err := x.prove(ctx); err != nil {
		return head, err
	}
	tips, err := x.db.HistoryTips(ctx, x.fingerprint)
	if err != nil || head != "" && slices.Equal(tips, []string{head}) {
		return head, err
	}
	gone, err := x.gone(ctx, head, tips)
	switch {
	case err != nil:
		return head, err
	case len(tips) == 1 && len(gone) > 0 && len(gone) <= maxReplaced:
		replaced, err := x.replace(ctx, gone, tips[0], head)
		if replaced || err != nil {
			return head, err
		}
		tips = nil
	case len(gone) > 0:
		tips = nil
	}
	if len(tips) == 0 {
		if err := x.db.ClearHistory(ctx, x.fingerprint); err != nil {
			return head, err
		}
	}
	return head, x.add(ctx, tips, head)
}

// prove empties an index that has lost rows or a table since it was written, so that it is made anew: at the start, and after a round that failed.
func (x *historyIndex) prove(ctx context.Context) error {
	if x.proved {
		return nil
	}
	loss, err := x.db.HistoryLoss(ctx)
	if err == nil && loss != "" {
		x.logger.Warn("The index of the history has lost what was written, and is made anew from Git", "id", "AS2203", "loss", loss)
		err = x.db.ClearHistory(ctx, x.fingerprint)
	}
	x.proved = err == nil
	return err
}

// gone returns the commits of the index that do not lead to head; one that nobody has when that cannot be told any more.
func (x *historyIndex) gone(ctx context.Context, head string, tips []string) (revisions []string, err error) {
	for _, tip := range tips {
		err := x.book.Log(ctx, head, tip, func(c rules.PastCommit) error {
			revisions = append(revisions, c.Revision)
			if len(revisions) > maxReplaced {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			return make([]string, maxReplaced+1), nil
		}
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
	}
	return revisions, nil
}

var errEnough = errors.New("enough")

// replace takes commits out of the index and puts those in that head has instead, all at once. It does nothing where that is too much.
func (x *historyIndex) replace(ctx context.Context, gone []string, tip, head string) (done bool, err error) {
	var fresh []journal.IndexedCommit
	size := 0
	err = x.book.Log(ctx, tip, head, func(c rules.PastCommit) error {
		indexed, err := x.indexed(ctx, []rules.PastCommit{c})
		if err != nil {
			return err
		}
		if size += 1 + len(indexed[0].Versions); size > maxReplaced {
			return errEnough
		}
		fresh = append(fresh, indexed[0])
		return nil
	})
	if errors.Is(err, errEnough) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, x.db.WriteHistory(ctx, journal.HistoryStep{Remove: gone, Add: fresh, Tips: []string{head}})
}
