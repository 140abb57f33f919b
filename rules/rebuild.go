package rules

import (
	"context"
	"slices"
	"strings"
)

// Rebuilder makes the journal's records of changes anew, of the rulebook's commits alone. It is not safe for concurrent use.
type Rebuilder struct {
	service Person
	empty   *Book
	read    func(ctx context.Context, id string) ([]byte, error)
}

// NewRebuilder returns a Rebuilder for the rules of some rulers. service is as whom the service commits what nobody asked for; read returns the
// file that has a content id, nil for one that is too large to be read.
func NewRebuilder(rulers []RulerInfo, service Person, read func(ctx context.Context, id string) ([]byte, error)) *Rebuilder {
	return &Rebuilder{service: service, empty: NewBook(rulers), read: read}
}

// Record returns what a commit of ours tells of its change, as the journal had it: who asked for it, when, where, by which command, and what it
// did to rules. later are the trailers of the later commits of the same request, with their revisions: one may have undone it. What only the
// ruler knew, such as whether the change was live, is left out. An error is one of reading.
func (r *Rebuilder) Record(ctx context.Context, c PastCommit, later []Found) (Record, error) {
	record := Record{Request: requestOf(c, r.service), Action: c.Action(), Done: c.When}
	if c.Trailer("Action") == ConflictAction {
		w := displacedBy(c, r.service)
		record.Action, record.Outcome = w.Outcome.Action, w.Outcome
		return record, nil
	}
	_, why := c.said()
	out := Outcome{Result: Success, Action: c.Action(), Why: why, Ruler: c.Trailer("Ruler"), Revision: c.Revision, Findings: findingsOf(c.Trailers)}
	before, after, change, err := r.sides(ctx, c)
	if err != nil {
		return Record{}, err
	}
	var paused bool
	if out.Refs, paused = changedRules(before, after, out.Ruler); paused {
		out.State = PausedState // there was nothing to ask a ruler
	}
	change.Refs = out.Refs
	if out.Fields = fieldChanges(before, after, out.Refs); out.Action != (Import{}).Action() || len(change.Files) <= maxDiffedFiles {
		out.Diff = before.Diff(change)
	}
	out.Templates, out.Accepted = templatesOf(after, out.Refs), newlyAccepted(before, after, out.Refs)
	if _, not := c.bodyAndNotKept(); not != "" {
		c.Displace(&out)
		out.Reason = c.whyNotKept()
	}
	for _, l := range later {
		l.follow(&out)
	}
	record.Outcome = out
	return record, nil
}

// follow says in an outcome what a later commit of the same request did to the change.
func (f Found) follow(out *Outcome) {
	switch {
	case f.Displaces():
		f.Displace(out)
	case f.Trailer("Action") == Undo{}.Action():
		out.State, out.Undone, out.Reason = Reverted, f.Revision, "the ruler refused it"
	}
}

// sides returns the books of a commit's own files before it and after it, and the change between them.
func (r *Rebuilder) sides(ctx context.Context, c PastCommit) (before, after *Book, change Change, err error) {
	was := pastTree{}
	change = Change{Ruler: c.Trailer("Ruler"), Files: map[string][]byte{}}
	for _, f := range c.Files {
		if !r.empty.reads(f.Path) && !isPaused(f.Path) {
			continue
		}
		old, err := r.content(ctx, f.Before)
		if err != nil {
			return r.empty, r.empty, change, err
		}
		if old != nil {
			was[f.Path] = old
		}
		if change.Files[f.Path], err = r.content(ctx, f.After); err != nil {
			return r.empty, r.empty, change, err
		}
	}
	if before, err = r.empty.At(was); err != nil {
		return r.empty, r.empty, change, err
	}
	after = before.With(change.Files)
	return before, after, change, nil
}

func (r *Rebuilder) content(ctx context.Context, id string) ([]byte, error) {
	if id == "" {
		return nil, nil
	}
	return r.read(ctx, id)
}

// pastTree is the files of a commit that it changed, as they were before: path → content.
type pastTree map[string][]byte

// Revision implements Tree.
func (pastTree) Revision() string { return "" }

// List implements Tree.
func (t pastTree) List(dir string) (map[string]string, error) {
	list := map[string]string{}
	for path, content := range t {
		if _, in := below(dir, path); in {
			list[path] = plannedID(content)
		}
	}
	return list, nil
}

// Read implements Tree.
func (t pastTree) Read(path string) ([]byte, error) { return t[path], nil }

// findingsOf reads back what findingTrailers wrote.
func findingsOf(trailers []Trailer) (findings []Finding) {
	for _, t := range trailers {
		if t.Key != "Finding" {
			continue
		}
		head, rest, _ := strings.Cut(t.Value, ": ")
		severity, check, _ := strings.Cut(head, " ")
		name, text, _ := strings.Cut(rest, ": ")
		findings = append(findings, Finding{Check: check, Severity: Severity(severity), Ref: Ref{Name: name}, Text: text})
	}
	return slices.Clip(findings)
}
