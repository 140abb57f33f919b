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
		next, born := int64(0), false
		err := r.events(ctx, rule, before, f, func(e event) (more bool) {
			// What was deleted at the very place that a rule came to is another one.
			if own := e.own(); own != nil {
				born = own.kind == rules.RuleAdded
				if own.kind == rules.RuleMoved {
					next, before = own.from, e.position
				}
				if own.wanted {
					if skip--; skip < 0 {
						found = append(found, place{e.position, own.n})
					}
				}
			}
			// What stood here and went away before another one was added lives elsewhere.
			return next == 0 && !(born && e.left != 0) && len(found) < q.Limit
		})
		if err != nil || len(found) >= q.Limit {
			return found, err
		}
		rule = next
	}
	return found, nil
}

// end returns the place where the rule stands now, or stood last, that stood at a place last; 0 when there was none.
func (r historyReader) end(ctx context.Context, at rules.Ref) (rule int64, err error) {
	err = r.tx.QueryRowContext(ctx, selectRule, at.Path, at.Group, at.Name, max(at.Nth, 1), at.Ruler).Scan(&rule)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var last event
	err = r.events(ctx, rule, math.MaxInt64, filter{sql: "true"}, func(e event) bool { last = e; return false })
	if err != nil || last.left == 0 || last.stays != nil {
		return rule, err
	}
	rule = last.left
	for position := last.position; ; {
		err = r.tx.QueryRowContext(ctx, `SELECT v.rule, v.position FROM history_versions v JOIN history_commits c ON c.position = v.position
			WHERE v.came_from = ? AND v.position > ? ORDER BY v.position LIMIT 1`, rule, position).Scan(&rule, &position)
		if errors.Is(err, sql.ErrNoRows) {
			return rule, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// events calls visit with what happened at a place before a position, the newest first, until it returns false.
func (r historyReader) events(ctx context.Context, rule, before int64, f filter, visit func(event) bool) error {
	by := func(column string) string {
		return "SELECT v.position, v.n, v.kind, v.rule, COALESCE(v.came_from, 0), COALESCE(" + f.sql + ", false)" +
			" FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE v." + column + " = ? AND v.position < ?"
	}
	args := append(append([]any{}, f.args...), rule, before)
	rows, err := r.tx.QueryContext(ctx, by("rule")+" UNION ALL "+by("came_from")+" ORDER BY 1 DESC, 2", append(args, args...)...)
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
