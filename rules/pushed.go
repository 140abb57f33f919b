package rules

import (
	"context"
	"slices"
	"strings"
)

// What is kept of one commit of somebody else; Git has all of it.
const (
	maxPushedRefs   = maxAlertTrailers
	maxPushedDiff   = 64 << 10 // bytes
	maxPushedFields = 64 << 10 // bytes of what they say
	maxPushedWhy    = 4 << 10  // bytes
)

// External returns what somebody else's commit did to the rules of all rulers, against its first parent, and why, as its message says: as far as that
// is not too much. Where not all rules are named, there are no fields. An error is one of reading; then the outcome says what the message does.
func (r *Rebuilder) External(ctx context.Context, c PastCommit) (Outcome, error) {
	out, _, _, err := r.external(ctx, c)
	out.Refs = firstRefs(out.Refs)
	return out, err
}

// firstRefs returns those of the rules of a commit that are named.
func firstRefs(refs []Ref) []Ref { return refs[:min(len(refs), maxPushedRefs)] }

// external names all rules, and also returns the books of the commit's own files on either side of it.
func (r *Rebuilder) external(ctx context.Context, c PastCommit) (out Outcome, before, after *Book, err error) {
	out = Outcome{Result: Success, Action: c.Action(), Why: firstLines(c.Body, maxPushedWhy), Revision: c.Revision}
	before, after, change, err := r.sides(ctx, c)
	if err != nil {
		return out, before, after, err
	}
	for _, ruler := range r.empty.rulers {
		out.Refs = append(out.Refs, touched(before, after, ruler.Name)...)
	}
	if len(out.Refs) == 0 {
		out.Refs = asideRefs(before, after, change.Files)
	}
	if out.Fields = fieldChanges(before, after, out.Refs); len(out.Refs) > maxPushedRefs || fieldsSize(out.Fields) > maxPushedFields {
		out.Fields = nil
	}
	if len(out.Refs) > 0 {
		out.Ruler = out.Refs[0].Ruler
	}
	out.Diff = before.diffOfFirst(change, maxPushedDiff)
	named := firstRefs(out.Refs)
	out.Templates, out.Accepted = templatesOf(after, named), newlyAccepted(before, after, named)
	return out, before, after, nil
}

// Push calls visit for some commits of a push that is applied, with what each did, as External tells it, and how that stands: as its ruler does with
// the push, or superseded where the book at the push's Head does not have what the commit brought to a rule. nil for the book: it cannot be told.
func (r *Rebuilder) Push(ctx context.Context, push ExternalPush, head *Book, commits []PastCommit, visit func(PastCommit, Outcome, error)) {
	stands := map[Ref]PushedRule{}
	for _, change := range push.Rulers {
		for _, rule := range change.Rules {
			stands[rule.Ref] = rule
		}
	}
	for _, c := range commits {
		out, before, after, err := r.external(ctx, c)
		for _, ref := range out.Refs {
			if rule, known := stands[ref]; known && (out.State == "" || out.State.InForce()) {
				out.Ruler, out.State, out.Reason = ref.Ruler, rule.State, rule.Reason
			}
		}
		lost := func(ref Ref) bool { return head.lost(after, ref, fieldChanges(before, after, []Ref{ref})) }
		if push.Held == nil && head != nil && slices.ContainsFunc(out.Refs, lost) {
			out.State, out.Reason = push.overtaken(out, stands, lost)
		}
		if head != nil {
			out.Findings = push.found(slices.DeleteFunc(slices.Clone(out.Refs), lost))
		}
		out.Refs = firstRefs(out.Refs)
		visit(c, out, err)
	}
}

// overtaken returns how a commit stands of which the book at the push's Head lost what it brought to some rules. Where a change that mended what was held took
// some over, it stands as the others do.
func (p ExternalPush) overtaken(out Outcome, stands map[Ref]PushedRule, lost func(Ref) bool) (State, string) {
	switch {
	case p.Mended == "":
		return Superseded, overtakenText
	case slices.ContainsFunc(out.Refs, func(ref Ref) bool { return !lost(ref) }):
		return out.State, out.Reason
	}
	by := p.Mended
	for _, ref := range out.Refs {
		if id := stands[ref].By.ID; id != "" && id != p.Mended {
			by = id
		}
	}
	if by != p.Mended {
		return Superseded, "it was held until the request " + p.Mended + " mended it, and the request " + by + " changed its rules"
	}
	return Superseded, "it was held until the request " + p.Mended + " mended it, and that changed its rules"
}

// lost reports whether a book does not have what somebody else's commit brought to a rule: the rule is there or not otherwise than in the book after the commit, or
// a field that it changed has another value. What others changed in the rule besides takes nothing from it, nor what they changed of the group of a
// rule that it added.
func (b *Book) lost(after *Book, ref Ref, brought []FieldChange) bool {
	if !b.changedSince(after, []Ref{ref}) {
		return false
	}
	left, was := after.Get(ref)
	now, is := b.Get(ref)
	if was != is {
		return true
	}
	added := slices.ContainsFunc(brought, func(c FieldChange) bool { return c.Rule == ref.Name && c.Field == "name" && c.Was == "" })
	return slices.ContainsFunc(left.ChangesTo(now, ref.Name), func(since FieldChange) bool {
		return slices.ContainsFunc(brought, func(c FieldChange) bool {
			return c.Rule == since.Rule && c.Field == since.Field && !(added && strings.HasPrefix(c.Field, GroupField))
		})
	})
}

// cutShort reports whether only the first rules of a commit that somebody pushed are named: then it is live where all that the ruler is to run is.
func (w Waiting) cutShort() bool {
	return w.Request.Entry == EntryGit && len(w.Outcome.Refs) >= maxPushedRefs
}

// nextOf returns the ruler behind d, in the order of the configuration, that a waiting change is about too; nil where d is the last.
func (a *Applier) nextOf(d *desk, w Waiting) *desk {
	behind := false
	for _, ruler := range a.Rulers {
		name := ruler.Info().Name
		if behind && (w.cutShort() || len(refsAt(w.Outcome.Refs, name)) > 0) {
			return a.desks[name]
		}
		behind = behind || name == d.name
	}
	return nil
}

// fieldsSize returns how many bytes changes of fields say.
func fieldsSize(fields []FieldChange) (size int) {
	for _, f := range fields {
		size += len(f.Rule) + len(f.Field) + len(f.Was) + len(f.Is)
	}
	return size
}

// diffOfFirst is Diff up to so many bytes.
func (b *Book) diffOfFirst(c Change, most int) string {
	var text strings.Builder
	for _, path := range sortedKeys(c.Files) {
		if text.Len() > most {
			break
		}
		text.WriteString(b.Diff(Change{Files: map[string][]byte{path: c.Files[path]}}))
	}
	return firstLines(text.String(), most)
}

// firstLines returns a text of at most so many bytes, or as many lines of it, else words, as fit, and says so: a secret that is cut in its middle could
// not be told any more.
func firstLines(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := strings.LastIndexByte(text[:most], '\n')
	if end < 0 {
		end = max(0, strings.LastIndexByte(text[:most], ' '))
	}
	return text[:end] + "\n[cut: the commit has more]\n"
}
