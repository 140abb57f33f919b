package gitsync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

// certainRefusals is how often in a row, each time in a look at the server of its own, a commit has to be refused by itself for anybody to hear of it: a lock
// that somebody holds reads as any other refusal.
const certainRefusals = 3

// refusal is that the server refuses what is the first of all that it has not got, pushed by itself.
type refusal struct {
	rules.PushRefusal
	tip   plumbing.Hash // what was pushed last; another hash since it was planned again
	alone bool          // that is one commit
	head  plumbing.Hash // of the rulebook's branch when it was refused last; what leads there was refused together with it as well
	times int           // in a row
	told  bool
}

// noteRefused notes that the server has refused commits that cannot be parted, after all more of what leads to head. It returns the error. How often that was
// is for countRefusal to say: the pushes of commands follow upon one another within moments.
func (r *Rulebook) noteRefused(ctx context.Context, ours *branchOff, head plumbing.Hash, err error) error {
	s, n := r.sync, ours.commits[len(ours.commits)-1]
	rejected, ok := errors.AsType[*remote.Rejected](err)
	if !ok {
		return err
	}
	past, unread := ours.walk.past(ctx, n, r.serviceAddress())
	if unread != nil {
		return unavailable(unread, "the commit %s of the rulebook %s cannot be read", n.hash, r.dir)
	}
	past.Files = nil
	next := &refusal{tip: n.hash, alone: len(ours.commits) == 1, head: head}
	next.Commit, next.Reason, next.Said, next.Since = past, rejected.Reason, rejected.Said, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.refusal; known != nil && sameChange(known.Commit, past) {
		next.Since, next.times, next.told = known.Since, known.times, known.told
	}
	s.refusal = next
	return err
}

// sameChange reports whether two commits that were the first to wait are one, which was planned again in between when the hashes differ.
func sameChange(a, b rules.PastCommit) bool {
	if a.External() || b.External() {
		return a.External() && b.External() && a.Author == b.Author && a.When.Equal(b.When) && a.Subject == b.Subject
	}
	return a.Name() == b.Name() && a.Action() == b.Action()
}

// countRefusal counts that a look at the server ended with a refusal.
func (r *Rulebook) countRefusal() {
	s := r.sync
	s.mu.Lock()
	defer s.mu.Unlock()
	no := s.refusal
	if no == nil {
		return
	}
	if no.times++; no.times == certainRefusals {
		r.log.Error("the Git server refuses a commit again and again, also by itself; those after it wait for it", "id", "AS3021",
			"commit", no.tip.String(), "request", no.Commit.Trailer("Request-Id"), "reason", no.Reason, "said", no.Said)
	}
}

// refusalNow returns what is refused so often that it is certain; nil when nothing is. The caller holds mu.
func (s *syncing) refusalNow() *rules.PushRefusal {
	if s.refusal == nil || s.refusal.times < certainRefusals {
		return nil
	}
	i := slices.IndexFunc(s.unpushed, func(u unpushed) bool { return u.hash == s.refusal.tip })
	if i < 0 {
		return nil
	}
	now := s.refusal.PushRefusal
	now.Behind, now.Required = len(s.unpushed)-1-i, s.required
	return &now
}

// takeRefusal returns a refusal that nobody was told of yet; nil when there is none.
func (s *syncing) takeRefusal() *rules.PushRefusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.refusalNow()
	if now == nil || s.refusal.told {
		return nil
	}
	s.refusal.told = true
	return now
}

// leaveOut has the rulebook's branch go on from where the server's stands without a commit of ours that the server refuses again and again, once nothing of
// it is in force any more: it is a person who decides that, by taking the change back. What came after it is planned again; where the branch stood is kept;
// a commit that says so stands in its place. That is not done before the server has refused the commit together with what took it back: many a hook
// looks at the newest state alone. The caller has the writer's token.
func (r *Rulebook) leaveOut(ctx context.Context) error {
	s := r.sync
	r.following.Lock()
	f := r.follower
	r.following.Unlock()
	s.mu.Lock()
	refused, certain := s.refusal, s.refusalNow() != nil
	s.mu.Unlock()
	if f == nil || f.NothingLeft == nil || !certain || !refused.alone {
		return nil
	}
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	seen := s.lastSeen()
	ours, err := r.objects.beyond(ctx, head, seen)
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	i := slices.IndexFunc(ours.commits, func(n *node) bool { return n.hash == refused.tip })
	if i < 0 {
		return nil
	}
	spent, err := r.isSpent(ctx, f, ours, ours.commits[i], refused.head)
	if err != nil || !spent {
		return err
	}
	next, err := r.replan(ctx, head, seen, ours, refused.tip)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.refusal = nil
	s.mu.Unlock()
	return r.countUnpushed(ctx, next)
}

// isSpent reports whether a commit is one of ours of which nothing is in force any more at a later one.
func (r *Rulebook) isSpent(ctx context.Context, f *Following, ours *branchOff, n *node, later plumbing.Hash) (bool, error) {
	past, err := ours.walk.past(ctx, n, r.serviceAddress())
	if err != nil {
		return false, unavailable(err, "the commit %s of the rulebook %s cannot be read", n.hash, r.dir)
	}
	if past, err = past.Judged(ctx, f.Ours); err != nil || past.External() {
		return false, err
	}
	own, err := r.ownCommit(past)
	if err != nil {
		return false, err
	}
	now, err := r.treeOf(later)
	if err != nil {
		return false, err
	}
	return f.NothingLeft(ctx, own, now)
}

// ownCommit returns a commit of ours with the states on either side of it.
func (r *Rulebook) ownCommit(past rules.PastCommit) (rules.OwnCommit, error) {
	before, err := r.treeOf(plumbing.NewHash(past.Parent))
	if err != nil {
		return rules.OwnCommit{}, err
	}
	after, err := r.treeOf(plumbing.NewHash(past.Revision))
	return rules.OwnCommit{PastCommit: past, Before: before, After: after}, err
}
