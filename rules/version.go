package rules

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// maxPastFiles is how many bytes of rule files a Historian remembers the rules of, twice.
const maxPastFiles = 8 << 20

// Historian tells what commits did to the rules of some rulers. It reads every content once, as far as it can remember it. It is not safe
// for concurrent use.
type Historian struct {
	book  *Book // of an empty rulebook: it knows which file is whose
	read  func(ctx context.Context, id string) ([]byte, error)
	fresh map[string][]pastRule // content id → its rules, what was asked for last
	stale map[string][]pastRule // and before that
	size  int                   // bytes of the contents in fresh
}

// NewHistorian returns a Historian of the rules that these rulers have. read returns the file that has a content id, and no error for one that
// is too large to be a rule file.
func NewHistorian(rulers []RulerInfo, read func(ctx context.Context, id string) ([]byte, error)) *Historian {
	return &Historian{book: NewBook(rulers), read: read, fresh: map[string][]pastRule{}}
}

// Versions returns what a commit did to rules: those that it made, changed or moved, in the order of where they stand, then those that it
// deleted. A rule that a merge only takes over from one of its parents is none of them. A rule follows its file, its group and its name when
// one of them changes, and also while it is changed at once, as long as it says much the same. A file that is no YAML has no rules.
// Of a command that only writes rules otherwise, as in their comments, these are versions as well. The only errors are those of reading.
func (h *Historian) Versions(ctx context.Context, c PastCommit) ([]Version, error) {
	was, is, err := h.affected(ctx, c.Files, h.rules)
	if err == nil && len(was)+len(is) == 0 && !c.External() {
		// A command may change comments alone, and that is the change which undo takes back then.
		was, is, err = h.affected(ctx, c.Files, h.written)
	}
	if err != nil || len(was)+len(is) == 0 {
		return nil, err
	}
	c.Files = nil
	v := Version{Commit: c, Action: c.Action()}
	var versions []Version
	came := pairUp(was, is)
	for ref := range is {
		v.Ref, v.From, v.Kind = ref, Ref{}, RuleAdded
		if from, known := came[ref]; known && from == ref {
			v.Kind = RuleChanged
		} else if known {
			v.Kind, v.From = RuleMoved, from
		}
		versions = append(versions, v)
	}
	left := map[Ref]bool{}
	for _, from := range came {
		left[from] = true
	}
	for ref := range was {
		if !left[ref] {
			v.Ref, v.From, v.Kind = ref, Ref{}, RuleDeleted
			versions = append(versions, v)
		}
	}
	slices.SortFunc(versions, func(v, w Version) int {
		if gone := v.Kind == RuleDeleted; gone != (w.Kind == RuleDeleted) {
			if gone {
				return 1
			}
			return -1
		}
		return compareRefs(v.Ref, w.Ref)
	})
	return versions, nil
}

func compareRefs(a, b Ref) int {
	return cmp.Or(strings.Compare(a.Ruler, b.Ruler), strings.Compare(a.Path, b.Path), strings.Compare(a.Group, b.Group),
		strings.Compare(a.Name, b.Name), a.Nth-b.Nth)
}

// pastReader returns the rules of a content.
type pastReader func(ctx context.Context, id string) ([]pastRule, error)

// affected returns the rules of changed files that differ from those of every parent: as they were in the first parent, and as they are.
func (h *Historian) affected(ctx context.Context, files []PastFile, read pastReader) (was, is map[Ref]pastRule, err error) {
	parents, after, err := h.sides(ctx, files, read)
	if err != nil {
		return nil, nil, err
	}
	was, is = differing(parents, after)
	return was, is, nil
}

// sides returns the rules of the changed files in each of the commit's parents, and in the commit.
func (h *Historian) sides(ctx context.Context, files []PastFile, read pastReader) (parents []map[Ref]pastRule, after map[Ref]pastRule, err error) {
	parents, after = []map[Ref]pastRule{{}}, map[Ref]pastRule{}
	if len(files) > 0 {
		for range files[0].Others {
			parents = append(parents, map[Ref]pastRule{})
		}
	}
	for _, ruler := range h.book.rulers {
		for _, f := range files {
			path, mine := h.book.relative(ruler, f.Path)
			if !mine {
				continue
			}
			at := Ref{Ruler: ruler.Name, Path: path}
			collected := func(id string, side map[Ref]pastRule) error { return collect(ctx, read, id, at, side) }
			if err := bothSides(f, parents, after, collected); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, f := range files {
		if !isPaused(f.Path) {
			continue
		}
		collect := func(id string, side map[Ref]pastRule) error { return h.collectPaused(ctx, id, f.Path, side) }
		if err := bothSides(f, parents, after, collect); err != nil {
			return nil, nil, err
		}
	}
	return parents, after, nil
}

// bothSides has the contents that a file had in the parents and has in the commit collected.
func bothSides(f PastFile, parents []map[Ref]pastRule, after map[Ref]pastRule, collect func(id string, side map[Ref]pastRule) error) error {
	for i, id := range append([]string{f.Before}, f.Others...) {
		if err := collect(id, parents[i]); err != nil {
			return err
		}
	}
	return collect(f.After, after)
}

// collectPaused adds the rule of a file below paused/ to a side: it stands in that file.
func (h *Historian) collectPaused(ctx context.Context, id, path string, side map[Ref]pastRule) error {
	if id == "" {
		return nil
	}
	content, err := h.read(ctx, id)
	if err != nil || len(content) > expr.MaxFile {
		return err
	}
	p, problem := h.book.readPaused(path, content)
	if problem != "" {
		return nil
	}
	for _, r := range readPastRules(p.was, false) {
		if r.group == p.Ref.Group && r.name == p.Ref.Name && r.nth == p.Ref.Nth {
			r.nth = p.entry.Ref.Nth
			side[p.entry.Ref] = r
		}
	}
	return nil
}

// collect adds the rules of one file to a side.
func collect(ctx context.Context, read pastReader, id string, at Ref, side map[Ref]pastRule) error {
	rules, err := read(ctx, id)
	for _, r := range rules {
		at.Group, at.Name, at.Nth = r.group, r.name, r.nth
		side[at] = r
	}
	return err
}

// rules returns the rules of a content.
func (h *Historian) rules(ctx context.Context, id string) ([]pastRule, error) {
	if id == "" {
		return nil, nil
	}
	rules, known := h.fresh[id]
	if known {
		return rules, nil
	}
	size := 0
	if rules, known = h.stale[id]; !known {
		content, err := h.read(ctx, id)
		if err != nil {
			return nil, err
		}
		rules = readPastRules(content, false)
	}
	for _, r := range rules {
		size += len(r.says)
	}
	if h.size += size; h.size > maxPastFiles {
		h.stale, h.fresh, h.size = h.fresh, map[string][]pastRule{}, size
	}
	h.fresh[id] = rules
	return rules, nil
}

// written returns the rules of a content with the lines that they are written in.
func (h *Historian) written(ctx context.Context, id string) ([]pastRule, error) {
	if id == "" {
		return nil, nil
	}
	content, err := h.read(ctx, id)
	return readPastRules(content, true), err
}

// differing returns the rules that differ from those of every parent: as they were in the first parent, and as they are.
func differing(parents []map[Ref]pastRule, after map[Ref]pastRule) (was, is map[Ref]pastRule) {
	was, is = map[Ref]pastRule{}, map[Ref]pastRule{}
	for ref, r := range after {
		if !slices.ContainsFunc(parents, func(parent map[Ref]pastRule) bool { return parent[ref] == r }) {
			is[ref] = r
		}
	}
	for ref, r := range parents[0] {
		now, still := after[ref]
		differs := func(parent map[Ref]pastRule) bool { p, there := parent[ref]; return there != still || p != now }
		if !slices.ContainsFunc(parents, func(parent map[Ref]pastRule) bool { return !differs(parent) }) {
			was[ref] = r
		}
	}
	return was, is
}
