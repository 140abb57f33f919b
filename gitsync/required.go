package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

const (
	pushPatience = 15 * time.Second // for a push to be known to have been taken or not, while other changes wait
	partPatience = time.Minute      // for pushes of parts of what was refused at once, while other changes wait
	maxRefusals  = 3                // answers that a server gives before it is believed: a lock that somebody left behind reads as any other
)

// verdict is how a push ended.
type verdict int

const (
	accepted verdict = iota // the server has it
	lost                    // its branch went another way, so it will never have it
	refused                 // the server said no, or nothing was sent: it has not got it
	unknown                 // it may have it, or come to have it
)

// deliver pushes the commits between old and tip until it is known how that ended, or for as long as that may take. Whatever a push says, what
// counts is where the server's branch stands afterwards:
//
//	the push says   the branch stands at      then
//	taken           –                         accepted
//	anything        tip, or what contains it  accepted: the answer was lost
//	anything        neither old nor that      lost: a push holds only for the old value, so none of this commit's can be taken any more
//	moved           –                         lost, unless an earlier one was sent: then as if nothing was said
//	nothing sent    old, or not readable      push again; refused after some attempts, unless an earlier one was sent
//	refused         old                       the same: another push may have had the branch locked
//	refused         not readable              the same, and unknown in the end
//	nothing         old, or not readable      push the very same again, which the old value makes harmless; unknown in the end
//
// That the branch still stands at old does not prove that a push will not be taken: the server may be working on it after the connection
// broke. sent says that such a push was sent before. The caller has the writer's token.
func (r *Rulebook) deliver(ctx context.Context, old, tip plumbing.Hash, pack func(io.Writer) error, sent bool) (verdict, error) {
	s := r.sync
	// What was begun is brought to its end: a person who does not wait any longer would make a change uncertain that was not.
	push, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := s.remote.Push(push, old, tip, pack)
		if err == nil {
			return accepted, nil
		}
		if errors.Is(err, remote.ErrMoved) && !sent {
			return lost, err
		}
		no := isRejected(err)
		sent = sent || !no && !errors.Is(err, remote.ErrMoved) && !errors.Is(err, remote.ErrUnsent)

		now, has, tipErr := r.whereabouts(push, old, tip)
		switch {
		case has:
			return accepted, nil
		case tipErr == nil && now != old:
			return lost, err
		}
		if attempt >= maxRefusals && !sent || ctx.Err() != nil || pause(push, 3+min(attempt, 3)) != nil {
			if sent || no && tipErr != nil {
				return unknown, err
			}
			return refused, err
		}
	}
}

// isRejected reports whether a push failed as the server said that it does not take it.
func isRejected(err error) bool {
	_, ok := errors.AsType[*remote.Rejected](err)
	return ok
}

// whereabouts returns where the server's branch stands after a push of the commits between old and tip, and whether it has them.
func (r *Rulebook) whereabouts(ctx context.Context, old, tip plumbing.Hash) (now plumbing.Hash, has bool, err error) {
	for range maxAttempts {
		now, err = r.sync.remote.Tip(ctx)
		if err != nil || now == old || now == tip {
			return now, err == nil && now == tip, err
		}
		if err = r.receive(ctx, now); !errors.Is(err, remote.ErrMoved) {
			break
		} // else others push faster than we read
	}
	if err != nil {
		return now, false, err
	}
	if back, err := r.objects.leads(ctx, now, old); err != nil || back {
		return now, false, errors.Join(err, errStale) // a server that answers with what it knew once
	}
	has, err = r.objects.leads(ctx, tip, now)
	return now, has, err
}

// pushRequired is the pushFunc of a rulebook whose changes count when the Git server has them. Before anything is sent, the push is written
// down as a doubt, so that a crash leaves nothing that nobody knows of.
func (r *Rulebook) pushRequired(ctx context.Context, base, tip plumbing.Hash, made []plumbing.EncodedObject) error {
	s := r.sync
	if w := r.Remote().Rewritten; w != nil {
		return unchanged(rewritten(w, s.remote))
	}
	if base != s.lastSeen() { // somebody committed here, or changes were made before they had to be pushed
		if err := r.pushRest(ctx); err != nil {
			signal(r.woken)
			cause := err
			if isRejected(err) {
				cause = errors.New(err.Error()) // not a refusal: the server has said nothing to this change
			}
			return unavailable(cause, "nothing was changed: the Git server %s has not got everything that came before: %s", s.remote, textOf(err))
		}
		if base != s.lastSeen() { // the server has more, as we were stopped before the branch here could follow
			return r.followTheirs(ctx, base)
		}
	}
	if err := r.mayWrite(); err != nil { // or the Git server would have what the branch here could not follow
		return err
	}
	pack, err := newPack(made)
	if err != nil {
		return err
	}
	d := doubt{lease: base, tip: tip, requests: requestsOf(made), since: time.Now()}
	if err := r.doubt(d); err != nil {
		if rules.KindOf(err) == rules.Uncertain {
			signal(r.woken)
		}
		return err
	}
	v, err := r.deliver(ctx, base, tip, func(w io.Writer) error {
		_, err := w.Write(pack.data)
		return err
	}, false)
	s.note(func(status *rules.RemoteStatus) { status.Err = err })
	switch v {
	case accepted:
		s.note(func(status *rules.RemoteStatus) { status.LastPush, status.Err = time.Now(), nil })
		if err := r.saw(tip); err != nil { // from here on the change counts
			r.log.Warn("the next start has to ask the Git server where its branch stands", "id", "AS3009", "err", err)
		}
		return nil
	case lost:
		s.note(func(status *rules.RemoteStatus) { status.Err = nil })
		if r.forget(d) == nil {
			return r.followTheirs(ctx, base)
		} // else its commits have to stay for as long as the note of it names them, and Follow ends it
		signal(r.woken)
		return &rules.Error{Kind: rules.Uncertain, Offset: -1, Cause: errors.New(err.Error()), Text: fmt.Sprintf(
			"somebody else pushed to the Git server %s at the same moment and was faster, and that could not be noted here. It is noted as soon as it can be, and the journal will say so: then send the change again", s.remote)}
	case refused:
		if forgot := r.forget(d); forgot == nil {
			return unchanged(err)
		} // else the next start pushes it again
	case unknown:
	}
	signal(r.woken)
	return s.uncertain(err)
}

// confirm returns errMoved when the Git server's branch does not stand at head, which the rulebook's has then followed: what was refused has to be
// planned again. A server that cannot be asked refuses nobody his answer. The caller has the writer's token.
func (r *Rulebook) confirm(ctx context.Context, head plumbing.Hash) error {
	if r.sync == nil || r.Remote().Rewritten != nil {
		return nil
	}
	return r.followFirst(ctx, head)
}

// followFirst follows the Git server's branch, and returns errMoved when that moved the rulebook's branch away from head or somebody was faster
// once more. The caller has the writer's token.
func (r *Rulebook) followFirst(ctx context.Context, head plumbing.Hash) error {
	since := r.sync.lastSeen()
	tip, err := r.look(ctx)
	if err == nil {
		err = r.absorb(ctx, tip, since)
	}
	if err != nil && !isLostRace(err) {
		return err
	}
	if now, readErr := readRef(r.fs, r.branch); err != nil || readErr != nil || now != head {
		return errMoved
	}
	return nil
}

// followTheirs is followFirst for a change that has to be planned again on top of what the server has: without an error that is errMoved.
func (r *Rulebook) followTheirs(ctx context.Context, base plumbing.Hash) error {
	if err := r.followFirst(ctx, base); err != nil && !errors.Is(err, errMoved) {
		return unchanged(err)
	}
	return errMoved
}

// unchanged says of an error that it came before a change had happened.
func unchanged(err error) error { return unavailable(err, "nothing was changed: %s", textOf(err)) }

// textOf is what an error says to a person.
func textOf(err error) string {
	if e, ok := errors.AsType[*rules.Error](err); ok {
		return e.Text
	}
	return "an internal error; see the log of the service"
}
