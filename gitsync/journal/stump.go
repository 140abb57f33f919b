package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

// chainStart is what the first event that is still here follows.
type chainStart struct {
	id              string
	n               int64  // the number of the event before it; 0 when nothing was pruned
	hash            []byte // of that event
	before, entries int64  // what was pruned: entries that came in before, in milliseconds, and how many
	key, signature  string // whose word that is
}

func readChain(ctx context.Context, db *sql.DB) (c chainStart, err error) {
	err = db.QueryRowContext(ctx, "SELECT id, n, hash, before, entries, key, signature FROM chain").
		Scan(&c.id, &c.n, &c.hash, &c.before, &c.entries, &c.key, &c.signature)
	return c, err
}

// Checker proves the signature of a stump. It returns an error when the text is not what the key's owner signed, or the key is nobody's; a
// *rules.Error when that could not be found out.
type Checker func(text []byte, key, signature string) error

// flaw returns what is wrong with the start of the chain itself; the error is one of finding that out.
func (c chainStart) flaw(check Checker) (*Flaw, error) {
	switch {
	case len(c.hash) != hashSize:
		return &Flaw{Text: "the start of the chain is no hash"}, nil
	case c.n == 0 && (c.id != hex.EncodeToString(c.hash[:8]) || c.before != 0 || c.entries != 0 || c.key != "" || c.signature != ""):
		return &Flaw{Text: "the start of the chain was changed"}, nil
	case c.n == 0:
		return nil, nil //nolint:nilnil // nothing was pruned
	}
	err := check(c.stump(), c.key, c.signature)
	if err == nil {
		return nil, nil //nolint:nilnil // it is as it was signed
	}
	if _, unknown := errors.AsType[*rules.Error](err); unknown {
		return nil, err
	}
	return &Flaw{Event: c.n, Text: "the stump that pruning left is not signed by this service: " + err.Error()}, nil
}

// stump returns the text that is signed when the events up to one are pruned.
func (c chainStart) stump() []byte {
	return fmt.Appendf(nil, "alertsmith journal %s: the events up to %d with the hash %x were pruned: %d entries from before %d\n", c.id, c.n, c.hash, c.entries, c.before)
}
