package journal

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// Anchor is what a commit of the rulebook says of the journal: the newest event there was before it, and its hash.
type Anchor struct {
	Revision string // of the commit
	Request  string // that it says to be made for
	Signed   bool   // by a key of this service: it is proof whether the journal knows the commit or not
	Journal  string // the journal's id
	Event    int64
	Hash     string // hexadecimal
}

// AnchorKey is the key of the trailer that a commit carries an anchor in: `Journal: EVENT HASH ID`.
const AnchorKey = "Journal"

// AnchorOf reads the trailers of a commit; false when none is an anchor. It keeps nothing else of them: there may be as many anchors as commits.
func AnchorOf(revision string, trailers []rules.Trailer) (Anchor, bool) {
	fields := strings.Fields(rules.TrailerOf(trailers, AnchorKey))
	if len(fields) != 3 {
		return Anchor{}, false
	}
	event, err := strconv.ParseInt(fields[0], 10, 64)
	return Anchor{
		Revision: revision, Request: strings.Clone(rules.TrailerOf(trailers, "Request-Id")),
		Journal: strings.Clone(fields[2]), Event: event, Hash: strings.Clone(fields[1]),
	}, err == nil
}

// Anchor returns the value of the trailer for a commit that is made now.
func (s *Search) Anchor(ctx context.Context) (string, error) {
	var (
		id   string
		n    int64
		hash []byte
	)
	const last = "(SELECT n, hash FROM events ORDER BY n DESC LIMIT 1)"
	err := s.journal.QueryRowContext(ctx, "SELECT id, coalesce(last.n, chain.n), coalesce(last.hash, chain.hash) FROM chain LEFT JOIN "+last+" AS last").
		Scan(&id, &n, &hash)
	if err != nil {
		return "", unavailable(err, "%s", cannotRead)
	}
	return fmt.Sprintf("%d %x %s", n, hash, id), nil
}

// Flaw is the first thing in the journal that is not as it was written.
type Flaw struct {
	Event int64  // the number of the event; 0 where it is none
	Seq   int64  // of the entry; 0 where it is not known
	Text  string // for a person: what is wrong
	// Derived says that it is in what is made anew from Git or from the entries, or in what sinks are still to be told: all events and entries were found
	// sound before.
	Derived bool
}

// Verified is what a look at the whole journal has found to be sound.
type Verified struct {
	ID       string
	Events   int64 // that are chained
	Entries  int64
	Pruned   int64 // entries that a signed stump stands for
	Anchors  int   // commits whose anchor was found in the chain
	Stumped  int   // commits whose anchor lies in what was pruned
	Others   int   // commits that anchor other journals: of other replicas, or of a journal that was here before
	HeadHash string
	// Indexed is whether there was an index that could tell of newest entries which were removed before any commit knew them.
	Indexed bool
	// Claims is how many commits contradict the journal without being proof, as it does not know that it made them, and Claim what the first of them says.
	// Whoever may push can make such a commit; or the newest entries were removed, and with them what was known of it.
	Claims int
	Claim  string
	// Stump is the text that was signed when the journal was pruned last, and Signature its signature; both are empty when it never was.
	Stump, Signature string
}

// Verify looks at the whole journal: that each event follows from the one before, that the entries are what the events say, that the history's index and
// the queues of sinks are as they were written, that the database is whole, and that the commits' anchors are in the chain. It returns the first flaw, or nil. The error is one of reading that says nothing
// about the journal.
//
// An anchor that is not in the chain is proof where its commit is signed, or the journal says that it was made here; else it is a claim.
func (s *Search) Verify(ctx context.Context, anchors []Anchor, check Checker) (v Verified, flaw *Flaw, err error) {
	start, err := readChain(ctx, s.journal)
	if err != nil {
		return v, unreadableAt(0, err), ctx.Err()
	}
	v.ID, v.Pruned = start.id, start.entries
	if flaw, err := walFlaw(s.path); flaw != nil || err != nil {
		return v, flaw, err
	}
	if flaw, err := start.flaw(check); flaw != nil || err != nil {
		return v, flaw, err
	}
	if start.n > 0 {
		v.Stump, v.Signature = string(start.stump()), start.signature
	}
	byEvent := map[int64][]Anchor{}
	for _, a := range anchors {
		switch {
		case a.Journal != start.id:
			v.Others++
		case a.Event < start.n:
			v.Stumped++
		default:
			byEvent[a.Event] = append(byEvent[a.Event], a)
		}
	}
	if flaw := s.walk(ctx, start, byEvent, &v); flaw != nil {
		return v, flaw, ctx.Err()
	}
	for _, n := range slices.Sorted(maps.Keys(byEvent)) {
		for _, a := range byEvent[n] {
			if flaw, err := s.contradicted(ctx, a, 0, "and the journal ends before it: its newest entries were removed", &v); flaw != nil || err != nil {
				return v, flaw, err
			}
		}
	}
	for _, look := range []func(context.Context) (*Flaw, error){s.indexed, s.derived, s.summedUp, s.whole} {
		flaw, err := look(ctx)
		if err != nil {
			return v, unreadableAt(0, err), ctx.Err()
		}
		if flaw != nil {
			return v, flaw, nil
		}
	}
	v.Indexed = s.index != nil
	if v.Entries, err = s.number(ctx, "SELECT count(*) FROM commands"); err != nil {
		return v, unreadableAt(0, err), ctx.Err()
	}
	return v, nil, nil
}

// walk follows the chain from its start, and takes the anchors that it meets out of the map.
func (s *Search) walk(ctx context.Context, start chainStart, anchors map[int64][]Anchor, v *Verified) *Flaw {
	at, hash := start.n, start.hash
	if flaw := s.met(ctx, anchors, at, 0, hash, v); flaw != nil {
		return flaw
	}
	rows, err := s.journal.QueryContext(ctx, "SELECT n, seq, kind, time, body, hash FROM events NOT INDEXED ORDER BY n")
	if err != nil {
		return unreadableAt(at, err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			n, seq, time int64
			kind, body   string
			stored       []byte
		)
		if err := rows.Scan(&n, &seq, &kind, &time, &body, &stored); err != nil {
			return unreadableAt(at, err)
		}
		if n != at+1 {
			return &Flaw{Event: at + 1, Text: fmt.Sprintf("the events from %d to %d are missing: what they recorded was removed", at+1, n-1)}
		}
		if hash = chainHash(hash, n, seq, kind, time, body); !bytes.Equal(hash, stored) {
			return &Flaw{Event: n, Seq: seq, Text: fmt.Sprintf("the event %d (%s, entry %d) does not follow from the one before: it was changed or inserted, or what stood before it was removed", n, kind, seq)}
		}
		at = n
		v.Events++
		if flaw := s.met(ctx, anchors, n, seq, hash, v); flaw != nil {
			return flaw
		}
	}
	if err := rows.Err(); err != nil {
		return unreadableAt(at, err)
	}
	v.HeadHash = hex.EncodeToString(hash)
	return nil
}

// met compares the anchors at an event with its hash.
func (s *Search) met(ctx context.Context, anchors map[int64][]Anchor, n, seq int64, hash []byte, v *Verified) *Flaw {
	for _, a := range anchors[n] {
		if a.Hash == hex.EncodeToString(hash) {
			v.Anchors++
			continue
		}
		flaw, err := s.contradicted(ctx, a, seq, "with another hash: the journal up to it was written anew", v)
		if err != nil {
			flaw = unreadableAt(n, err)
		}
		if flaw != nil {
			return flaw
		}
	}
	delete(anchors, n)
	return nil
}

// contradicted returns the flaw that an anchor proves which is not in the chain; where it proves none, it is counted among the claims.
func (s *Search) contradicted(ctx context.Context, a Anchor, seq int64, how string, v *Verified) (*Flaw, error) {
	said := fmt.Sprintf("knows the event %d, %s", a.Event, how)
	proof := a.Signed
	if !proof {
		n, err := s.number(ctx, "SELECT count(*) FROM commands WHERE request_id = ?1 AND entry <> 'git' AND ?2 IN (revision, outcome ->> 'undone')", a.Request, a.Revision)
		if err != nil {
			return nil, err
		}
		proof = n > 0
	}
	if proof {
		return &Flaw{Event: a.Event, Seq: seq, Text: "the commit " + a.Revision + " " + said}, nil
	}
	if v.Claims++; v.Claims == 1 {
		v.Claim = "the commit " + a.Revision + " claims that it " + said
	}
	return nil, nil //nolint:nilnil // it proves none
}

func unreadableAt(n int64, err error) *Flaw {
	return &Flaw{Event: n + 1, Text: fmt.Sprintf("the journal cannot be read behind the event %d: %v", n, err)}
}

// indexed compares the newest event with what the index has seen, which is told of every event in seconds.
func (s *Search) indexed(ctx context.Context) (*Flaw, error) {
	if s.index == nil {
		return nil, nil //nolint:nilnil // there is no index that could tell
	}
	state, err := s.index.state(ctx)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // it is made anew, and says nothing about the journal
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	if state.lose(head); state.lostTo == 0 {
		return nil, nil //nolint:nilnil // none was lost
	}
	return &Flaw{Event: state.lostFrom, Text: fmt.Sprintf("the events from %[1]d to %[2]d, which the index of the journal knew, are missing, or were for a time: the newest entries were removed. "+
		"The index %[3]s is the evidence: keep a copy of the storage path. Only when you know why, as of a journal that was put back from a backup, stop the service and remove the index: "+
		"it is made anew, and nothing else may tell any more that they were there", state.lostFrom, state.lostTo, filepath.Base(s.index.path))}, nil
}

// derived compares the entries with what the events say of them.
func (s *Search) derived(ctx context.Context) (*Flaw, error) {
	for _, look := range []struct{ query, text string }{
		{`SELECT e.n, e.seq FROM events e LEFT JOIN commands c ON c.seq = e.seq
			WHERE e.kind = 'received' AND (c.seq IS NULL OR e.body IS NOT ` + requestBody("c.") + `) ORDER BY e.n LIMIT 1`, "was changed or removed after it was received"},
		{`SELECT e.n, e.seq FROM events e LEFT JOIN commands c ON c.seq = e.seq
			WHERE e.kind <> 'received' AND NOT EXISTS (SELECT 1 FROM events l WHERE l.seq = e.seq AND l.n > e.n)
			AND (c.seq IS NULL OR e.body IS NOT ` + endBody("c.") + `) ORDER BY e.n LIMIT 1`, "was changed or removed after it ended"},
		// That an event is there says its index alone, which whole proves.
		{`SELECT 0, c.seq FROM commands c WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = c.seq) ORDER BY c.seq LIMIT 1`,
			"was inserted past the journal: no event tells of it"},
		{`SELECT 0, c.seq FROM commands c WHERE (SELECT count(*) FROM events e WHERE e.seq = c.seq) < 2
			AND (` + strings.Join(endColumns, ", ") + `) IS NOT ('', '', '', '', '', '{}', '', 0, NULL) ORDER BY c.seq LIMIT 1`,
			"was ended past the journal: no event tells of that"},
	} {
		var f Flaw
		err := s.journal.QueryRowContext(ctx, look.query).Scan(&f.Event, &f.Seq)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		f.Text = fmt.Sprintf("the entry %d %s", f.Seq, look.text)
		return &f, err
	}
	return nil, nil //nolint:nilnil // there is none
}
