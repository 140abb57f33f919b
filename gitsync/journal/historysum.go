package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"strings"
)

// The index of the history is no part of the chain, and of what a row says SQLite itself proves no more than what its own indexes repeat. So each row
// has the sum of its columns, which Verify makes again. It tells damage; who writes rows on purpose writes their sums as well, and Git has what is true.

// summed is a table with the column sum beside others.
type summed struct {
	name    string
	columns []string // the others
	row     string   // an expression that names a row for a person
}

var (
	historyTips     = summed{"history", strings.Fields("fingerprint tips"), "'its only row'"}
	historyCommits  = summed{"history_commits", strings.Fields("position revision parents time author_name author_email author_id who who_id action request_id subject body trailers"), "'position ' || position"}
	historyRules    = summed{"history_rules", strings.Fields("id ruler path grp name nth"), "'id ' || id"}
	historyVersions = summed{"history_versions", strings.Fields("position n kind rule came_from name was"), "'position ' || position || ', n ' || n"}
)

var (
	addCommit  = historyCommits.insert("INSERT")
	addRule    = historyRules.insert("INSERT")
	addVersion = historyVersions.insert("INSERT OR REPLACE")
)

// insert returns the statement that adds a row; its parameters are the columns in their order. verb is INSERT, or one that says what of a row that is
// there already.
func (t summed) insert(verb string) string {
	var parameters []string
	for i := range t.columns {
		parameters = append(parameters, fmt.Sprintf("?%d", i+1))
	}
	values := strings.Join(parameters, ", ")
	return fmt.Sprintf("%s INTO %s (%s, sum) VALUES (%s, journal_sum(%s))", verb, t.name, strings.Join(t.columns, ", "), values, values)
}

// changed returns the query for the first row whose sum is another one.
func (t summed) changed() string {
	return fmt.Sprintf("SELECT %s FROM %s NOT INDEXED WHERE sum IS NOT journal_sum(%s) LIMIT 1", t.row, t.name, strings.Join(t.columns, ", "))
}

var sumTable = crc64.MakeTable(crc64.ECMA)

// rowSum returns the sum of a row's values: CRC-64 over each one's kind, length and bytes; numbers are eight bytes, big endian.
func rowSum(values []driver.Value) (int64, error) {
	var sum uint64
	add := func(kind byte, content []byte) {
		head := binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(content)))
		sum = crc64.Update(crc64.Update(sum, sumTable, head), sumTable, content)
	}
	for _, value := range values {
		switch v := value.(type) {
		case nil:
			add('n', nil)
		case int64:
			add('i', binary.BigEndian.AppendUint64(nil, uint64(v)))
		case string:
			add('t', []byte(v))
		case []byte:
			add('b', v)
		default:
			return 0, fmt.Errorf("no value of the index of the history: %T", value)
		}
	}
	return int64(sum), nil
}

// history sums up the rows of the history's index again.
func (s *Search) history(ctx context.Context) (*Flaw, error) {
	const derived = "This table is an index of what Git has, and the journal's entries are sound without it: " +
		"stop the service and run `alertsmith journal reindex`, and the service makes it anew from Git"
	for _, table := range []summed{historyTips, historyCommits, historyRules, historyVersions} {
		var row string
		err := s.journal.QueryRowContext(ctx, table.changed()).Scan(&row)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err == nil:
			return &Flaw{Text: fmt.Sprintf("a row of the table %s (%s) is not as it was written. %s", table.name, row, derived), Derived: true}, nil
		case ctx.Err() != nil:
			return nil, err
		default:
			return &Flaw{Text: fmt.Sprintf("the table %s cannot be read: %v. %s", table.name, err, derived), Derived: true}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// ForgetHistory empties the index of the history at once, also one that is damaged, so that the service makes it anew. Nobody else may write meanwhile.
func (d *DB) ForgetHistory(ctx context.Context) error {
	return wrap(d.transact(ctx, func(w *preparedTx) error {
		// Without a condition, SQLite lets the pages go and looks at no row.
		for _, statement := range []string{"DELETE FROM history_versions", "DELETE FROM history_commits", "DELETE FROM history_rules"} {
			if err := w.exec(ctx, statement); err != nil {
				return err
			}
		}
		return w.setTips(ctx, "", "")
	}), historyUnwritable)
}
