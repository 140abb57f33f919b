package rules_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// What is due is done by the service itself: after a restart too, and once, also where two replicas see to it.
func TestDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	apply := func(id string, intent rules.Intent) {
		t.Helper()
		if out := b.Apply(t.Context(), request(id), intent); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	soon := time.Now().Add(time.Second)
	ends := nodeDown("ends")
	ends.Options.Expires = &soon
	apply("1", nodeDown("stays"))
	apply("2", ends)
	apply("3", nodeDown("paused"))
	apply("4", nodeDown("held"))
	apply("5", rules.Pause{Address: "paused", Until: soon, By: rules.Person{Name: "alice"}, Request: "5"})
	apply("6", rules.Pause{Address: "held", By: rules.Person{Name: "alice"}, Request: "6"})
	if names := b.names(t, "prometheus"); slices.Contains(names, "paused") {
		t.Fatalf("not paused: %v", names)
	}
	for range 2 {
		replica := &bench{store: b.store, prometheus: b.prometheus, loki: b.loki, settled: b.settled, pushes: b.pushes, irregular: b.irregular, steps: b.steps, panics: b.panics}
		replica.start()
		replica.run(t)
	}
	want := []string{"paused", "stays"}
	for end := time.Now().Add(patience); !slices.Equal(b.names(t, "prometheus"), want); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("there are %v, want %v", b.names(t, "prometheus"), want)
		}
	}
	actions := map[string]int{}
	for _, c := range b.store.Commits() {
		if c.Author.Name != "Alertsmith" {
			continue
		}
		for _, trailer := range c.Trailers {
			if trailer.Key == "Action" || trailer.Key == rules.TrailerResumes {
				actions[trailer.Key+" "+trailer.Value]++
			}
		}
	}
	if len(actions) != 3 || actions["Action resume"] != 1 || actions["Action expire"] != 1 || actions["Resumes 5"] != 1 {
		t.Errorf("the service did %v", actions)
	}
}

// A file that somebody changes at the moment when something in it is due is looked at again, which is no failure.
func TestWhatMovesAtThatMomentIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	outcomes := make(chan rules.Outcome, 10)
	var move sync.Once
	b.whenDue = func(ctx context.Context, own rules.OwnCommand, do func(context.Context, rules.Request) rules.Outcome) {
		move.Do(func() {
			b.push(t, "at that moment", map[string][]byte{"prometheus/ops/old.yaml": expiring("up == 1", "old", "stays")})
		})
		outcomes <- do(ctx, own.Request)
	}
	b.adopt(t)
	b.push(t, "expires", map[string][]byte{"prometheus/ops/old.yaml": expiring("up == 0", "old", "stays")})
	b.Moved(t.Context())
	again, done := <-outcomes, <-outcomes
	if done.Err != nil { // the second attempt need not wait for the end of the first
		again, done = done, again
	}
	if !errors.Is(again.Err, rules.ErrLookAgain) || again.Revision != "" || done.Err != nil {
		t.Errorf("the attempts ended in %+v and %+v", again, done)
	}
	if left := b.names(t, "prometheus"); !slices.Contains(left, "stays") || slices.Contains(left, "old") {
		t.Errorf("there are %v", left)
	}
}

// What is gone before it is looked at again is given once more, so that whoever wrote it down hears of its end.
func TestWhatIsGoneAtTheSecondLookHasAnEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	ends := make(chan error, 10)
	var first sync.Once
	b.whenDue = func(ctx context.Context, own rules.OwnCommand, do func(context.Context, rules.Request) rules.Outcome) {
		first.Do(func() { // who comes second waits for the first
			b.push(t, "at that moment", map[string][]byte{"prometheus/ops/old.yaml": expiring("up == 1", "old", "stays")})
			ends <- do(ctx, own.Request).Err
			b.push(t, "gone", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 1", "stays")})
			do = nil
		})
		if do != nil {
			ends <- do(ctx, own.Request).Err
		}
	}
	b.push(t, "expires", map[string][]byte{"prometheus/ops/old.yaml": expiring("up == 0", "old", "stays")})
	b.Moved(t.Context())
	if err := <-ends; !errors.Is(err, rules.ErrLookAgain) {
		t.Errorf("the first attempt ended in %v", err)
	}
	select {
	case err := <-ends:
		if rules.KindOf(err) != rules.NotFound || errors.Is(err, rules.ErrLookAgain) {
			t.Errorf("the second attempt ended in %v", err)
		}
	case <-time.After(patience):
		t.Error("it has no end")
	}
	if left := b.names(t, "prometheus"); !slices.Contains(left, "stays") {
		t.Errorf("there are %v", left)
	}
}
