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

// The index of the history and the queues of sinks are no part of the chain, and of what a row says SQLite itself proves no more than what its own indexes
// repeat. So each row has the sum of its columns, which Verify makes again. It tells damage; who writes rows on purpose writes their sums as well.

// summed is a table with the column sum beside others.
type summed struct {
	name    string
	columns []string // the others
	row     string   // an expression that names a row for a person
}

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
	return fmt.Sprintf("SELECT %s FROM %s NOT INDEXED WHERE %s LIMIT 1", t.row, t.name, t.differs())
}

// differs is the condition for a row that has another sum.
func (t summed) differs() string {
	return "sum IS NOT journal_sum(" + strings.Join(t.columns, ", ") + ")"
}

// triggers returns the statements that keep the sums of a table whatever writes it. key is a condition for the row that was written, NEW.
func (t summed) triggers(key string) string {
	set := fmt.Sprintf("BEGIN UPDATE %s SET sum = journal_sum(NEW.%s) WHERE %s; END;\n", t.name, strings.Join(t.columns, ", NEW."), key)
	return fmt.Sprintf("CREATE TRIGGER %[1]s_added AFTER INSERT ON %[1]s %[2]sCREATE TRIGGER %[1]s_changed AFTER UPDATE OF %[3]s ON %[1]s %[2]s",
		t.name, set, strings.Join(t.columns, ", "))
}

// proved is tables with sums, and what to do about a row that is not as it was written.
type proved struct {
	tables  []summed
	advice  string
	inPlace bool // what is to be done needs the table's pages to be sound: rows are dropped from them
}

const historyAdvice = "This table is an index of what Git has, and the journal's entries are sound without it: " +
	"stop the service and run `alertsmith journal reindex`, and the service makes it anew from Git"

var derivedTables = []proved{
	{[]summed{historyTips, historyCommits, historyRules, historyVersions}, historyAdvice, false},
	{[]summed{queueTelling, queueBursts, queueDeliveries}, "This table says what sinks are still to be told, and the journal's entries are sound without it: " +
		"stop the service and run `alertsmith journal reindex`, which drops such rows", true},
}

// summedUp sums up the rows of the derived tables again, and misses those that the history has lost.
func (s *Search) summedUp(ctx context.Context) (*Flaw, error) {
	if loss, err := historyLoss(ctx, s.journal); err == nil && loss != "" {
		return &Flaw{Text: loss + ". " + historyAdvice, Derived: true}, nil
	}
	for _, part := range derivedTables {
		for _, table := range part.tables {
			var row string
			err := s.journal.QueryRowContext(ctx, table.changed()).Scan(&row)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				continue
			case ctx.Err() != nil:
				return nil, err
			}
			if part.inPlace {
				if flaw, err := s.sound(ctx, "'"+table.name+"'"); flaw != nil || err != nil {
					return flaw, err
				}
			}
			if err != nil {
				return &Flaw{Text: fmt.Sprintf("the table %s cannot be read: %v. %s", table.name, err, part.advice), Derived: true}, nil
			}
			return &Flaw{Text: fmt.Sprintf("a row of the table %s (%s) is not as it was written. %s", table.name, row, part.advice), Derived: true}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
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
			return 0, fmt.Errorf("no value of a row with a sum: %T", value)
		}
	}
	return int64(sum), nil
}
