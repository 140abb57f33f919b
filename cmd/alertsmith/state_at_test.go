package main

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
	line := lineOf(t, i, x)
	came := cameBy(line)
	byDate := func(a, b put) int { return cmp.Compare(a.when, b.when) }
	first, newest := slices.MinFunc(line, byDate).when, slices.MaxFunc(line, byDate).when
	r := rand.New(rand.NewPCG(7, 8)) // the same times each time
	for n := range 120 {
		at := first - 10 + r.Int64N(newest-first+20)
		if n%2 == 0 { // most dates are within two hours of these days
			at = line[r.IntN(len(line))].when + r.Int64N(3) - 1
		}
		want := ""
		if n := slices.IndexFunc(came, func(when int64) bool { return when <= at }); n >= 0 {
			want = line[n].hash
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
		if diff := gocmp.Diff(theirs, ours); diff != "" {
			t.Errorf("at %d, commit %s (-git +ours):\n%s", at, want, diff)
		}
	}
}

// put is a commit that the branch was at.
type put struct {
	hash string
	when int64 // its date
	ours bool
}

// lineOf returns what the branch was at, one after the other, the newest first, as Git has it: of each commit the parent that it was put on, which is the one of
// ours where a merge that somebody made in a clone has it behind their own.
func lineOf(t *testing.T, i imported, x *historyIndex) (line []put) {
	t.Helper()
	said := map[string][]string{} // hash → its date and its parents
	for l := range strings.Lines(i.git(t, "", "log", "--format=%H %ct %P", "main")) {
		words := strings.Fields(l)
		said[words[0]] = words[1:]
	}
	ours := func(hash string) bool {
		commit, err := x.Commit(t.Context(), hash)
		if err != nil {
			t.Fatal(err)
		}
		return !commit.External()
	}
	for at := i.commits[len(i.commits)-1]; at != ""; {
		when, err := strconv.ParseInt(said[at][0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		line = append(line, put{at, when, ours(at)})
		parents := append(slices.Clip(said[at][1:]), "") // the first commit has none
		at = parents[max(0, slices.IndexFunc(parents[:len(parents)-1], ours))]
	}
	return line
}

// cameBy returns when the branch got the commits of a line, the newest first, with what can be told of each by those that came after it, and by those
// before it.
func cameBy(line []put) []int64 {
	var came, times []int64
	var ours []int
	for n, c := range line {
		came, times = append(came, c.when), append(times, c.when)
		if c.ours {
			ours = append(ours, n)
		}
	}
	sure := int64(math.MaxInt64)
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
