package journal

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"github.com/alertsmith/alertsmith/rules"
)

// event is what one commit did at one place for rules.
type event struct {
	position       int64
	stays, deleted *placed // the versions that a rule stands there by, and that deleted the one before
	left           int64   // where what stood there went; 0 when it did not go
}

// placed is a version at the place of an event.
type placed struct {
	n      int64
	kind   rules.ChangeKind
	from   int64 // where the rule came from, when kind is RuleMoved
	wanted bool  // by the query
}

// own returns the version of the rule that stands at the place after the event, or that stood there last; nil when it went elsewhere.
func (e event) own() *placed {
	if e.stays != nil {
		return e.stays
	}
	return e.deleted
}

// life returns the versions of the rule that stands at a place, or stood there last, as the query selects them.
func (r historyReader) life(ctx context.Context, at rules.Ref, q rules.HistoryQuery, f filter) (found []place, err error) {
	if q.Name != "" {
		f.and("(v.name = ? OR v.was = ?)", q.Name, q.Name)
	}
	rule, err := r.end(ctx, at)
	if err != nil || rule == 0 {
		return nil, err
	}
	skip := max(q.Offset, 0)
	for before := int64(math.MaxInt64); rule != 0; {
		next, born, another := int64(0), false, false
		err := r.events(ctx, rule, before, f, func(e event) (more bool) {
			// What was deleted at the very place that a rule came to is another one.
			if own := e.own(); own != nil {
				before = e.position
				if own.kind == rules.RuleAdded {
					born, another = true, e.left != 0
				}
				if own.kind == rules.RuleMoved {
					next = own.from
				}
				if own.wanted {
					if skip--; skip < 0 {
						found = append(found, place{e.position, own.n})
					}
				}
			}
			return next == 0 && !born && len(found) < q.Limit
		})
		if err != nil || len(found) >= q.Limit {
			return found, err
		}
		if born && !another {
			if next, err = r.former(ctx, rule, before); err != nil {
				return nil, err
			}
		}
		rule = next
	}
	return found, nil
}

// former returns where a rule was deleted that was added at a place, and a position, again: there, or where it stood while it was paused or was
// not. It returns 0 when what stood there went away before: that lives elsewhere.
func (r historyReader) former(ctx context.Context, rule, added int64) (int64, error) {
	here, err := r.last(ctx, rule, added)
	if err != nil {
		return 0, err
	}
	other, err := r.counterpart(ctx, rule)
	if err != nil {
		return 0, err
	}
	there, err := r.last(ctx, other, added)
	switch {
	case err != nil:
		return 0, err
	case there.position > here.position && there.isDeletion():
		return other, nil
	case there.position > here.position || here.own() == nil:
		return 0, nil
	}
	return rule, nil
}

// isDeletion reports whether a rule was deleted and none stands there since.
func (e event) isDeletion() bool { return e.deleted != nil && e.stays == nil }

// last returns what happened last at a place before a position; zero when nothing did.
func (r historyReader) last(ctx context.Context, rule, before int64) (last event, err error) {
	err = r.events(ctx, rule, before, filter{sql: "true"}, func(e event) bool { last = e; return false })
	return last, err
}

// selectCounterpart has the places that the rule of a place came from or went to.
const selectCounterpart = `SELECT here.path, there.path, there.id FROM (
		SELECT rule AS id FROM history_versions WHERE came_from = ?1 UNION SELECT came_from FROM history_versions WHERE rule = ?1 AND came_from IS NOT NULL
	) way JOIN history_rules there ON there.id = way.id JOIN history_rules here ON here.id = ?1`

// counterpart returns where the rule of a place stands while it is paused, and of the place of a paused one where it stands else; 0 when it never
// was paused.
func (r historyReader) counterpart(ctx context.Context, rule int64) (int64, error) {
	rows, err := r.query(ctx, selectCounterpart, rule)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var here, there rules.Ref
		var id int64
		if err := rows.Scan(&here.Path, &there.Path, &id); err != nil {
			return 0, err
		}
		if here.Paused() != there.Paused() {
			return id, nil
		}
	}
	return 0, rows.Err()
}

// selectArrival has where a rule went from a place next, after a position.
const selectArrival = `SELECT v.rule, v.position FROM history_versions v JOIN history_commits c ON c.position = v.position
	WHERE v.came_from = ? AND v.position > ? ORDER BY v.position LIMIT 1`

// end returns the place where the rule stands now, or stood last, that stood at a place last; 0 when there was none.
func (r historyReader) end(ctx context.Context, at rules.Ref) (rule int64, err error) {
	err = r.queryRow(ctx, selectRule, at.Path, at.Group, at.Name, max(at.Nth, 1), at.Ruler).Scan(&rule)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	last, err := r.last(ctx, rule, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	if last.left != 0 && last.stays == nil {
		rule = last.left
	}
	for position := last.position; ; {
		err := r.queryRow(ctx, selectArrival, rule, position).Scan(&rule, &position)
		if errors.Is(err, sql.ErrNoRows) {
			var next int64
			if next, position, err = r.again(ctx, rule); next == 0 && err == nil {
				return rule, nil
			}
			rule = next
		}
		if err != nil {
			return 0, err
		}
	}
}

// again returns where, other than at its own place, a rule was added again that was deleted, and the position of that; 0 when it was not.
func (r historyReader) again(ctx context.Context, rule int64) (other, position int64, err error) {
	last, err := r.last(ctx, rule, math.MaxInt64)
	if err != nil || !last.isDeletion() {
		return 0, 0, err
	}
	if other, err = r.counterpart(ctx, rule); err != nil {
		return 0, 0, err
	}
	var kind rules.ChangeKind
	err = r.tx.QueryRowContext(ctx, `SELECT v.position, v.kind FROM history_versions v JOIN history_commits c ON c.position = v.position
		WHERE v.rule = ? AND v.position > ? ORDER BY v.position, v.n LIMIT 1`, other, last.position).Scan(&position, &kind)
	if errors.Is(err, sql.ErrNoRows) || err == nil && kind != rules.RuleAdded {
		return 0, 0, nil
	}
	return other, position, err
}

// selectEvents has what happened at a place before a position, the newest first, and whether a filter wants it.
func selectEvents(wanted string) string {
	by := func(column string) string {
		return "SELECT v.position, v.n, v.kind, v.rule, COALESCE(v.came_from, 0), COALESCE(" + wanted + ", false)" +
			" FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE v." + column + " = ? AND v.position < ?"
	}
	return by("rule") + " UNION ALL " + by("came_from") + " ORDER BY 1 DESC, 2"
}

// events calls visit with what happened at a place before a position, the newest first, until it returns false.
func (r historyReader) events(ctx context.Context, rule, before int64, f filter, visit func(event) bool) error {
	args := append(append([]any{}, f.args...), rule, before)
	rows, err := r.query(ctx, selectEvents(f.sql), append(args, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e event
	for rows.Next() {
		var (
			v            placed
			position, to int64
		)
		if err := rows.Scan(&position, &v.n, &v.kind, &to, &v.from, &v.wanted); err != nil {
			return err
		}
		if e.position != position {
			if e.position != 0 && !visit(e) {
				return nil
			}
			e = event{position: position}
		}
		switch {
		case to != rule:
			e.left = to
		case v.kind == rules.RuleDeleted:
			e.deleted = &v
		default:
			e.stays = &v
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if e.position != 0 {
		visit(e)
	}
	return nil
}
