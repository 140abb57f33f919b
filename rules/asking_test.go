package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// slowRuler lists one rule of every group that it is asked about, when it is let.
type slowRuler struct {
	Ruler
	mu        sync.Mutex
	questions [][]string
	asked     chan struct{} // gets one for every question
	let       chan error    // gives what a question is answered
}

func (r *slowRuler) Running(_ context.Context, groups ...string) ([]RunningRule, error) {
	r.mu.Lock()
	r.questions = append(r.questions, slices.Clone(groups))
	r.mu.Unlock()
	r.asked <- struct{}{}
	err := <-r.let
	var running []RunningRule
	for _, g := range groups {
		running = append(running, RunningRule{Group: g})
	}
	return running, err
}

func TestWhoAsksWhileTheRulerAnswersIsAnsweredByTheNextQuestion(t *testing.T) {
	t.Parallel()
	ruler := &slowRuler{asked: make(chan struct{}, 10), let: make(chan error)}
	d := &desk{Ruler: ruler, name: "slow"}
	var wg sync.WaitGroup
	ask := func(group string, want error) {
		wg.Go(func() {
			running, err := d.runningTogether(t.Context(), []string{group})
			if !errors.Is(err, want) || len(running) != 1 || running[0].Group != group {
				t.Errorf("%s: %+v, %v", group, running, err)
			}
		})
	}
	ask("first", nil)
	<-ruler.asked
	const more = 20
	for i := range more {
		ask(fmt.Sprint("g", i), context.Canceled)
	}
	allHaveCome := func() bool {
		d.asking.mu.Lock()
		defer d.asking.mu.Unlock()
		return d.asking.next != nil && len(d.asking.next.groups) == more
	}
	for !allHaveCome() {
		time.Sleep(time.Millisecond)
	}
	hasty, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.runningTogether(hasty, []string{"hasty"}); KindOf(err) != Unreachable {
		t.Errorf("who does not wait: %v, want it to be told that the ruler did not answer", err)
	}
	ruler.let <- nil
	<-ruler.asked
	ruler.let <- context.Canceled // a failure is told to all who asked
	wg.Wait()
	if len(ruler.questions) != 2 || len(ruler.questions[1]) != more+1 {
		t.Errorf("the ruler was asked %q, want one question for all who waited", ruler.questions)
	}
}

func TestQuestionsThatAreAskedTogetherStayShort(t *testing.T) {
	t.Parallel()
	groups := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprint("g", i))
		}
		return names
	}
	var a asking
	first, begun := a.join(groups(maxAskedTogether - 1))
	if same, again := a.join([]string{"one"}); !begun || again || same != first {
		t.Error("a question is not as long as it may be")
	}
	long, begun := a.join(groups(2 * maxAskedTogether))
	if next, again := a.join([]string{"more"}); !begun || !again || next == long {
		t.Error("a long question is joined")
	}
	next := a.next
	if a.close(first); a.next != next {
		t.Error("the question that is not asked yet was closed")
	}
}
