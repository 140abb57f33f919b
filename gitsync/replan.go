package gitsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

var errReplanLater = errors.New("nobody plans again yet")

// leftOut is a commit that somebody else made here and that does not fit on top of the server's.
type leftOut struct {
	commit rules.PastCommit
	kept   string // the ref that still leads to it
}

// replan plans commits of ours again on top of the server's tip and moves the rulebook's branch from head to the result. Where it stood is kept.
// The caller has the writer's token. What becomes of a commit:
//
//	it is refused: the server refuses it, see leaveOut                    Following.Replan says what stands in its place
//	it is ours, and tip has a commit of that request and action,
//	  with the same content of the same files but for the journal's       left out: the server has it
//	it is ours                                                            Following.Replan says what it is on top of tip; where that cannot be
//	                                                                      written, as a directory stands there or the like, what stands in its place
//	somebody else made it, and no file of it was changed on the server    the same files are changed again, with author, committer, both dates
//	                                                                      and the message, but for a Request-Id and a signature
//	somebody else made it, and one was, or it did anything else           left out, and Following.Left is told where it is kept
//
// A commit that was planned again and changes nothing any more is written all the same, so that its request is found in the history.
func (r *Rulebook) replan(ctx context.Context, head, tip plumbing.Hash, ours *branchOff, refused plumbing.Hash) (plumbing.Hash, error) {
	r.following.Lock()
	f := r.follower
	r.following.Unlock()
	if f == nil {
		return head, unavailable(errReplanLater, "the Git server %s has commits that the rulebook has not, and the other way round", r.sync.remote)
	}
	onto, err := r.treeOf(tip)
	if err != nil {
		return head, err
	}
	d := r.newDraft(onto)
	defer d.drop()
	var left []rules.PastCommit
	again := map[string]rules.PlannedAgain{} // by the names of commits
	for _, n := range ours.commits {
		past, err := ours.walk.past(ctx, n, r.serviceAddress())
		if err != nil {
			return head, unavailable(err, "the commit %s of the rulebook %s cannot be read", n.hash, r.dir)
		}
		if past, err = past.Judged(ctx, f.Ours); err != nil {
			return head, err
		}
		before := d.tip
		taken, err := r.replanOne(ctx, f, d, tip, past, again, refused)
		if err != nil {
			return head, fmt.Errorf("the commit %s cannot be planned again on top of the Git server's: %w", n.hash, err)
		}
		if _, known := again[past.Name()]; !known && d.tip != before { // what takes it back may have the same name
			again[past.Name()] = rules.PlannedAgain{Before: before, After: d.tip}
		}
		if !taken {
			left = append(left, past)
		}
		r.replanned.add(n.hash) // before anybody sees that the branch has it no more
	}
	settle, err := r.store(d.made)
	if err != nil {
		return head, err
	}
	kept, err := r.keep(ctx, head, tip) // last, as each attempt that fails after it leaves a ref
	if err == nil {
		err = r.move(head, d.tip.commit)
	}
	settle(err)
	if err != nil {
		return head, err
	}
	r.cameIn(d.tip.commit)
	r.log.Info("commits that the Git server has not got were planned again on top of its branch", "refused", revisionOf(refused), "commits", len(ours.commits), "was", head.String(), "now", d.tip.commit.String(), "kept", kept)
	for _, past := range left {
		r.log.Error("a commit that somebody made here does not fit on top of what the Git server has; it is kept aside", "id", "AS3004", "refused", revisionOf(refused), "commit", past.Revision, "author", past.Author.Name, "kept", kept)
		r.sync.leave(leftOut{past, kept})
	}
	return d.tip.commit, nil
}

// leave notes what Follow has to tell when nobody waits for the writer's token.
func (s *syncing) leave(l leftOut) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, l)
}

// replanOne adds a commit to the draft on top of tip, after those that were planned again before it. It returns false when that cannot be done
// without a person.
func (r *Rulebook) replanOne(ctx context.Context, f *Following, d *draft, tip plumbing.Hash, past rules.PastCommit, again map[string]rules.PlannedAgain, refused plumbing.Hash) (bool, error) {
	if past.External() {
		return r.carry(ctx, d, past)
	}
	if known, err := r.serverHas(ctx, tip, past); err != nil || known {
		return true, err
	}
	own, err := r.ownCommit(past)
	if err != nil {
		return false, err
	}
	own.Refused, own.Without = past.Revision == revisionOf(refused), !refused.IsZero()
	if undone, known := again[past.Trailer(rules.TrailerUndoes)]; known {
		own.Undoes = &undone
	}
	err = d.addAgain(ctx, f, own)
	if _, is := errors.AsType[rules.InTheWay](err); is {
		own.Blocked = err
		err = d.addAgain(ctx, f, own)
	}
	return err == nil, err
}

// serverHas reports whether a commit that leads to tip is one of ours in another place: for the same request, with the same action, and with
// the same content of the same files but for the journal's. Trailers alone prove nothing: whoever pushes can write them.
func (r *Rulebook) serverHas(ctx context.Context, tip plumbing.Hash, past rules.PastCommit) (bool, error) {
	id := past.Trailer("Request-Id")
	answers, err := r.sync.theirs.find(ctx, r.objects, tip, func(a answer) bool { return a.request == id })
	if err != nil {
		return false, err
	}
	for _, hash := range answers {
		commit, err := r.objects.commit(hash)
		if err != nil {
			return false, err
		}
		parent := ""
		if len(commit.ParentHashes) > 0 {
			parent = commit.ParentHashes[0].String()
		}
		same := false
		err = r.Log(ctx, parent, hash.String(), func(c rules.PastCommit) error {
			same = same || c.Revision == hash.String() && !c.Cut && c.Trailer("Action") == past.Trailer("Action") && maps.Equal(wrote(c), wrote(past))
			return nil
		})
		if err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// wrote returns what a commit made of files outside of the journal: path → content id, "" where it removed the file.
func wrote(c rules.PastCommit) map[string]string {
	files := map[string]string{}
	for _, f := range c.Files {
		if !strings.HasPrefix(f.Path, "journal/") {
			files[f.Path] = f.After
		}
	}
	return files
}

// serverAnswered reports whether a commit that leads to tip answers the same request with the same action: a change that its ruler refused and
// the commit that undid it have one request.
func (r *Rulebook) serverAnswered(ctx context.Context, tip plumbing.Hash, trailers []rules.Trailer) (bool, error) {
	id, action := rules.TrailerOf(trailers, "Request-Id"), rules.TrailerOf(trailers, "Action")
	answers, err := r.sync.theirs.find(ctx, r.objects, tip, func(a answer) bool { return a.request == id })
	if err != nil {
		return false, err
	}
	for _, hash := range answers {
		commit, err := r.objects.commit(hash)
		if err != nil {
			return false, err
		}
		if rules.TrailerOf(Trailers(commit.Message), "Action") == action {
			return true, nil
		}
	}
	return false, nil
}

// addAgain adds what a commit of ours is by now.
func (d *draft) addAgain(ctx context.Context, f *Following, own rules.OwnCommit) error {
	commit, err := f.Replan(ctx, own, d.tip)
	if err != nil {
		return err
	}
	return d.addAnyway(commit)
}

// addAnyway adds a commit also when it changes nothing.
func (d *draft) addAnyway(c rules.Commit) error {
	for path, content := range c.Files {
		id, err := d.tip.contentID(path)
		if err != nil {
			return err
		}
		if content == nil && id != "" || content != nil && id != plumbing.ComputeHash(plumbing.BlobObject, content).String() {
			_, err := d.add(c)
			return err
		}
	}
	b := &builder{objects: d.rulebook.objects}
	hash, err := b.commit(d.tip, d.tip.root, d.rulebook.committer, c, d.rulebook.sign)
	if err != nil {
		return err
	}
	d.made = append(d.made, d.rulebook.objects.hold(b.made)...)
	d.tip = &tree{objects: d.tip.objects, commit: hash, root: d.tip.root}
	return nil
}

// treeOf returns the state at a commit; the empty one for the zero hash.
func (r *Rulebook) treeOf(hash plumbing.Hash) (*tree, error) {
	if hash.IsZero() {
		return &tree{objects: r.objects}, nil
	}
	commit, err := r.objects.commit(hash)
	if err != nil {
		return nil, unavailable(err, "the commit %s of the rulebook %s cannot be read", hash, r.dir)
	}
	return &tree{objects: r.objects, commit: hash, root: commit.TreeHash}, nil
}
