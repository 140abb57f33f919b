package gitsync

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// maxPacks is how many packs there may be for another one to be written: go-git asks each of them for each object. Housekeeping makes them
// one long before.
const maxPacks = 1000

// pushFunc gives the commits that lead from old to tip to the Git server, with exactly the objects that they add. An error means that
// the server has not got them; the one exception is a *rules.Error of kind Uncertain. errMoved means that its branch does not stand at old:
// then the updates are planned again on the rulebook's branch, which the hook has moved to where the server's stands.
type pushFunc func(ctx context.Context, old, tip plumbing.Hash, made []plumbing.EncodedObject) error

// land makes commits part of the rulebook. It is the only way in, for whoever has the writer's token: the objects become durable, then the
// Git server takes the commits where it has to have them first, then the branch moves from base to tip, durably. ctx ends the push only.
//
// errMoved and errLocked mean that another writer was faster or is at it; then, and on any other error, nothing has landed, with two
// exceptions that the text of the *rules.Error names: what move says, and kind Uncertain.
func (r *Rulebook) land(ctx context.Context, base plumbing.Hash, made []plumbing.EncodedObject, tip plumbing.Hash) error {
	settle, err := r.store(made)
	if err != nil {
		return err
	}
	err = r.publish(ctx, base, made, tip)
	settle(err)
	if err == nil {
		r.landed(base, made, tip)
	}
	return r.unchanged(err)
}

// publish makes commits count whose objects are durable.
func (r *Rulebook) publish(ctx context.Context, base plumbing.Hash, made []plumbing.EncodedObject, tip plumbing.Hash) error {
	if r.push == nil {
		return r.move(base, tip)
	}
	r.step(StepPush)
	start := time.Now()
	if err := r.push(ctx, base, tip, made); err != nil {
		return err
	}
	r.pushTook = time.Since(start)
	if err := r.move(base, tip); err != nil {
		signal(r.woken) // Follow brings the branch to where the server's stands
		return &rules.Error{
			Kind: rules.Uncertain, Offset: -1, Cause: errors.New(err.Error()), // not errMoved: nothing may be planned again
			Text: fmt.Sprintf("the Git server has the change as %s, but the rulebook here could not follow it yet", tip),
		}
	}
	return nil
}

// store makes objects durable: as one pack, which takes two fsyncs and that of its directory however many they are, or loose, when there
// are so many packs that more would be in the way of reading. No `git repack` takes a pack for one that nobody refers to until settle is
// called with how what was to refer to it ended: when another writer was faster, the pack goes. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) store(made []plumbing.EncodedObject) (settle func(error), err error) {
	r.step(StepObjects)
	r.noteMade(made)
	err = errPackExists
	var p *pack
	if r.house.packs.Load() < maxPacks {
		if p, err = newPack(made); err == nil {
			err = r.fs.writePack(p)
		}
	}
	switch {
	case errors.Is(err, errPackExists):
		r.house.wrote(0, len(made))
		return func(error) {}, r.unchanged(r.fs.write(made))
	case err != nil:
		return nil, r.unchanged(err)
	}
	r.house.wrote(1, 0)
	return func(err error) { r.settle(p, made, err) }, nil
}

// settle lets a pack be repacked when something refers to it or may do so, and removes it when surely nothing does.
func (r *Rulebook) settle(p *pack, made []plumbing.EncodedObject, landed error) {
	var err error
	if errors.Is(landed, errMoved) || errors.Is(landed, errLocked) {
		r.house.packs.Add(-1)
		err = r.fs.discardPack(p)
	} else {
		r.objects.remember(p, made)
		err = r.fs.releasePack(p)
	}
	if err != nil {
		r.log.Warn("a pack of the rulebook is kept out of housekeeping until the next start", "id", "AS3013", "pack", p.name, "err", err)
	}
}

// move moves the branch. A failure after the rename leaves open whether the move is on the disk, so it is decided by what
// the branch says now: if it moved, its directory is forced to the disk once more.
func (r *Rulebook) move(from, to plumbing.Hash) error {
	err := moveRef(r.fs, r.branch, from, to)
	if err == nil || errors.Is(err, errLocked) || errors.Is(err, errMoved) {
		return err
	}
	if now, readErr := readRef(r.fs, r.branch); readErr != nil || now != to {
		return err
	}
	if again := r.fs.syncDir(path.Dir(r.branch.String())); again != nil {
		return unavailable(errors.Join(err, again), "the change is committed as %s, but the disk did not confirm it: it may be lost when the power fails", to)
	}
	r.log.Warn("the disk confirmed a commit only when asked again", "id", "AS3014", "commit", to.String(), "err", err)
	return nil
}

// unchanged makes any error that is not ours yet one of kind Unavailable that says that nothing happened, and why as far as that is the disk's
// doing.
func (r *Rulebook) unchanged(err error) error {
	if _, ours := errors.AsType[*rules.Error](err); err == nil || ours || errors.Is(err, errLocked) || errors.Is(err, errMoved) {
		return err
	}
	return unavailable(err, "nothing was changed: the rulebook cannot be written%s", r.whyUnwritable(err))
}
