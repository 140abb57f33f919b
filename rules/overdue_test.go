package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// expiring is a rule file whose rule is to be deleted at a time.
func expiring(expression string, names ...string) []byte {
	return []byte(strings.Replace(string(fileOf(expression, names...)), "      - alert", "      # expires: 2020-01-01\n      - alert", 1))
}

// awaitOverdue waits until the status tells why a command is not done.
func (b *bench) awaitOverdue(t *testing.T, command, why string) {
	t.Helper()
	await(t, func() bool {
		for _, o := range b.Status(t.Context()).Overdue {
			if o.Command == command && strings.Contains(o.Why, why) && !o.At.IsZero() {
				return true
			}
		}
		return false
	})
}

// What is due in a file that is held waits: a note that somebody pushed with what would not be taken is not carried out, and holds go on.
func TestWhatIsDueInAHeldFileWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "expires, and bad", map[string][]byte{
		"prometheus/ops/old.yaml": expiring("up == 1", "old", "stays"), "prometheus/ops/bad.yaml": fileOf("up ==", "bad"),
	})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held == nil {
		t.Fatalf("not held: %+v", p)
	}
	b.awaitOverdue(t, "delete old", "held")
	if names := b.names(t, "prometheus"); len(names) != 4 || b.Status(t.Context()).Held == nil {
		t.Errorf("there are %v, held %+v", names, b.Status(t.Context()).Held)
	}
	b.push(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up == 5", "bad")})
	b.Moved(t.Context())
	await(t, func() bool {
		book, err := b.Book(t.Context())
		_, old := book.Find("old")
		return err == nil && old != nil && len(b.Status(t.Context()).Overdue) == 0
	})
}

// A resumption whose time has come and that cannot be done is told of, until it can.
func TestAResumptionThatCannotBeDoneIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	until := time.Now().Add(24 * time.Hour)
	if out := b.Apply(t.Context(), request("p"), rules.Pause{Address: "old", Until: until, By: rules.Person{Name: "alice"}, Request: "p"}); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.push(t, "another in its place", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 7", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	b.ahead.Store(int64(48 * time.Hour)) // the pause is over, and not before another stands there
	b.awaitOverdue(t, "resume old", "old")
	b.push(t, "out of its place", map[string][]byte{"prometheus/ops/old.yaml": nil})
	b.Moved(t.Context())
	await(t, func() bool {
		book, err := b.Book(t.Context())
		e, missing := book.Find("old")
		return err == nil && missing == nil && e.Rule.Expr == "up == 0" && len(b.Status(t.Context()).Overdue) == 0
	})

	// What was done and taken back is not done again by itself, and that is told.
	commits := b.store.Commits()
	resumed := commits[len(commits)-1]
	if !strings.HasPrefix(resumed.Subject, "resume old") {
		t.Fatalf("the last commit is %q", resumed.Subject)
	}
	head, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var before *rules.Book
	if err := b.store.Log(t.Context(), "", head.Revision(), func(c rules.PastCommit) error {
		before, err = b.BookAt(t.Context(), c.Parent)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if out := b.Apply(t.Context(), request("u"), rules.Undo{Before: before, After: head}); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.awaitOverdue(t, "resume old", "taken back since")
}
