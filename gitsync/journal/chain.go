package journal

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// The journal is a chain of events: each write to the table commands is one, noted by triggers in the same transaction, with the hash of the
// event before in its own hash. The table commands is what follows from the events; see Verify.

// hashSize is the length of a hash: SHA-256.
const hashSize = sha256.Size

// registerFunctions makes chainHash and rowSum known to SQLite as journal_hash and journal_sum, for connections that are opened later.
var registerFunctions = sync.OnceValue(func() error {
	err := sqlite.RegisterDeterministicScalarFunction("journal_hash", 6, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		before, ok := args[0].([]byte)
		n, okN := args[1].(int64)
		seq, okSeq := args[2].(int64)
		kind, okKind := args[3].(string)
		time, okTime := args[4].(int64)
		body, okBody := args[5].(string)
		if !ok || !okN || !okSeq || !okKind || !okTime || !okBody || len(before) != hashSize {
			return nil, fmt.Errorf("no event of the journal: %d bytes before it, n %v", len(before), args[1])
		}
		return chainHash(before, n, seq, kind, time, body), nil
	})
	return errors.Join(err, sqlite.RegisterFunction("journal_sum", &sqlite.FunctionImpl{
		NArgs: -1, Deterministic: true,
		VolatileArgs: true, // a text that is copied ends at its first zero
		Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			return rowSum(args)
		},
	}))
})

// chainHash returns the hash of an event: SHA-256 over the hash before it, n, seq, time, the length of kind, kind and body; numbers are eight
// bytes, big endian.
func chainHash(before []byte, n, seq int64, kind string, time int64, body string) []byte {
	h := sha256.New()
	h.Write(before)
	for _, number := range []int64{n, seq, time, int64(len(kind))} {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(number))
		h.Write(b[:])
	}
	h.Write([]byte(kind))
	h.Write([]byte(body))
	return h.Sum(nil)
}

// The columns of commands that an event's body has, in its order: of one that was received, and of one that ended.
var (
	requestColumns = strings.Fields("request_id request_key received actor_id actor_name actor_email team_id team_name channel_id channel_name entry remote command about")
	endColumns     = strings.Fields("action result state ruler revision outcome reply in_channel done")
)

// requestBody and endBody return the SQL of an event's body; row is "NEW." in a trigger.
func requestBody(row string) string { return jsonArray(row, requestColumns) }
func endBody(row string) string     { return jsonArray(row, endColumns) }

func jsonArray(row string, columns []string) string {
	return "json_array(" + row + strings.Join(columns, ", "+row) + ")"
}
