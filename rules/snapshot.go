package rules

import (
	"bytes"
	"encoding/gob"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// keptFile is a good rule file as a snapshot has it.
type keptFile struct {
	ID            string
	Dialect       expr.Dialect
	Content       []byte
	Groups        []keptGroup
	AsksForAlerts bool
}

type keptGroup struct {
	Name        string
	Interval    time.Duration
	QueryOffset *time.Duration
	Limit       int
	Labels      map[string]string
	Rules       []keptRule
}

type keptRule struct {
	Rule   Rule
	Line   int
	Source string
}

// keptTogether is how many files are encoded in one piece: pieces are read side by side.
const keptTogether = 200

// Snapshot returns what is known of the good rule files of the book that was asked for last, to be given to the next start as
// ApplierOptions.Snapshot.
func (a *Applier) Snapshot() ([]byte, error) {
	var files []keptFile
	for _, shelf := range a.lastBook().shelves {
		for _, at := range shelf {
			if len(at.file.problems) == 0 {
				files = append(files, at.file.keep())
			}
		}
	}
	var pieces [][]byte
	for len(files) > 0 {
		n := min(keptTogether, len(files))
		var piece bytes.Buffer
		if err := gob.NewEncoder(&piece).Encode(files[:n]); err != nil {
			return nil, err
		}
		pieces, files = append(pieces, piece.Bytes()), files[n:]
	}
	var all bytes.Buffer
	err := gob.NewEncoder(&all).Encode(pieces)
	return all.Bytes(), err
}

// recall takes a snapshot up: files with that content are not read and checked again as long as they are remembered. Of one that cannot be
// decoded nothing is taken.
func (r *readFiles) recall(snapshot []byte) error {
	var pieces [][]byte
	if err := gob.NewDecoder(bytes.NewReader(snapshot)).Decode(&pieces); err != nil {
		return err
	}
	kept := make([][]keptFile, len(pieces))
	var group errgroup.Group
	for i, piece := range pieces {
		group.Go(func() error { return gob.NewDecoder(bytes.NewReader(piece)).Decode(&kept[i]) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	known := map[fileKey]*file{}
	for _, files := range kept {
		for _, k := range files {
			known[fileKey{k.ID, k.Dialect}] = k.file(r)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.old = known // until there is newer to remember: by then the book has what it needs of it
	return nil
}

// keep returns the file as a snapshot has it.
func (f *file) keep() keptFile {
	k := keptFile{ID: f.id, Dialect: f.dialect, Content: f.content, AsksForAlerts: f.asksForAlerts}
	for _, g := range f.groups {
		kept := keptGroup{g.Name, g.Interval, g.QueryOffset, g.Limit, g.Labels, nil}
		for _, r := range g.Rules {
			kept.Rules = append(kept.Rules, keptRule{r.Rule, r.line, r.source})
		}
		k.Groups = append(k.Groups, kept)
	}
	return k
}

// file returns the file that was kept.
func (k keptFile) file(memory *readFiles) *file {
	f := &file{id: k.ID, dialect: k.Dialect, content: k.Content, asksForAlerts: k.AsksForAlerts, memory: memory}
	for _, kept := range k.Groups {
		g := group{kept.Name, kept.Interval, kept.QueryOffset, kept.Limit, kept.Labels, nil}
		for _, r := range kept.Rules {
			g.Rules = append(g.Rules, placedRule{Rule: r.Rule, line: r.Line, source: r.Source})
		}
		f.groups = append(f.groups, g)
	}
	return f
}
