package rules

import (
	"context"
	"strings"
)

// What Version.Told has beside the kinds of a change.
const (
	RulePaused  ChangeKind = "paused"
	RuleResumed ChangeKind = "resumed"
)

// Life returns what happened to the rule of an address, as history tells it: by versions, or by commits. One that is gone is looked for by its name, in whatever group it
// was. Errors are those of history and of Book.FindOrPaused; NotFound when nothing is known under that address.
func Life[T Version | PastChange](
	ctx context.Context, book *Book, address string, query HistoryQuery, history func(context.Context, HistoryQuery) ([]T, error),
) ([]T, error) {
	entry, err := book.FindOrPaused(address)
	if err == nil {
		query.Rule = &entry.Ref
		return history(ctx, query)
	}
	if KindOf(err) != NotFound {
		return nil, err
	}
	for name, more := address, true; more; _, name, more = strings.Cut(name, "/") {
		query.Name = name
		versions, historyErr := history(ctx, query)
		if historyErr != nil || len(versions) > 0 {
			return versions, historyErr
		}
	}
	return nil, err
}

// Sources returns a rule as Entry.Text has it before and after a version, given the books on either side of its commit; "" where it was not there.
func (v Version) Sources(before, after *Book) (was, is string) {
	from := v.Ref
	if v.Kind == RuleMoved {
		from = v.From
	}
	if entry, ok := before.Get(from); ok && v.Kind != RuleAdded {
		was = entry.Text()
	}
	if entry, ok := after.Get(v.Ref); ok && v.Kind != RuleDeleted {
		is = entry.Text()
	}
	return was, is
}

// Told returns what a version did as a person reads it: RulePaused and RuleResumed for a move below paused/ and from there. By is the commit's
// action, "" where what was done says that.
func (v Version) Told() (kind ChangeKind, by string) {
	kind = v.Kind
	switch {
	case kind == RuleMoved && v.Ref.Paused():
		kind = RulePaused
	case kind == RuleMoved && v.From.Paused():
		kind = RuleResumed
	}
	if kind == goesWithoutSaying[v.Action] {
		return kind, ""
	}
	return kind, v.Action
}

// goesWithoutSaying are the kinds of change that actions have as their name.
var goesWithoutSaying = map[string]ChangeKind{"add": RuleAdded, "delete": RuleDeleted, "pause": RulePaused, "resume": RuleResumed}

// Reason returns the reason that the commit gives, in one line: what the person gave, or the subject of somebody else's commit.
func (c PastCommit) Reason() string {
	reason := ""
	if c.External() {
		reason = c.Subject
	} else if i := strings.LastIndex(c.Body, "\n\nReason: "); i >= 0 {
		reason = c.Body[i+len("\n\nReason: "):]
	}
	return strings.Join(strings.Fields(reason), " ")
}
