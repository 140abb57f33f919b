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
