package gitsync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// DefaultBranch is the branch that is the rulebook where Options name none.
const DefaultBranch = "main"

// Options says which rulebook to open, and as whom to commit.
type Options struct {
	Dir       string       // the bare repository; created when it does not exist or is empty
	Branch    string       // the one branch that is the rulebook; "main" by default
	Committer rules.Person // the service: committer of every commit
	Signer    Signer       // signs every commit; nil: they are not signed
	// Step, when set, is called at every step of an update with one of the Step constants: for failpoints and
	// durations. It runs on the goroutine that updates, while the update waits.
	Step   func(step string)
	Logger *slog.Logger // nil: slog.Default()

	Remote   Remote // the Git server that the rulebook is kept on; nil: there is none
	Required bool   // a change counts only when the Git server has it; else when it is committed here, and Follow pushes it
	// AcceptRewritten is the full hash of a commit that the Git server has since its history was rewritten: it is followed there all the
	// same, once, until a start with another one or with none. Forty zeros accept that its branch is gone, as often as that is.
	AcceptRewritten string
	Progress        func(string) // hears what a clone is doing; nil for nobody

	wrap func(billy.Filesystem) billy.Filesystem // tests put faults below everything that is written
	tune func(*syncing)                          // tests wait for less
}

// Rulebook is an open rulebook. It implements rules.Store, is safe for concurrent use and holds the repository's one
// writer's lock until Close.
type Rulebook struct {
	dir       string
	branch    plumbing.ReferenceName
	committer rules.Person
	sign      Signer
	step      func(string)
	log       *slog.Logger
	access    func(path string, mode uint32) error // access(2), but in tests

	lock    *os.File
	fs      *durable
	objects *objects
	newest  atomic.Pointer[tree] // where the branch stood when it was read last
	writer  chan struct{}        // holds one token: who has it may write
	closed  chan struct{}
	closing sync.Once
	push    pushFunc // nil: the commit here is what counts
	queue   queue
	house   housekeeping
	shallow bool // see Shallow

	pushTook time.Duration // of the last push that changes waited for; of whoever has the token

	requests  requests
	stands    standing
	made      commitSet // commits of this process
	replanned commitSet // see Replanned

	sync      *syncing // nil: there is no Git server
	kicked    chan struct{}
	woken     chan struct{} // there is something to push
	following sync.Mutex
	follower  *Following // nil while Follow does not run
}

// Open opens the bare repository at o.Dir, or creates one there, and takes its writer's lock. It removes lock files of
// git that a crash left behind. Failures are *rules.Error of kind Unavailable; when another process is the writer, the
// text names the directory and that process.
func Open(ctx context.Context, o Options) (*Rulebook, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, unavailable(err, "the rulebook's directory %q is not usable", o.Dir)
	}
	r := &Rulebook{
		dir:       dir,
		branch:    plumbing.NewBranchReferenceName(cmp.Or(o.Branch, DefaultBranch)),
		committer: o.Committer,
		sign:      o.Signer,
		step:      o.Step,
		log:       o.Logger,
		access:    syscall.Access,
		writer:    make(chan struct{}, 1),
		closed:    make(chan struct{}),
		house:     housekeeping{due: make(chan struct{}, 1)},
		kicked:    make(chan struct{}, 1),
		woken:     make(chan struct{}, 1),
	}
	if r.step == nil {
		r.step = func(string) {}
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	if err := r.branch.Validate(); err != nil {
		return nil, unavailable(err, "%q is no name for the rulebook's branch", o.Branch)
	}
	if r.lock, err = takeWriterLock(dir); err != nil {
		return nil, err
	}
	err = r.open(ctx, o.wrap)
	if err == nil {
		err = r.connect(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, releaseWriterLock(r.lock))
	}
	r.fs.step = r.step // the steps are those of updates, not of the start
	r.writer <- struct{}{}
	return r, nil
}

// open does what has to be done under the writer's lock.
func (r *Rulebook) open(ctx context.Context, wrap func(billy.Filesystem) billy.Filesystem) error {
	if err := removeStaleLocks(ctx, r.dir, r.log); err != nil {
		return unavailable(err, "stale lock files in the rulebook %s cannot be removed", r.dir)
	}
	disk := osfs.New(r.dir, osfs.WithBoundOS())
	if wrap != nil {
		disk = wrap(disk)
	}
	r.fs = &durable{Filesystem: disk, step: func(string) {}}
	r.objects = newObjects(r.fs)
	if err := prepare(r.fs, r.dir, r.branch, r.objects.store); err != nil {
		return err
	}
	if err := r.fs.tidyPacks(); err != nil {
		return unavailable(err, "what a crash left in the rulebook %s cannot be removed", r.dir)
	}
	if err := r.countObjects(); err != nil {
		return unavailable(err, "the objects of the rulebook %s cannot be counted", r.dir)
	}
	// A process that was killed may have made what it never forced to the disk.
	for _, dir := range []string{"objects", path.Dir(r.branch.String())} {
		if err := r.fs.syncDir(dir); err != nil && !os.IsNotExist(err) {
			return unavailable(err, "the rulebook %s cannot be written to the disk", r.dir)
		}
	}
	cut, err := r.objects.shallow()
	if err != nil {
		return unavailable(err, "where the history of the rulebook %s begins cannot be read", r.dir)
	}
	if r.shallow = len(cut) > 0; r.shallow {
		r.log.Warn("the rulebook is a shallow clone: who changed a rule before, and when, is not in it", "id", "AS3028", "dir", r.dir)
	}
	_, err = r.Head(ctx)
	return err
}

// Shallow reports whether the rulebook was a shallow clone when it was opened.
func (r *Rulebook) Shallow() bool { return r.shallow }

// Close gives the writer's lock back after the running update has ended. Trees that were read before stay readable.
func (r *Rulebook) Close() error {
	err := error(nil)
	r.closing.Do(func() {
		<-r.writer
		close(r.closed)
		err = releaseWriterLock(r.lock)
	})
	return err
}

// unavailable returns the error of a fault that is ours or the world's.
func unavailable(cause error, format string, args ...any) error {
	return &rules.Error{Kind: rules.Unavailable, Text: fmt.Sprintf(format, args...), Offset: -1, Cause: cause}
}
