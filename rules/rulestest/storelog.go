package rulestest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// Log implements rules.Store.
func (s *Store) Log(_ context.Context, from, to string, visit func(rules.PastCommit) error) error {
	past, err := s.past(from, to)
	if err != nil {
		return err
	}
	for _, commit := range past {
		if err := visit(commit); err != nil {
			return err
		}
	}
	return nil
}

// past returns the commits after from up to to.
func (s *Store) past(from, to string) ([]rules.PastCommit, error) {
	if to == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last := -1, -1
	for i, c := range s.commits {
		if c.tree.revision == from {
			first = i
		}
		if c.tree.revision == to {
			last = i
		}
	}
	if last < 0 || from != "" && first < 0 {
		return nil, fmt.Errorf("%q or %q: %w", from, to, fs.ErrNotExist)
	}
	var past []rules.PastCommit
	for i := first + 1; i <= last; i++ {
		c := s.commits[i]
		commit := rules.PastCommit{
			Found:  rules.Found{Revision: c.tree.revision, Subject: c.commit.Subject, Trailers: c.commit.Trailers},
			Author: c.commit.Author, When: c.commit.When, Body: c.commit.Body,
		}
		before := tree{}
		if i > 0 {
			before = s.commits[i-1].tree
			commit.Parent, commit.Parents = before.revision, []string{before.revision}
		}
		commit.Files = differing(before, c.tree)
		past = append(past, commit)
	}
	return past, nil
}

// differing returns the files that differ between two states.
func differing(before, after tree) []rules.PastFile {
	old, _ := before.List("")
	now, _ := after.List("")
	all := maps.Clone(old)
	maps.Copy(all, now)
	var files []rules.PastFile
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if old[path] != now[path] {
			files = append(files, rules.PastFile{Path: path, Before: old[path], After: now[path]})
		}
	}
	return files
}
