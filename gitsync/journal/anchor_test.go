package journal

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// TestAnchorsProve holds which anchors prove that a journal is not as it was written, and which only claim it, over a journal that is sound, one whose
// third event was changed and all hashes behind it made anew, and one whose newest entries were removed.
func TestAnchorsProve(t *testing.T) {
	t.Parallel()
	const n = 60
	for name, tamper := range map[string]func(t *testing.T, tx *sql.Tx){
		"sound": func(*testing.T, *sql.Tx) {},
		"written anew": func(t *testing.T, tx *sql.Tx) {
			t.Helper()
			exec(t, tx, "UPDATE events SET body = replace(body, 'person', 'nobody') WHERE n = 3")
			exec(t, tx, "UPDATE commands SET actor_name = replace(actor_name, 'person', 'nobody') WHERE seq = (SELECT seq FROM events WHERE n = 3)")
			rehash(t, tx)
		},
		"cut": func(t *testing.T, tx *sql.Tx) {
			t.Helper()
			exec(t, tx, "DELETE FROM events WHERE n > (SELECT max(n) FROM events WHERE n <= 40 AND kind = 'finished')")
			exec(t, tx, "DELETE FROM commands WHERE seq NOT IN (SELECT seq FROM events)")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := closedJournal(t, n)
			id := columnOf[string](t, path, "SELECT id FROM chain")[0]
			anchors := func(where string) (found []Anchor) {
				t.Helper()
				for _, text := range columnOf[string](t, path, `SELECT c.request_id || ' ' || c.revision || ' ' || e.n || ' ' || hex(e.hash)
					FROM commands c JOIN events e ON e.seq = c.seq AND e.kind = 'received' WHERE c.revision <> '' AND `+where+" ORDER BY e.n") {
					a := Anchor{Journal: id}
					if _, err := fmt.Sscan(text, &a.Request, &a.Revision, &a.Event, &a.Hash); err != nil {
						t.Fatal(err)
					}
					a.Hash = strings.ToLower(a.Hash)
					found = append(found, a)
				}
				return found
			}
			early, late := anchors("e.n BETWEEN 4 AND 30"), anchors("e.n > 45")
			if len(early) < 2 || len(late) < 2 {
				t.Fatal(early, late)
			}
			refused := columnOf[string](t, path, "SELECT request_id FROM commands WHERE revision = '' LIMIT 1")[0]
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			on := triggersOn(t, path)
			for _, statement := range triggersOff {
				exec(t, tx, statement)
			}
			tamper(t, tx)
			for _, statement := range on {
				exec(t, tx, statement)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}

			with := func(a Anchor, change func(*Anchor)) Anchor { change(&a); return a }
			other := strings.Repeat("0", 2*hashSize)
			for _, tc := range []struct {
				what    string
				anchors []Anchor
				flaw    map[string]string // what is wrong, by what was done; "" where nothing is told
				claims  map[string]int
			}{
				{"what was committed early", early, map[string]string{"written anew": "with another hash: the journal up to it was written anew"}, nil},
				// Of a commit whose entry was removed nobody knows any more that it was made here, but for its signature.
				{"what was committed late", late, map[string]string{"written anew": "written anew"}, map[string]int{"cut": len(late)}},
				{"what was signed", []Anchor{with(late[0], func(a *Anchor) { a.Signed = true })}, map[string]string{"written anew": "written anew", "cut": "its newest entries were removed"}, nil},
				{"a request that is none", []Anchor{{Revision: "abc", Request: "forged", Journal: id, Event: 3, Hash: other}}, nil, map[string]int{"sound": 1, "written anew": 1, "cut": 1}},
				{"a request of another commit", []Anchor{with(early[0], func(a *Anchor) { a.Revision, a.Hash = "abc", other })}, nil, map[string]int{"sound": 1, "written anew": 1, "cut": 1}},
				{"a request that was refused", []Anchor{{Revision: "abc", Request: refused, Journal: id, Event: 9999, Hash: other}}, nil, map[string]int{"sound": 1, "written anew": 1, "cut": 1}},
			} {
				v, flaw := verifyAt(t, path, tc.anchors...)
				text := ""
				if flaw != nil {
					text = flaw.Text
				}
				if want := tc.flaw[name]; !strings.Contains(text, want) || (want == "") != (text == "") || v.Claims != tc.claims[name] || (v.Claims > 0) != strings.Contains(v.Claim, "claims that it knows the event") {
					t.Errorf("%s: %q, want %q; %d claims, want %d; %q", tc.what, text, want, v.Claims, tc.claims[name], v.Claim)
				}
			}
		})
	}
}

func exec(t *testing.T, tx *sql.Tx, statement string, args ...any) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(statement, err)
	}
}

// rehash makes the whole chain anew, as somebody does who knows how it is made.
func rehash(t *testing.T, tx *sql.Tx) {
	t.Helper()
	var hash []byte
	if err := tx.QueryRowContext(t.Context(), "SELECT hash FROM chain").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	type event struct {
		n, seq, time int64
		kind, body   string
	}
	var events []event
	rows, err := tx.QueryContext(t.Context(), "SELECT n, seq, time, kind, body FROM events ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e event
		if err := rows.Scan(&e.n, &e.seq, &e.time, &e.kind, &e.body); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		hash = chainHash(hash, e.n, e.seq, e.kind, e.time, e.body)
		exec(t, tx, "UPDATE events SET hash = ? WHERE n = ?", hash, e.n)
	}
}
