package journal

import (
	"context"
	"database/sql"
)

// whole looks at the database itself: its pages and indexes, and that tables and triggers are those that this program makes.
func (s *Search) whole(ctx context.Context) (*Flaw, error) {
	if flaw, err := s.sound(ctx, "1"); flaw != nil || err != nil {
		return flaw, err
	}
	got, err := schemaOf(ctx, s.journal)
	if err != nil {
		return nil, err
	}
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer fresh.Close() //nolint:errcheck // it is in memory and goes
	fresh.SetMaxOpenConns(1)
	if err := migrate(ctx, fresh); err != nil {
		return nil, err
	}
	want, err := schemaOf(ctx, fresh)
	if err != nil {
		return nil, err
	}
	if got != want {
		return &Flaw{Text: "the tables or triggers of the database are not those that this program makes"}, nil
	}
	return nil, nil //nolint:nilnil // there is none
}

// sound has SQLite look at the pages and indexes of a table, whose name is given as a text; with "1", at all of them.
func (s *Search) sound(ctx context.Context, table string) (*Flaw, error) {
	var result string
	if err := s.journal.QueryRowContext(ctx, "PRAGMA integrity_check("+table+")").Scan(&result); err != nil {
		return nil, err
	}
	if result != "ok" {
		return &Flaw{Text: "the database is damaged: " + result}, nil
	}
	return nil, nil //nolint:nilnil // there is no flaw
}

func schemaOf(ctx context.Context, db *sql.DB) (schema string, err error) {
	err = db.QueryRowContext(ctx, "SELECT group_concat(type || ' ' || name || ' ' || tbl_name || ': ' || COALESCE(sql, ''), x'0a' ORDER BY type, name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'").Scan(&schema)
	return schema, err
}
