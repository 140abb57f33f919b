package rules_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestDisplacedChangesAreToldInTheirOrder has many changes displaced at once: they are told oldest first, and the one whose command is still being worked on, which is told
// behind that, holds up no other.
func TestDisplacedChangesAreToldInTheirOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.withOld(t)
	stop()
	const answered = "r0" // its command, when all others were told
	var want []string
	for i := range 20 {
		id := fmt.Sprintf("r%d", i)
		b.store.Commit(rules.Commit{Subject: "not kept", Body: "edit old for=5m", Trailers: []rules.Trailer{
			{Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: rules.ConflictAction}, {Key: "Displaces", Value: id}, {Key: "Displaced-Action", Value: "edit"}, {Key: "Request-Id", Value: id},
		}})
		if id != answered {
			want = append(want, id)
		}
	}
	ended := make(chan struct{})
	b.answering = func(request string) bool { return request == answered }
	b.settling = func(request string) {
		if request == answered {
			<-ended
		}
	}
	b.start()
	b.session(t)
	var told []string
	for range want {
		told = append(told, b.waitSettled(t).Request.ID)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	close(ended)
	if told = append(told, b.waitSettled(t).Request.ID); !slices.Contains(told, answered) {
		t.Errorf("told: %q", told)
	}
}
