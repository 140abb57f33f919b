package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// How much is told of the later changes that stand in the way of an undo.
const (
	maxLaterRules  = 5  // rules
	maxLaterShown  = 5  // changes of each of them
	maxLaterLooked = 50 // changes of each of them that are looked through
)

// laterDetail says which later changes stand in the way of an undo: of each who made it, when and why, and of each field that it set what the undone
// commit had made of it and what it is now. "" where the history does not tell.
func (c *call) laterDetail(ctx context.Context, undo rules.Undo, refusal error) string {
	var stuck rules.Stuck
	newest, err := c.backend.Book(ctx)
	if err != nil || !errors.As(refusal, &stuck) {
		return ""
	}
	var lines []string
	left := maxLaterRules
	for i, at := range stuck.At {
		for _, ref := range laterRules(undo, newest, at) {
			if left--; left < 0 {
				break
			}
			title := stuck.Named[i]
			if at.Group == "" {
				title += fmt.Sprintf(", %q", ref.Name)
			}
			lines = append(lines, c.laterOf(ctx, undo, newest, ref, title, at.Name == "" && at.Group != "")...)
		}
	}
	return strings.Join(lines, "\n")
}

// laterRules returns the rules whose histories tell of what is in conflict: a rule itself; one of a group; those of a file that say something else by now.
func laterRules(undo rules.Undo, newest *rules.Book, at rules.Ref) (refs []rules.Ref) {
	if at.Name != "" {
		return []rules.Ref{at}
	}
	for _, book := range []*rules.Book{undo.After, newest} {
		for _, e := range book.Entries(at.Ruler) {
			switch was, before := undo.After.Get(e.Ref); {
			case e.Ref.Path != at.Path || at.Group != "" && e.Ref.Group != at.Group:
			case at.Group != "":
				return []rules.Ref{e.Ref}
			default:
				now, stands := newest.Branch(e.Ref)
				if (before != stands || was.Text() != now.Text()) && !slices.Contains(refs, e.Ref) {
					refs = append(refs, e.Ref)
				}
			}
		}
	}
	return refs
}

// laterChange is a change of a rule after the one that is to be undone, with the fields that it set to what they are now: Was is what the undone one left.
type laterChange struct {
	version rules.Version
	set     []rules.FieldChange
}

// laterOf tells in lines of what was done to a rule after the undone commit, the newest first. title is what it is called; of its group's fields alone where settings.
func (c *call) laterOf(ctx context.Context, undo rules.Undo, newest *rules.Book, ref rules.Ref, title string, settings bool) (lines []string) {
	versions, err := c.backend.History(ctx, rules.HistoryQuery{Rule: &ref, Limit: maxLaterLooked})
	if err != nil || len(versions) == 0 {
		return nil
	}
	from, later := ref, len(versions)
	if own := slices.IndexFunc(versions, func(v rules.Version) bool { return v.Commit.Revision == undo.Commit.Revision }); own >= 0 {
		later = own
		if versions[own].Kind == rules.RuleMoved {
			from = versions[own].From
		}
	}
	changes := c.laterChanges(ctx, versions, later, fieldsSince(undo.After, ref, newest, versions[0].Ref, settings))
	before := fieldsAt(undo.Before, from)
	for _, change := range changes[:min(len(changes), maxLaterShown)] {
		lines = append(lines, title+": "+c.didText(change.version))
		for _, f := range change.set {
			lines = append(lines, thenAndNow(f, before[f.Field]))
		}
	}
	if more := len(changes) - maxLaterShown; more > 0 {
		lines = append(lines, title+": and "+count(more, "older change"))
	}
	return lines
}

// fieldsSince returns in which fields a rule differs from what it was; none where it was not there, or is gone.
func fieldsSince(after *rules.Book, ref rules.Ref, newest *rules.Book, at rules.Ref, settings bool) []rules.FieldChange {
	was, stood := after.Get(ref)
	now, stands := newest.Branch(at)
	if !stood || !stands {
		return nil
	}
	return slices.DeleteFunc(was.ChangesTo(now, ref.Name), func(f rules.FieldChange) bool { return settings && !strings.HasPrefix(f.Field, rules.GroupField) })
}

// laterChanges returns which of the first so many versions of a rule set which of its fields, or put it elsewhere, or brought or took it; where none did, as they
// changed comments, all of them.
func (c *call) laterChanges(ctx context.Context, versions []rules.Version, later int, fields []rules.FieldChange) (changes []laterChange) {
	for i, v := range versions[:later] {
		change := laterChange{version: v}
		if len(fields) > 0 {
			if older, err := c.fieldsBefore(ctx, versions, i); err == nil {
				so := func(f rules.FieldChange) bool { return older[f.Field] == f.Is }
				change.set = slices.DeleteFunc(slices.Clone(fields), so)
				fields = slices.DeleteFunc(fields, func(f rules.FieldChange) bool { return !so(f) })
			}
		}
		changes = append(changes, change)
	}
	said := slices.DeleteFunc(slices.Clone(changes), func(l laterChange) bool { return len(l.set) == 0 && l.version.Kind == rules.RuleChanged })
	if len(said) == 0 {
		return changes
	}
	return said
}

// didText says what a version did to its rule, who made it, when, by which commit and request, and why.
func (c *call) didText(v rules.Version) string {
	kind, _ := v.Told()
	did := string(kind)
	if kind == rules.RuleMoved && v.From.Path == v.Ref.Path && v.From.Group == v.Ref.Group {
		did = past(rules.Rename{}.Action())
	}
	text := fmt.Sprintf("%s by %s, %s, commit %s", did, oneLine(cut(v.Commit.Author.Name, 60)), c.when(v.Commit.When), short(v.Commit.Revision))
	if id := v.Commit.Trailer("Request-Id"); id != "" {
		text += ", request " + id
	}
	if reason := v.Commit.Reason(); reason != "" {
		text += ": " + oneLine(cut(reason, 300))
	}
	return text
}

// thenAndNow says what a field was before the undone commit, after it, and is now.
func thenAndNow(f rules.FieldChange, before string) string {
	show := func(value string) string {
		if value == "" {
			return "none"
		}
		return shortCut(oneLine(value))
	}
	if before == f.Was {
		return fmt.Sprintf("  %s: %s before and after that commit, %s now", f.Field, show(f.Was), show(f.Is))
	}
	return fmt.Sprintf("  %s: %s before that commit, %s after it, %s now", f.Field, show(before), show(f.Was), show(f.Is))
}
