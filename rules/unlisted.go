package rules

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// What a group says for its rules and no ruler lists is a query_offset, and that it leaves the interval to the ruler (Prometheus 3.15, Loki 3.7.8):
// where a change did nothing else to a rule, the ruler lists it alike before and after.

// unlisted judges what a change did to rules that the ruler lists as the book has them, as far as that cannot be seen in the list. Live says that
// the ruler has that as well.
func (a *Applier) unlisted(ctx context.Context, d *desk, book *Book, running []RunningRule, change Outcome) verdict {
	for _, ref := range refsAt(change.Refs, d.name) {
		if _, there := book.Get(ref); !there {
			continue
		}
		offset, interval := unlistedFields(change.Fields, ref.Name)
		if offset && !a.hasRead(d, book, ref) {
			a.lookRead(ctx, d)
		}
		if offset && !a.hasRead(d, book, ref) {
			return verdict{ref, Pending, fmt.Sprintf("%s does not list the query_offset of the group %q, and has not read its file since that was changed", d.name, ref.Group), true}
		}
		if interval == "" {
			continue
		}
		i := slices.IndexFunc(running, func(r RunningRule) bool { return d.family(r) == ref.family() })
		if i < 0 || FormatDuration(running[i].Interval) != interval {
			continue // it is evaluated otherwise than before
		}
		switch own, err := a.EvaluationInterval(ctx, d.name); {
		case err != nil:
			return verdict{ref, Pending, fmt.Sprintf("%s evaluates the group %q every %s, as before, and does not tell whether that is its own interval: %s", d.name, ref.Group, interval, reasonOf(err)), true}
		case own != running[i].Interval:
			return verdict{ref, NotLoaded, stillAnother(d.name, ref), false}
		}
	}
	return verdict{state: Live}
}

// unlistedFields returns whether a change did nothing to a rule but what no ruler lists: offset, whether to its group's query_offset, and
// interval, what its group said before it left that to the ruler.
func unlistedFields(fields []FieldChange, rule string) (offset bool, interval string) {
	for _, f := range fields {
		switch {
		case f.Rule != rule:
		case f.Field == GroupField+"query_offset":
			offset = true
		case f.Field == GroupField+"interval" && f.Is == "":
			interval = f.Was
		default:
			return false, ""
		}
	}
	return offset, interval
}

// mustRead reports whether a change waits that the ruler may not have read although it lists all rules as the book has them.
func (a *Applier) mustRead(d *desk, book *Book) bool {
	return slices.ContainsFunc(d.waits(), func(w Waiting) bool {
		return slices.ContainsFunc(refsAt(w.Outcome.Refs, d.name), func(ref Ref) bool {
			offset, interval := unlistedFields(w.Outcome.Fields, ref.Name)
			return (offset || interval != "") && !a.hasRead(d, book, ref)
		})
	})
}

// noteRead notes the files that the ruler has read as it was told to; nil when it has not read what it was given.
func (d *desk) noteRead(files []RuleFile) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given = files
}

// offered is the files that a ruler was given which takes no order to read them, by path, and when it had last read any by then, by its own clock. No files:
// that is not known.
type offered struct {
	files []RuleFile
	read  time.Time
}

// offer notes what the ruler was given.
func (d *desk) offer(files []RuleFile, read time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.offered = offered{files, read}
}

// offerFiles notes the files that a ruler was given, which it reads when it comes to it, unless it is known since when it has just these. The caller
// holds the desk.
func (a *Applier) offerFiles(ctx context.Context, d *desk, files []RuleFile) {
	d.mu.Lock()
	known := d.offered.files != nil
	d.mu.Unlock()
	if known {
		return
	}
	if read, err := a.ConfigRead(ctx, d.name); err == nil { // else the next try asks again
		d.offer(files, read)
	}
}

// lookRead notes that a ruler which takes no order has read what it was given, if it has read its files since then by itself.
func (a *Applier) lookRead(ctx context.Context, d *desk) {
	d.mu.Lock()
	was := d.offered
	d.mu.Unlock()
	if was.files == nil {
		return
	}
	read, err := a.ConfigRead(ctx, d.name)
	if err != nil || !read.After(was.read) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offered.files != nil && d.offered.read.Equal(was.read) { // and was given nothing else meanwhile
		d.given = d.offered.files
	}
}

// hasRead reports whether the ruler, as it was told to read the files that it was given, read that of a rule as a book has it.
func (a *Applier) hasRead(d *desk, book *Book, ref Ref) bool {
	d.mu.Lock()
	given := d.given
	d.mu.Unlock()
	i, found := slices.BinarySearchFunc(given, ref.Path, func(f RuleFile, path string) int { return cmp.Compare(f.Path, path) })
	return found && !given[i].Bad && given[i].ID == book.shelf(d.name).id(ref.Path) && !a.isHeldUp(d, []Ref{ref})
}
