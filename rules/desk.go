package rules

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// desk is all that the applier knows of one ruler: what it runs, what is waited for, and who may change it now.
type desk struct {
	Ruler
	name string
	// changing holds one while the ruler is made to read something: a lock that a context can leave.
	changing chan struct{}
	// committing is shared by those who commit a change of this ruler; whoever looks for the culprit of a refusal has it alone, so that no
	// other change comes between.
	committing *semaphore.Weighted
	wake       chan struct{} // tells Run that something waits
	changed    chan struct{} // tells Run that the ruler runs something else, so that its rules are counted again
	asking     asking

	// These belong to whoever holds changing.
	accepted  *Book             // the last state that the ruler took as a whole; nil before it was looked up
	adopted   []string          // paths of files that it took before it was given any; see Published
	held      map[string]string // path → content id of files that the ruler refuses: it keeps what it took of them last
	refusal   error             // why files are held, or the revision below is not followed at all
	refused   string            // the revision that the ruler refuses and nobody could be blamed for
	refusedAt time.Time
	brought   *Book             // what was last brought; nil when nothing was since the start
	stages    []Stage           // how that went
	read      string            // the revision that the ruler has read last, as far as it is not held; "" when that is not known
	seen      map[Ref]time.Time // families → when the ruler had last evaluated them before they were last changed

	mu      sync.Mutex
	flying  []*flight
	waiting []Waiting
	status  RulerStatus
	given   []RuleFile // what the ruler was given last and then told to read, by path; nil when it has not read what it was given
	offered offered    // what it was given and takes no order to read
	counted *Book      // that the status tells of; nil before the first count
	ready   bool       // the first reconciliation has ended, well or not
}

func newDesk(ruler Ruler) *desk {
	info := ruler.Info()
	return &desk{
		Ruler: ruler, name: info.Name, changing: make(chan struct{}, 1), committing: semaphore.NewWeighted(everybody), wake: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		held: map[string]string{}, seen: map[Ref]time.Time{}, status: RulerStatus{Info: info},
	}
}

// everybody is the weight of all who may commit at once.
const everybody = 1 << 30

// take waits until nobody else changes the ruler.
func (d *desk) take(ctx context.Context) error {
	select {
	case d.changing <- struct{}{}:
		if ctx.Err() == nil {
			return nil
		}
		d.leave()
	case <-ctx.Done():
	}
	return d.busy(ctx.Err())
}

// share waits while the culprit of a refusal is looked for; d.committing.Release(1) ends it.
func (d *desk) share(ctx context.Context) error {
	if err := cmp.Or(ctx.Err(), d.committing.Acquire(ctx, 1)); err != nil {
		return d.busy(err)
	}
	return nil
}

func (d *desk) busy(cause error) *Error {
	return &Error{Kind: Unavailable, Offset: -1, Cause: cause,
		Text: "Nothing was changed: " + d.name + " is busy with other changes for too long. Try again later; \"status\" shows how it is."}
}

func (d *desk) leave() { <-d.changing }

// wait adds changes that are to be followed up, and wakes Run.
func (d *desk) wait(waiting ...Waiting) {
	d.mu.Lock()
	d.waiting = append(d.waiting, waiting...)
	d.mu.Unlock()
	signal(d.wake)
}

// signal tells one who listens at a channel of length one; who was told already is not told again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// waits returns a copy of what is waited for.
func (d *desk) waits() []Waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Waiting(nil), d.waiting...)
}

// settle removes a change from what is waited for; false when it is not there (any more).
func (d *desk) settle(requestID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, w := range d.waiting {
		if w.Request.ID == requestID {
			d.waiting = append(d.waiting[:i:i], d.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// files returns what the ruler is to read of a book: all of it, but for the files that it refuses.
func (d *desk) files(book *Book) []RuleFile {
	files := book.RuleFiles(d.name)
	if len(d.held) == 0 {
		return files
	}
	took := map[string]RuleFile{}
	for _, f := range d.accepted.RuleFiles(d.name) {
		took[f.Path] = f
	}
	var kept []RuleFile
	for _, f := range files {
		if d.held[f.Path] != f.ID {
			kept = append(kept, f)
		} else if old, ok := took[f.Path]; ok {
			kept = append(kept, old)
		}
	}
	return kept
}

// release forgets the files that are not as they were when the ruler refused them.
func (d *desk) release(book *Book) {
	if len(d.held) == 0 {
		return
	}
	now := map[string]string{}
	for _, f := range book.RuleFiles(d.name) {
		now[f.Path] = f.ID
	}
	maps.DeleteFunc(d.held, func(path, id string) bool { return now[path] != id })
}

// note changes the status under its lock.
func (d *desk) note(change func(*RulerStatus)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.status)
}

// current returns the status, and whether the first reconciliation has ended.
func (d *desk) current() (RulerStatus, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status, d.ready
}

// behind reports whether a newer book has files of the ruler that the status does not tell of; what is held is not on its way to the ruler.
func (d *desk) behind(book *Book, held *HeldPush) bool {
	d.mu.Lock()
	counted := d.counted
	d.mu.Unlock()
	return counted != nil && slices.ContainsFunc(changedPaths(counted, book, d.name), func(path string) bool {
		return !held.Holds(book, Ref{Ruler: d.name, Path: path})
	})
}

// family is the address of all rules of one name in one group.
func (d *desk) family(r RunningRule) Ref {
	return Ref{Ruler: d.name, Path: r.Path, Group: r.Group, Name: r.Rule.Name()}
}

func (r Ref) family() Ref {
	r.Nth = 0
	return r
}

func groupsOf(refs []Ref) []string {
	var groups []string
	known := map[string]bool{}
	for _, ref := range refs {
		if !known[ref.Group] {
			known[ref.Group] = true
			groups = append(groups, ref.Group)
		}
	}
	return groups
}
