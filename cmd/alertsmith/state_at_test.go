package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestStateAtIsGits holds the rulebook as of random times to the tree that Git has of the last commit of the branch that it had by then.
func TestStateAtIsGits(t *testing.T) {
	t.Parallel()
	i := importRandom(t, 11, 120)
	x := i.index(t, openJournal(t), indexedRulers...)
	if _, err := x.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go x.Run(ctx)
	dated := strings.Fields(i.git(t, "", "log", "--first-parent", "--format=%H %ct", "main")) // the newest first
	var times []int64
	for n := 1; n < len(dated); n += 2 {
		when, err := strconv.ParseInt(dated[n], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, when)
	}
	came := cameBy(t, x, dated, times)
	first, newest := slices.Min(times), slices.Max(times)
	r := rand.New(rand.NewPCG(7, 8)) // the same times each time
	for range 60 {
		at := first - 10 + r.Int64N(newest-first+20)
		want := ""
		if n := slices.IndexFunc(came, func(when int64) bool { return when <= at }); n >= 0 {
			want = dated[2*n]
		}
		state, err := x.StateAt(t.Context(), time.Unix(at, 0))
		got := state.Revision
		if err != nil || got != want {
			t.Fatalf("StateAt(%d) = %q, %v; want %q", at, got, err, want)
		}
		if want == "" {
			continue
		}
		tree, err := i.book.At(t.Context(), got)
		if err != nil {
			t.Fatal(err)
		}
		book, err := rules.NewBook(indexedRulers).At(tree)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := map[string]string{}, map[string]string{}
		for _, ruler := range indexedRulers {
			for _, f := range book.RuleFiles(ruler.Name) {
				ours[ruler.Dir+"/"+f.Path] = f.ID
			}
		}
		for line := range strings.Lines(i.git(t, "", "ls-tree", "-r", want, "prometheus/", "loki/")) {
			if fields := strings.Fields(line); fields[0] == "100644" && (strings.HasSuffix(fields[3], ".yaml") || strings.HasSuffix(fields[3], ".yml")) {
				theirs[fields[3]] = fields[2]
			}
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("at %d, commit %s (-git +ours):\n%s", at, want, diff)
		}
	}
}

// cameBy returns when the branch got the commits of a line, the newest first, with what can be told of each by those that came after it, and by those
// before it.
func cameBy(t *testing.T, x *historyIndex, dated []string, times []int64) []int64 {
	t.Helper()
	came := slices.Clone(times)
	sure := int64(math.MaxInt64)
	var ours []int
	for n := range came {
		commit, err := x.Commit(t.Context(), dated[2*n])
		if err != nil {
			t.Fatal(err)
		}
		if !commit.External() {
			ours = append(ours, n)
		}
	}
	trusted := agreeing(ours, times)
	for n := range came {
		if slices.Contains(trusted, n) {
			sure = came[n]
			continue
		}
		came[n] = min(came[n], sure)
		if next := slices.Sorted(slices.Values(came[max(0, n-3):n])); len(next) > 1 {
			came[n] = min(came[n], next[len(next)/2])
		}
	}
	for n := len(came) - 2; n >= 0; n-- {
		came[n] = max(came[n], came[n+1])
	}
	return came
}

// agreeing returns of some commits, the newest first, the most that there are with no date beyond that of one after it: of as many, those with later dates.
func agreeing(commits []int, times []int64) (most []int) {
	var ending [][]int // the most with each of them as the last
	better := func(a, b []int) bool {
		return len(a) > len(b) || len(a) == len(b) && len(a) > 0 && times[a[len(a)-1]] > times[b[len(b)-1]]
	}
	for _, n := range commits {
		var after []int
		for _, e := range ending {
			if times[e[len(e)-1]] >= times[n] && better(e, after) {
				after = e
			}
		}
		ending = append(ending, append(slices.Clone(after), n))
		if better(ending[len(ending)-1], most) {
			most = ending[len(ending)-1]
		}
	}
	return most
}
