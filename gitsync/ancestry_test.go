package gitsync

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
)

// lineOf makes a repository whose branch is one line of commits, a second apart, and returns their hashes, the newest first. Of each tenth the
// clock was a minute behind.
func lineOf(t *testing.T, commits int) (dir string, line []plumbing.Hash) {
	t.Helper()
	var stream bytes.Buffer
	for i := range commits {
		seconds := 1_700_000_000 + i
		if i%10 == 9 {
			seconds -= 60
		}
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\nM 100644 inline log\ndata <<E\n%d\nE\n", seconds, i)
	}
	dir = importHistory(t, stream.Bytes())
	for _, hash := range gitLog(t, dir, "rev-list", "--topo-order", "main") {
		line = append(line, plumbing.NewHash(hash))
	}
	return dir, line
}

// TestBeyondReadsWhatIsBetween: each change with a Git server walks between where the rulebook and where the server stands, and the history before
// that is long.
func TestBeyondReadsWhatIsBetween(t *testing.T) {
	t.Parallel()
	dir, line := lineOf(t, 3000)
	r := openBook(t, Options{Dir: dir})
	tests := []struct {
		name  string
		tip   int // in the line, as are bases
		bases []int
		want  int // commits beyond
		reads int // at most
	}{
		{"the same", 0, []int{0}, 0, 1},
		{"one ahead", 0, []int{1}, 1, 2 + 70}, // the clock that is behind has a few more read
		{"ten ahead", 0, []int{10}, 10, 11 + 70},
		{"ten ahead of two that are one", 0, []int{10, 10}, 10, 11 + 70},
		{"contained", 1, []int{0}, 0, 2 + 70},
		{"contained ten behind", 10, []int{0}, 0, 11 + 70},
		{"everything", 0, nil, 3000, 3000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var bases []plumbing.Hash
			for _, base := range test.bases {
				bases = append(bases, line[base])
			}
			given := slices.Clone(bases)
			got, err := r.objects.beyond(t.Context(), line[test.tip], bases...)
			if err != nil {
				t.Fatal(err)
			}
			var hashes []plumbing.Hash
			for _, n := range slices.Backward(got.commits) {
				hashes = append(hashes, n.hash)
			}
			if diff := cmp.Diff(append([]plumbing.Hash(nil), line[test.tip:test.tip+test.want]...), hashes); diff != "" {
				t.Errorf("commits (-want +got):\n%s", diff)
			}
			if reads := len(got.walk.nodes); reads > test.reads {
				t.Errorf("%d commits were read, want at most %d", reads, test.reads)
			}
			if diff := cmp.Diff(given, bases); diff != "" {
				t.Errorf("what was given was changed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLeadsWithAClockThatWasAhead: a clock that was ahead when a history began must not make its first commits look like those of another one.
func TestLeadsWithAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	var stream bytes.Buffer
	for i := range maxLookBehind + 100 {
		seconds := 1_700_000_000 + i
		if i < 10 {
			seconds += 100_000_000
		}
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\n", seconds)
	}
	dir := importHistory(t, stream.Bytes())
	line := gitLog(t, dir, "rev-list", "--topo-order", "--reverse", "main")
	r := openBook(t, Options{Dir: dir})
	if leads, err := r.objects.leads(t.Context(), plumbing.NewHash(line[9]), plumbing.NewHash(line[len(line)-1])); err != nil || !leads {
		t.Errorf("the tenth commit leads to the last one: %t, %v", leads, err)
	}
}
