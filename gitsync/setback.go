package gitsync

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing"
)

// catchUp brings the rulebook's branch, which stands at head, to where it contains again what the Git server's had when it was seen last, and returns where that
// is: somebody set it back here, past Alertsmith, or a crash did. The server is not asked. What stood at head beyond that is planned again on top of it, as
// absorb does it, which fails while nobody does. Nothing is pushed. The caller has the writer's token.
func (r *Rulebook) catchUp(ctx context.Context, head plumbing.Hash) (plumbing.Hash, error) {
	seen := r.sync.lastSeen()
	if there, err := r.objects.leads(ctx, seen, head); there || err != nil {
		return head, err
	}
	next, err := r.join(ctx, head, seen, seen)
	if err == nil {
		r.log.Warn("the rulebook's branch was set back here; what the Git server had is in it again", "id", "AS3023", "was", revisionOf(head), "seen", seen.String(), "now", next.String())
	}
	return next, err
}

// CatchUp does what Open could not, as nobody planned again yet: where the branch was set back while nobody looked, and something was committed there, it is
// brought to where it contains what the Git server's had again. Call it before anything is done with the newest state, which lacks that, and before Follow, with
// what that gets. The server is not asked. What takes longer than a start waits for a server, or fails, is Follow's.
func (r *Rulebook) CatchUp(ctx context.Context, f Following) {
	if r.sync == nil {
		return
	}
	r.setFollower(&f)
	defer r.setFollower(nil)
	ctx, cancel := context.WithTimeout(ctx, contactPatience)
	defer cancel()
	r.lookHere(ctx)
}
