// Package rulestest has what tests of the domain stand on: a rulebook in memory, a ruler that misbehaves on demand, and the suites
// that every Store and every Ruler has to pass.
package rulestest

import (
	"context"
	"crypto/sha1" //nolint:gosec // Git's content ids, so that a book meets the ids it will meet in production.
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/alertsmith/alertsmith/rules"
)

// Store is a rulebook in memory. The zero value is an empty one, ready for use.
type Store struct {
	mu      sync.Mutex
	commits []storedCommit
	// BeforeCommit, when set, runs between a plan and its commit, without the lock: a test can slip another commit in and so
	// make the plan lose its race.
	BeforeCommit func(s *Store)

	edited state // by RandomEdit
}

type storedCommit struct {
	tree   tree
	commit rules.Commit
}

type tree struct {
	revision string
	files    map[string][]byte
}

func (t tree) Revision() string { return t.revision }

func (t tree) List(dir string) (map[string]string, error) {
	list := map[string]string{}
	for path, content := range t.files {
		if dir == "" || strings.HasPrefix(path, dir+"/") {
			list[path] = contentID(content)
		}
	}
	return list, nil
}

func (t tree) Read(path string) ([]byte, error) {
	content, ok := t.files[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return content, nil
}

func contentID(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// Head implements rules.Store.
func (s *Store) Head(context.Context) (rules.Tree, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head(), nil
}

func (s *Store) head() tree {
	if len(s.commits) == 0 {
		return tree{}
	}
	return s.commits[len(s.commits)-1].tree
}

// At implements rules.Store.
func (s *Store) At(_ context.Context, revision string) (rules.Tree, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commits {
		if c.tree.revision == revision {
			return c.tree, nil
		}
	}
	return nil, fmt.Errorf("commit %q: %w", revision, fs.ErrNotExist)
}

// Update implements rules.Store.
func (s *Store) Update(ctx context.Context, plan func(rules.Tree) (rules.Commit, error)) (rules.Tree, error) {
	for {
		head, _ := s.Head(ctx)
		commit, err := plan(head)
		if err != nil {
			return nil, err
		}
		if s.BeforeCommit != nil {
			s.BeforeCommit(s)
		}
		if next, ok := s.commit(head.Revision(), commit); ok {
			return next, nil
		}
	}
}

// Commit writes a commit beside Update, as an outside pusher does.
func (s *Store) Commit(commit rules.Commit) rules.Tree {
	for {
		head, _ := s.Head(context.Background())
		if next, ok := s.commit(head.Revision(), commit); ok {
			return next
		}
	}
}

func (s *Store) commit(parent string, commit rules.Commit) (rules.Tree, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head := s.head()
	if head.revision != parent {
		return nil, false
	}
	files := maps.Clone(head.files)
	if files == nil {
		files = map[string][]byte{}
	}
	for path, content := range commit.Files {
		if content == nil {
			delete(files, path)
			continue
		}
		files[path] = slices.Clone(content)
	}
	next := tree{revision: contentID(fmt.Appendf(nil, "%s %d", parent, len(s.commits))), files: files}
	s.commits = append(s.commits, storedCommit{next, commit})
	return next, true
}

// Commits returns every commit, oldest first.
func (s *Store) Commits() []rules.Commit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []rules.Commit
	for _, c := range s.commits {
		all = append(all, c.commit)
	}
	return all
}

// FindRequest implements rules.Store.
func (s *Store) FindRequest(_ context.Context, id string) ([]rules.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []rules.Found
	for i, c := range slices.Backward(s.commits) {
		if !slices.Contains(c.commit.Trailers, rules.Trailer{Key: "Request-Id", Value: id}) {
			continue
		}
		f := rules.Found{Revision: c.tree.revision, Subject: c.commit.Subject, Trailers: c.commit.Trailers}
		if i > 0 {
			f.Parent = s.commits[i-1].tree.revision
		}
		found = append(found, f)
	}
	return found, nil
}
