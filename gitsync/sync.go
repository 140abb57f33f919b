package gitsync

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// Remote is the branch on a Git server that a rulebook is kept on, as *remote.Remote is; what its methods promise stands there. It is safe for
// concurrent use.
type Remote interface {
	String() string
	Tip(ctx context.Context) (plumbing.Hash, error)
	Fetch(ctx context.Context, want plumbing.Hash, haves []plumbing.Hash, progress func(string), pack func(io.Reader) error) error
	Push(ctx context.Context, old, next plumbing.Hash, pack func(io.Writer) error) error
}

var (
	// errStale means that what was read of the Git server is older than a push of ours.
	errStale = errors.New("the Git server was read before a push of ours")
	// errUnrelated means that rulebook and Git server are not one history.
	errUnrelated = errors.New("no commit in common")
)

// syncing is how a rulebook stands to its Git server. The refs of it:
//
//   - refs/remotes/origin/BRANCH is where the server's branch was seen last, by reading it or by a push that it took. The rulebook's branch
//     contains it at all times, but for moments.
//   - refs/alertsmith/doubt/… are pushes of which it is not known how they ended; see doubt.
//   - refs/alertsmith/accepted is what an operator has accepted as the server's; see acceptedRef.
//   - refs/alertsmith/kept/… are where the rulebook's branch stood before commits of it were planned again, or before it was put elsewhere; see keep.
//
// Network calls are made without the writer's token where a change counts when it is committed here, so that no server can stop one.
type syncing struct {
	remote   Remote
	ref      plumbing.ReferenceName // refs/remotes/origin/BRANCH
	required bool
	accept   string        // the hash that an operator accepts as the server's after its history was rewritten; "" once it was seen there
	used     plumbing.Hash // what was accepted so, and is not any more; see acceptedRef
	patience time.Duration // for a push to be known to have been taken or not, while other changes wait
	parts    time.Duration // for what was refused at once to be pushed in parts, while other changes wait
	rest     time.Duration // how old a doubt is when the server's word counts that it does not take the push

	receiving chan struct{} // holds one token: who has it may fetch, and use what follows
	whole     plumbing.Hash // the commit that was fetched last, with all that it needs
	came      []*pack       // what was fetched and no ref may need yet
	progress  func(string)

	theirs requests // what the server's branch answers; only who plans again uses it

	blank bool // see blankRef; only who has the writer's token uses it

	// Only who has the writer's token changes these, and refs/remotes/origin/BRANCH.
	mu       sync.Mutex
	seen     plumbing.Hash // where the server's branch was seen last
	unpushed []unpushed    // what the rulebook's branch has and the server has not, the oldest first
	doubts   []doubt
	decided  []decision // that nobody was told of yet
	left     []leftOut  // that nobody was told of yet
	refusal  *refusal   // of the first of unpushed; nil where it was not refused
	// rewritten is how the server's history was rewritten, as far as nobody was told of it yet.
	rewritten *rules.Rewritten
	follows   following
	status    rules.RemoteStatus
}

// unpushed is a commit that the server has not got.
type unpushed struct {
	hash plumbing.Hash
	when time.Time
}

func newSyncing(o Options, branch plumbing.ReferenceName) *syncing {
	s := &syncing{
		remote:    o.Remote,
		ref:       plumbing.NewRemoteReferenceName("origin", branch.Short()),
		required:  o.Required,
		accept:    o.AcceptRewritten,
		patience:  pushPatience,
		parts:     partPatience,
		rest:      doubtRest,
		progress:  o.Progress,
		receiving: make(chan struct{}, 1),
		status:    rules.RemoteStatus{URL: o.Remote.String(), Required: o.Required},
	}
	s.receiving <- struct{}{}
	return s
}

// Remote returns how the rulebook stands to its Git server. It reads nothing and waits for nobody.
func (r *Rulebook) Remote() rules.RemoteStatus {
	s := r.sync
	if s == nil {
		return rules.RemoteStatus{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	if status.Unpushed = len(s.unpushed); status.Unpushed > 0 {
		status.Oldest = s.unpushed[0].when
	}
	status.Refusal = s.refusalNow()
	return status
}

// note changes the status.
func (s *syncing) note(change func(*rules.RemoteStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}

// lastSeen returns where the server's branch was seen last.
func (s *syncing) lastSeen() plumbing.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// look reads where the server's branch stands, and makes that commit part of the repository.
func (r *Rulebook) look(ctx context.Context) (plumbing.Hash, error) {
	tip, err := r.sync.remote.Tip(ctx)
	if err == nil {
		err = r.receive(ctx, tip)
	}
	if err == nil {
		r.sync.note(func(s *rules.RemoteStatus) { s.LastFetch = time.Now() })
	}
	return tip, err
}

// absorb makes the rulebook follow the server's branch, which look has read to stand at tip after it was last seen at since. The caller has the
// writer's token. What happens:
//
//	the server's branch …                           the rulebook's branch …
//	is as it was, or contains ours                  moves forward to it
//	is contained in ours                            stays; there is something to push
//	has commits that ours has not, and ours others  moves to the server's, with ours planned again on top of it
//	does not contain where it was seen last         stays, and nothing is followed or pushed; see Rewritten. Once that is accepted it moves to
//	                                                the server's, with what was never there planned again on top of it; where the server's branch
//	                                                is gone it stays, and is pushed whole
//	has nothing in common with ours                 stays, and nothing is followed or pushed: one of them is the wrong repository; but where we
//	                                                met the server without its branch, ours is planned again on top of it
//
// The branch moves before refs/remotes/origin/BRANCH does: after a crash between them the commits of others look for a while as if they
// were to be pushed, which does no harm.
func (r *Rulebook) absorb(ctx context.Context, tip, since plumbing.Hash) error {
	s := r.sync
	if s.lastSeen() != since {
		return errStale
	}
	if err := r.assertFollows(ctx, since, tip); err != nil {
		return err
	}
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	if tip.IsZero() && since.IsZero() {
		if err := r.noteBlank(); err != nil {
			return err
		}
	}
	next, err := r.join(ctx, head, since, tip)
	if err != nil {
		return err
	}
	if err := errors.Join(r.saw(tip), r.useUp(ctx, tip), s.release(ctx, r.fs)); err != nil {
		return err
	}
	if err := r.countUnpushed(ctx, next); err != nil {
		return err
	}
	return r.decide(ctx, next, tip)
}

// join moves the rulebook's branch from head to where it contains the server's tip, and returns that.
func (r *Rulebook) join(ctx context.Context, head, since, tip plumbing.Hash) (plumbing.Hash, error) {
	contained, err := r.objects.leads(ctx, tip, head)
	if err == nil && contained && !tip.IsZero() {
		contained, err = r.objects.leads(ctx, since, tip) // else it was set back, and that was accepted
	}
	if err != nil || contained {
		return head, err
	}
	ours, err := r.objects.beyond(ctx, head, tip, since)
	switch {
	case err != nil:
		return head, err
	case len(ours.commits) > 0 && !ours.related && !r.sync.blank:
		return head, unavailable(errUnrelated, "the rulebook %s and the Git server's %s have no commit in common, so one of them is the wrong one: "+
			"name an empty repository in git.remote, which will get the rulebook, or move the directory away, so that the server's is cloned", r.dir, r.sync.remote)
	case len(ours.commits) > 0:
		return r.replan(ctx, head, tip, ours, plumbing.ZeroHash)
	}
	if ahead, err := r.objects.leads(ctx, head, tip); err != nil {
		return head, err
	} else if !ahead {
		if _, err := r.keep(ctx, head, tip); err != nil {
			return head, err
		}
	}
	if err := r.move(head, tip); err != nil {
		return head, err
	}
	r.cameIn(tip)
	return tip, nil
}

// saw notes where the server's branch was seen, and that durably; after an error it is known until the next start. The caller has the
// writer's token.
func (r *Rulebook) saw(tip plumbing.Hash) error {
	s := r.sync
	s.mu.Lock()
	s.seen = tip
	s.mu.Unlock()
	was, err := readRef(r.fs, s.ref)
	switch {
	case err != nil || was == tip:
	case tip.IsZero():
		err = deleteRef(r.fs, s.ref, was)
	default:
		err = moveRef(r.fs, s.ref, was, tip)
	}
	if err == nil && !tip.IsZero() {
		err = r.forgetBlank()
	}
	if err != nil {
		return unavailable(err, "the rulebook %s cannot note where the Git server's branch stands", r.dir)
	}
	return nil
}

// countUnpushed finds out what the server has not got of the rulebook's branch, which stands at head. The caller has the writer's token.
func (r *Rulebook) countUnpushed(ctx context.Context, head plumbing.Hash) error {
	s := r.sync
	ours, err := r.objects.beyond(ctx, head, s.lastSeen())
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	list := make([]unpushed, 0, len(ours.commits))
	for _, n := range ours.commits {
		list = append(list, unpushed{n.hash, time.Unix(n.seconds, 0)})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpushed = list
	return nil
}

// revisionOf is a full hash, "" for none.
func revisionOf(hash plumbing.Hash) string {
	if hash.IsZero() {
		return ""
	}
	return hash.String()
}

// signal tells one who listens at a channel of length one; who was told already is not told again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
