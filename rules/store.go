package rules

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Tree is the rulebook at one commit. It is immutable and safe for concurrent use; it reads on demand.
type Tree interface {
	// Revision returns the commit's full hash, or "" for a rulebook without any commit.
	Revision() string
	// List returns path → content id (equal ids mean equal bytes) of every regular file below dir, recursively;
	// dir "" is the root. A dir that does not exist is an empty map. Symlinks and submodules are left out.
	List(dir string) (map[string]string, error)
	// Read returns a file's bytes, which the caller must not change; fs.ErrNotExist when there is none, ErrTooLarge when it is larger than
	// any rule file or journal page.
	Read(path string) ([]byte, error)
}

// ErrTooLarge is in the chain of an error about a file that is too large to be read.
var ErrTooLarge = errors.New("is too large")

// Differ is what a Tree may be besides: one that is compared with another at the cost of what differs, not of what there is.
type Differ interface {
	// Differing returns path → content id of every regular file that the tree has and other has not with the same bytes, and "" for those
	// that only other has. It fails when other is no tree of the same store, or cannot be read any more.
	Differing(other Tree) (map[string]string, error)
}

// Namer is what a Tree may be besides: one that says which names are taken in a directory, also by what List leaves out.
type Namer interface {
	// Names returns them; none where there is no directory. Failures are those of List.
	Names(dir string) (map[string]bool, error)
}

// Fitter is what a Tree may be besides: one that says whether files could be written on top of it, and writes nothing.
type Fitter interface {
	// Fits takes what Commit.Files is, and fails as Store.Update does with a commit that has these files: with Occupied where something else stands in the way.
	Fits(files map[string][]byte) error
}

// Pushed is what the Tree that Store.Update returns may be besides: it took so long until the Git server had the commit, which had to have it
// first; 0 where nobody waited for one.
type Pushed interface{ Pushed() time.Duration }

// Trailer is one "Key: value" line at the end of a commit message.
type Trailer struct {
	Key, Value string
}

// TrailerOf returns the value of the last trailer of that key, whose case does not matter to Git either; "" when there is none.
func TrailerOf(trailers []Trailer, key string) string {
	value := ""
	for _, t := range trailers {
		if strings.EqualFold(t.Key, key) {
			value = t.Value
		}
	}
	return value
}

// Commit is what an update wants to write: exactly these files, with this message. The Store cuts control characters,
// so that no text can make a trailer or a header.
type Commit struct {
	Author   Person
	When     time.Time // author and committer date
	Subject  string    // "add sshd-ban"
	Body     string    // the command as typed and the reason
	Trailers []Trailer
	Files    map[string][]byte // path → new content; nil removes the file
}

// Store is the rulebook.
type Store interface {
	// Head returns the newest state.
	Head(ctx context.Context) (Tree, error)
	// Update runs plan against the newest state and writes what it returns as one commit, durable before Update returns
	// the new state. It runs plan again when another writer was faster, so plan must be pure. An error of plan is
	// returned as it is, with nothing written; any other failure before the point of no return is an *Error of kind
	// Unavailable and means that nothing was written.
	Update(ctx context.Context, plan func(Tree) (Commit, error)) (Tree, error)
	// At returns the state at a commit, given by its full hash; fs.ErrNotExist when there is none.
	At(ctx context.Context, revision string) (Tree, error)
	// FindRequest returns the commits that have the trailer "Request-Id: id", newest first: none, one for a change, two for
	// a change that was undone.
	FindRequest(ctx context.Context, id string) ([]Found, error)
	// Log calls visit for the commits that lead to the commit to and do not lead to from (full hashes; from "" means all), parents before
	// children and otherwise in the order of their dates, until visit returns an error, which Log returns. A from that is no ancestor of to
	// leaves out what both have; to "" is a rulebook without commits. fs.ErrNotExist when the rulebook has not got one of them.
	Log(ctx context.Context, from, to string, visit func(PastCommit) error) error
}

// Found is a commit that was looked for.
type Found struct {
	Revision string // full hash
	Parent   string // full hash of its first parent; "" for the first commit
	Subject  string
	Trailers []Trailer
}

// Trailer returns the value of the commit's last trailer of that key; "" when there is none.
func (f Found) Trailer(key string) string { return TrailerOf(f.Trailers, key) }
