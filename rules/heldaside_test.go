package rules_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// A push that is held takes no pause away and changes none, also after a restart: who asks for such a rule reads that it is held, and what is due waits until the
// push is mended. Putting the pause back as it was takes it in force.
func TestWhatIsPausedStaysSoWhileAPushIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.adopt(t)
	for _, name := range []string{"dropped", "changed", "due"} {
		if out := b.Apply(t.Context(), request(name), nodeDown(name)); out.State != rules.Live {
			t.Fatal(out.Err)
		}
	}
	soon := time.Now().Add(time.Hour)
	for name, p := range map[string]rules.Pause{"dropped": pause("dropped", "p1"), "changed": pause("changed", "p2"), "due": {Address: "due", Until: soon, By: rules.Person{Name: "alice"}, Request: "p3"}} {
		if out := b.Apply(t.Context(), request(p.Request), p); out.Err != nil {
			t.Fatal(name, out.Err)
		}
	}
	good, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: 7")}
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := head.List("paused")
	if err != nil {
		t.Fatal(err)
	}
	for path := range listed {
		content, err := head.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if files[path] = nil; strings.Contains(path, "/changed-") {
			files[path] = []byte(strings.ReplaceAll(string(content), "up == 0", "vector(7)"))
		}
	}
	dropped, err := good.FindPaused("dropped")
	if err != nil || len(files) != 4 {
		t.Fatal(err, files)
	}
	b.push(t, "bad, and takes pauses away", files)
	b.Moved(t.Context())
	b.waitPush(t)
	b.ahead.Store(int64(2 * time.Hour)) // now one of them is due
	for _, when := range []string{"at once", "after a restart"} {
		book, err := b.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"dropped", "changed", "due"} {
			if p, err := book.FindPaused(name); err != nil || strings.Contains(p.Source, "vector(7)") {
				t.Errorf("%s: %s is not paused as it was: %v, %s", when, name, err, p.Source)
			}
			out := b.Apply(t.Context(), request("resume "+name+when), rules.Resume{Address: name})
			if out.Err == nil || !strings.Contains(out.Err.Error(), "is held, because of what carol pushed") {
				t.Errorf("%s: %s is resumed: %s, %v", when, name, out.Result, out.Err)
			}
		}
		await(t, func() bool {
			overdue := b.Status(t.Context()).Overdue
			return len(overdue) == 1 && overdue[0].Command == "resume due"
		})
		stop()
		b.start()
		stop = b.session(t)
		await(t, func() bool { return b.Status(t.Context()).Reconciled })
	}
	where, _ := good.FindOrPaused("dropped")
	out := b.Apply(t.Context(), request("back"), rules.Restore{From: good, Ref: where.Ref, Now: where.Ref})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if out := b.Apply(t.Context(), request("resumed"), rules.Resume{Address: dropped.Address()}); out.State != rules.Live {
		t.Errorf("what was put back is not resumed: %+v", out)
	}
	b.push(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": nil})
	b.Moved(t.Context())
	await(t, func() bool { return b.Status(t.Context()).Held == nil })
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := book.FindPaused("changed"); err != nil || !strings.Contains(p.Source, "vector(7)") {
		t.Errorf("what was pushed is not in force once it is mended: %v, %s", err, p.Source)
	}
	if len(book.Paused()) != 1 {
		t.Errorf("paused are %v", book.Paused())
	}
	await(t, func() bool { return len(b.Status(t.Context()).Overdue) == 0 })
}

// TestABrokenFileOfAPausedRuleIsHeld has somebody break the file of a paused rule and nothing else: the rule stays paused, and comes back when that is taken back.
func TestABrokenFileOfAPausedRuleIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	if out := b.Apply(t.Context(), request("down"), nodeDown("down")); out.State != rules.Live {
		t.Fatal(out.Err)
	}
	paused := b.Apply(t.Context(), request("p1"), pause("down", "p1"))
	if paused.Err != nil {
		t.Fatal(paused.Err)
	}
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := head.List("paused")
	if err != nil || len(listed) != 1 {
		t.Fatal(err, listed)
	}
	path := slices.Collect(maps.Keys(listed))[0]
	sound, err := head.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	b.push(t, "elsewhere", map[string][]byte{path: regexp.MustCompile("file: .*").ReplaceAll(sound, []byte("file: ../../evil.yaml"))})
	b.Moved(t.Context())
	held := b.waitPush(t).Held
	if held == nil || len(held.Problems) != 1 || held.Problems[0].Path != path {
		t.Fatalf("held: %+v", held)
	}
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.FindPaused("down"); err != nil {
		t.Error(err)
	}
	b.push(t, "mended", map[string][]byte{path: sound})
	b.Moved(t.Context())
	b.waitPush(t)
	if out := b.Apply(t.Context(), request("resumed"), rules.Resume{Address: "down"}); out.State != rules.Live {
		t.Errorf("not resumed: %+v", out)
	}
}
