package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

var indexedRulers = []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}, {Name: "loki", Dialect: expr.LogQL, Dir: "loki"}}

// imported is a rulebook with a random history that Git made, and every commit of it, the oldest first.
type imported struct {
	dir     string
	book    *gitsync.Rulebook
	commits []string
}

func (i imported) git(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = i.dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func importRandom(t *testing.T, seed uint64, commits int) imported {
	t.Helper()
	i := imported{dir: filepath.Join(t.TempDir(), "rulebook.git")}
	if out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", i.dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	var stream bytes.Buffer
	rulestest.RandomHistory(&stream, rand.New(rand.NewPCG(seed, 1)), commits)
	i.git(t, stream.String(), "fast-import", "--quiet")
	i.commits = strings.Fields(i.git(t, "", "rev-list", "--topo-order", "--reverse", "main"))
	book, err := gitsync.Open(t.Context(), gitsync.Options{Dir: i.dir, Committer: committer, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	i.book = book
	return i
}

// believed takes commits for what they say to be.
func believed(_ context.Context, commits []rules.PastCommit) ([]bool, error) {
	return slices.Repeat([]bool{true}, len(commits)), nil
}

func (i imported) index(t *testing.T, db *journal.DB, rulers ...rules.RulerInfo) *historyIndex {
	t.Helper()
	return newHistoryIndex(i.book, db, rulers, believed, slog.New(slog.DiscardHandler))
}

func openJournal(t *testing.T) *journal.DB {
	t.Helper()
	db, err := journal.Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// indexed returns what an index says after a round.
func indexed(t *testing.T, x *historyIndex) []rules.Version {
	t.Helper()
	if _, err := x.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := x.db.Versions(t.Context(), rules.HistoryQuery{Limit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestIndexGrownIsIndexMade lets an index follow a branch that goes on, back and aside, and makes another one of what there is at the end.
func TestIndexGrownIsIndexMade(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			i := importRandom(t, seed, 60)
			chance := rand.New(rand.NewPCG(seed, 2))
			grown := i.index(t, openJournal(t), indexedRulers...)
			at := 0
			for at < len(i.commits)-1 {
				at = min(max(at+chance.IntN(12)-3, 0), len(i.commits)-1)
				i.git(t, "", "update-ref", "refs/heads/main", i.commits[at])
				versions := indexed(t, grown)
				made := indexed(t, i.index(t, openJournal(t), indexedRulers...))
				if diff := cmp.Diff(made, versions); diff != "" {
					t.Fatalf("at %s (-made +grown):\n%s", i.commits[at], diff)
				}
			}
		})
	}
}

// TestIndexSaysWhatTheTreesSay compares the index with the rules of every commit and of its parents, read from their trees.
func TestIndexSaysWhatTheTreesSay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			i := importRandom(t, seed+100, 60)
			rulesAt := map[string]map[rules.Ref]string{"": {}}
			for _, c := range i.commits {
				tree, err := i.book.At(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				book, err := rules.NewBook(indexedRulers).At(tree)
				if err != nil {
					t.Fatal(err)
				}
				rulesAt[c] = map[rules.Ref]string{}
				for _, e := range book.Entries("") {
					rulesAt[c][e.Ref] = fmt.Sprint(e.Rule, e.Settings)
				}
			}
			want, got := map[string][]rules.Ref{}, map[string][]rules.Ref{}
			for _, c := range i.commits {
				parents := strings.Fields(i.git(t, "", "log", "-1", "--format=%P", c))
				if len(parents) == 0 {
					parents = []string{""}
				}
				all := map[rules.Ref]bool{}
				for _, state := range append(parents, c) {
					for ref := range rulesAt[state] {
						all[ref] = true
					}
				}
				for ref := range all {
					if !slices.ContainsFunc(parents, func(p string) bool { return rulesAt[p][ref] == rulesAt[c][ref] }) {
						want[c] = append(want[c], ref)
					}
				}
			}
			merges := 0
			for _, v := range indexed(t, i.index(t, openJournal(t), indexedRulers...)) {
				c := v.Commit
				if len(c.Parents) > 1 {
					merges++
				}
				touched := []rules.Ref{v.Ref}
				if v.Kind == rules.RuleMoved {
					touched = append(touched, v.From)
				}
				for _, ref := range touched {
					if !slices.Contains(got[c.Revision], ref) {
						got[c.Revision] = append(got[c.Revision], ref)
					}
				}
			}
			sorted := cmp.Transformer("sorted", func(refs []rules.Ref) map[rules.Ref]bool {
				set := map[rules.Ref]bool{}
				for _, ref := range refs {
					set[ref] = true
				}
				return set
			})
			if diff := cmp.Diff(want, got, sorted); diff != "" {
				t.Errorf("what each commit touched (-trees +index):\n%s", diff)
			}
			if merges == 0 {
				t.Error("no merge did anything to rules: the history is too dull")
			}
		})
	}
}

// TestIndexAnswersLikeAFilter compares the answers to random questions with what they select of all versions; of times that is what leads to the commit that
// the branch was at by then, as Git has it.
func TestIndexAnswersLikeAFilter(t *testing.T) {
	t.Parallel()
	i := importRandom(t, 7, 120)
	x := i.index(t, openJournal(t), indexedRulers...)
	all := indexed(t, x)
	chance := rand.New(rand.NewPCG(7, 3))
	one := func(of ...string) string { return of[chance.IntN(len(of))] }
	when := func() time.Time {
		if chance.IntN(2) == 0 {
			return time.Time{}
		}
		return all[chance.IntN(len(all))].Commit.When.Add(time.Duration(chance.IntN(3)-1) * time.Millisecond)
	}
	ledTo := func(at time.Time) map[string]bool {
		led := map[string]bool{}
		state, err := x.db.StateAt(t.Context(), i.commits[len(i.commits)-1], at.Add(-time.Nanosecond))
		if err != nil {
			t.Fatal(err)
		}
		if state.Revision != "" {
			for revision := range strings.Lines(i.git(t, "", "rev-list", state.Revision)) {
				led[strings.TrimSpace(revision)] = true
			}
		}
		return led
	}
	did := map[string]rules.ChangeKind{"add": rules.RuleAdded, "delete": rules.RuleDeleted, "edit": rules.RuleChanged}
	empty := 0
	for range 400 {
		q := rules.HistoryQuery{
			Name: one("", "Down", "Slow", "never"), By: one("", "", "aiko", "BEN", "ben-ID", "nobody"), Action: one("", "add", "delete", "edit", "external"),
			Request: one("", "", "", "", all[chance.IntN(len(all))].Commit.Subject[len("commit "):]), Since: when(), Until: when(), Offset: chance.IntN(3), Limit: 1 + chance.IntN(200),
		}
		if q.Request != "" {
			q.Request = "r" + q.Request
		}
		sooner, later := map[string]bool{}, map[string]bool{}
		if !q.Since.IsZero() {
			sooner = ledTo(q.Since)
		}
		if !q.Until.IsZero() {
			later = ledTo(q.Until)
		}
		var want []rules.Version
		for _, v := range all {
			c := v.Commit
			if (q.Name == "" || v.Ref.Name == q.Name || v.From.Name == q.Name) &&
				(q.By == "" || strings.EqualFold(q.By, c.Author.Name) || strings.EqualFold(q.By, c.Author.ID)) &&
				(q.Action == "" || v.Action == q.Action || v.Kind == did[q.Action]) &&
				(q.Request == "" || slices.Contains(c.Trailers, rules.Trailer{Key: "Request-Id", Value: q.Request})) &&
				!sooner[c.Revision] && (q.Until.IsZero() || later[c.Revision]) {
				want = append(want, v)
			}
		}
		changes, err := x.db.Changes(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		byCommit := grouped(want)
		byCommit = byCommit[min(q.Offset, len(byCommit)):]
		if q.Request != "" { // of a request also those that did nothing to rules
			byCommit, changes = grouped(want), slices.DeleteFunc(changes, func(c rules.PastChange) bool { return len(c.Versions) == 0 })
			byCommit = byCommit[:min(len(byCommit), len(changes))]
		}
		if diff := cmp.Diff(byCommit[:min(q.Limit, len(byCommit))], changes, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%+v, by commits (-want +got):\n%s", q, diff)
		}
		want = want[min(q.Offset, len(want)):]
		want = want[:min(q.Limit, len(want))]
		got, err := x.db.Versions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 {
			empty++
		}
		if diff := cmp.Diff(want, got, cmpEmpty); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
	}
	if empty > 300 {
		t.Errorf("%d of 400 questions have no answer: they are too dull", empty)
	}
}

// grouped returns what each commit did by its versions, of each kind the first five.
func grouped(versions []rules.Version) (changes []rules.PastChange) {
	for _, v := range versions {
		if n := len(changes); n == 0 || changes[n-1].Commit.Revision != v.Commit.Revision {
			changes = append(changes, rules.PastChange{Commit: v.Commit, Action: v.Action, Did: map[rules.ChangeKind]int{}})
		}
		c := &changes[len(changes)-1]
		kind, _ := v.Told()
		if c.Did[kind]++; c.Did[kind] <= 5 {
			c.Versions = append(c.Versions, v)
		}
	}
	return changes
}

// cmpEmpty takes no answer and an empty one for the same.
var cmpEmpty = cmp.Transformer("empty", func(v []rules.Version) map[int]rules.Version {
	return maps.Collect(slices.All(v))
})

// TestIndexOfOtherRulersIsMadeAnew gives a ruler another directory.
func TestIndexOfOtherRulersIsMadeAnew(t *testing.T) {
	t.Parallel()
	i, db := importRandom(t, 3, 30), openJournal(t)
	before := indexed(t, i.index(t, db, indexedRulers...))
	only := []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "loki"}}
	if diff := cmp.Diff(indexed(t, i.index(t, openJournal(t), only...)), indexed(t, i.index(t, db, only...))); diff != "" {
		t.Errorf("(-made +made anew):\n%s", diff)
	}
	if diff := cmp.Diff(before, indexed(t, i.index(t, db, indexedRulers...))); diff != "" {
		t.Errorf("and back (-before +now):\n%s", diff)
	}
}

// TestIndexGoesOnWhereItWasStopped stops the making of an index at every step.
func TestIndexGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	i, db := importRandom(t, 5, 60), openJournal(t)
	want := indexed(t, i.index(t, openJournal(t), indexedRulers...))
	w := &indexSteps{write: db.WriteHistory}
	for n, revision := range i.commits {
		x := i.index(t, db, indexedRulers...)
		if n == 0 {
			if err := db.ClearHistory(t.Context(), x.fingerprint); err != nil {
				t.Fatal(err)
			}
		}
		parent := ""
		if n > 0 {
			parent = i.commits[n-1]
		}
		err := i.book.Log(t.Context(), parent, revision, func(c rules.PastCommit) error {
			if c.Revision != revision {
				return nil
			}
			versions, err := x.historian.Versions(t.Context(), c)
			if err != nil {
				return err
			}
			return errors.Join(w.add(t.Context(), journal.IndexedCommit{Commit: c, Versions: versions}), w.flush(t.Context()))
		})
		if err != nil {
			t.Fatal(err)
		}
		if n%13 != 0 {
			continue
		}
		copied := openJournal(t)
		again := &indexSteps{write: copied.WriteHistory}
		if err := copied.ClearHistory(t.Context(), x.fingerprint); err != nil {
			t.Fatal(err)
		}
		for _, c := range i.commits[:n+1] {
			if err := i.book.Log(t.Context(), "", c, func(past rules.PastCommit) error {
				if past.Revision != c {
					return nil
				}
				versions, err := x.historian.Versions(t.Context(), past)
				return errors.Join(err, again.add(t.Context(), journal.IndexedCommit{Commit: past, Versions: versions}))
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := again.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, indexed(t, i.index(t, copied, indexedRulers...))); diff != "" {
			t.Errorf("stopped after %d commits (-made at once +completed):\n%s", n+1, diff)
		}
	}
}

func TestQuestionsWaitForTheIndex(t *testing.T) {
	t.Parallel()
	i := importRandom(t, 11, 40)
	x := i.index(t, openJournal(t), indexedRulers...)
	x.patience = patience
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); x.Run(ctx) }()
	last := i.commits[len(i.commits)-1]
	for _, revision := range []string{i.commits[10], last, i.commits[5]} {
		i.git(t, "", "update-ref", "refs/heads/main", revision)
		got, err := x.Versions(t.Context(), rules.HistoryQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(indexed(t, i.index(t, openJournal(t), indexedRulers...)), got); diff != "" {
			t.Errorf("at %s (-made +answered):\n%s", revision, diff)
		}
	}
	if done, total := x.Progress(); done != total {
		t.Errorf("%d of %d commits are said to be done at the end", done, total)
	}
	stop()
	<-ran
	i.git(t, "", "update-ref", "refs/heads/main", last)
	x.patience = indexPatience
	_, err := x.Versions(t.Context(), rules.HistoryQuery{})
	if rules.KindOf(err) != rules.Unavailable || err == nil || !strings.Contains(err.Error(), "still being read") {
		t.Errorf("a question that no index answers: %v", err)
	}
}
