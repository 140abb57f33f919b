package gitsync

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/alertsmith/alertsmith/rules"
)

// command is what somebody asks of one rule, and how that ended.
type command struct {
	do   string // "add" is refused when the rule is there, "set" and "delete" when it is not; "put" never
	rule string
	id   string
}

type ending string

const (
	done    ending = "done"
	notFit  ending = "refused by the plan"
	failed  ending = "failed"
	unclear ending = "uncertain"
)

// register is the model: what one rule says, "" when it is not there.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		rules := map[string][]porcupine.Operation{}
		for _, op := range history {
			name := op.Input.(command).rule
			rules[name] = append(rules[name], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range rules {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		c, says := input.(command), state.(string)
		fits := c.do == "put" || (says == "") == (c.do == "add")
		switch output.(ending) {
		case done:
			if c.do == "delete" {
				return fits, ""
			}
			return fits, c.id
		case notFit:
			return !fits, says
		default:
			return true, says
		}
	},
	DescribeOperation: func(input, output any) string {
		c := input.(command)
		return fmt.Sprintf("%s %s (%s): %s", c.do, c.rule, c.id, output)
	},
}

var errDoesNotFit = &rules.Error{Kind: rules.Conflict, Text: "does not fit"}

// plan does the command, and writes into a file that every command writes into, as the journal's page is.
func (c command) plan(tree rules.Tree) (rules.Commit, error) {
	path := "rules/" + c.rule
	_, err := tree.Read(path)
	if there := err == nil; there == (c.do == "add") {
		return rules.Commit{}, errDoesNotFit
	}
	commit, err := appendLine("log", c.id)(tree)
	if err != nil {
		return rules.Commit{}, err
	}
	delete(commit.Files, "dir/"+c.id)
	if commit.Files[path] = nil; c.do != "delete" {
		commit.Files[path] = []byte(c.id)
	}
	return commit, nil
}

// TestLinearizable has two replicas, each with 100 commands at once, and an outside pusher change ten rules on one server that loses requests
// and answers. More seeds: GITSYNC_SEEDS=20.
func TestLinearizable(t *testing.T) { //nolint:tparallel // each seed wants the machine for itself
	t.Parallel()
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("GITSYNC_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			linearizable(t, uint64(seed))
		})
	}
}

func linearizable(t *testing.T, seed uint64) {
	const clients, outside = 100, 6
	host := gitHost(t)
	work := outsider(t, host)
	outsideLine(t, work, "first")
	random := rand.New(rand.NewPCG(seed, 1))

	var mu sync.Mutex
	var history []porcupine.Operation
	start := time.Now()
	record := func(client int, c command, called time.Duration, how ending) {
		mu.Lock()
		defer mu.Unlock()
		history = append(history, porcupine.Operation{ClientId: client, Input: c, Call: int64(called), Output: how, Return: int64(time.Since(start))})
	}

	var all sync.WaitGroup
	var books []*Rulebook
	for replica := range 2 {
		faults := rand.New(rand.NewPCG(seed, uint64(replica)+2))
		p := patch(at(t, host))
		p.push = func(deliver func() error) error {
			mu.Lock()
			n := faults.IntN(10)
			mu.Unlock()
			switch n {
			case 0:
				return errCut
			case 1:
				return errors.Join(deliver(), errCut)
			}
			return deliver()
		}
		r := openBook(t, Options{Remote: p, Required: true})
		keepUp(t, r, Following{Interval: 50 * time.Millisecond})
		books = append(books, r)
		for client := range clients {
			c := command{
				do: []string{"add", "add", "set", "delete"}[random.IntN(4)], rule: fmt.Sprint("rule", random.IntN(10)), id: fmt.Sprintf("c%d-%d", replica, client),
			}
			all.Go(func() {
				called := time.Since(start)
				_, err := r.Update(t.Context(), c.plan)
				how := done
				switch {
				case errors.Is(err, errDoesNotFit):
					how = notFit
				case rules.KindOf(err) == rules.Uncertain:
					how = unclear
				case err != nil:
					how = failed
					t.Logf("%s: %v", c.id, err)
				}
				record(replica*clients+client, c, called, how)
			})
		}
	}
	all.Go(func() {
		for i := range outside {
			c := command{do: "put", rule: fmt.Sprint("rule", i), id: fmt.Sprint("outside", i)}
			called := time.Since(start)
			write(t, work, "rules/"+c.rule, []byte(c.id))
			for {
				runGit(t, work, "fetch", "-q", "origin")
				runGit(t, work, "reset", "-q", "--hard", "origin/main")
				write(t, work, "rules/"+c.rule, []byte(c.id))
				runGit(t, work, "add", "-A")
				runGit(t, work, "commit", "-q", "-m", "outside "+c.id)
				if _, err := tryGit(work, "push", "-q", "origin", "HEAD:main"); err == nil {
					break
				}
			}
			record(2*clients+i, c, called, done)
		}
	})
	all.Wait()
	var head string
	for _, r := range books {
		r.Kick()
		until(t, "nothing is in doubt", func() bool { return r.Doubts() == nil })
		head = same(t, r, host)
	}

	commits := map[string]int{}
	for line := range strings.Lines(runGit(t, host, "log", "--format=%s", "main")) {
		_, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		commits[id]++
	}
	counts := map[ending]int{}
	for i, op := range history {
		c := op.Input.(command)
		n := commits[c.id]
		how := op.Output.(ending)
		counts[how]++
		switch {
		case n > 1 || how == done && n != 1 || (how == failed || how == notFit) && n != 0:
			t.Errorf("%s ended %q and has %d commits", c.id, how, n)
		case how == unclear && n == 1: // it was done at some time since
			history[i].Output, history[i].Return = done, int64(time.Since(start))
		case how == unclear:
			history[i].Output = failed
		}
	}
	if result := porcupine.CheckOperationsTimeout(register, history, time.Minute); result != porcupine.Ok {
		t.Errorf("the history is not linearizable: %s", result)
	}
	tree, err := books[0].At(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"first": true}
	for _, op := range history {
		if c := op.Input.(command); op.Output == done && c.do != "put" {
			want[c.id] = true
		}
	}
	linesOnce(t, tree, "log", want)
	t.Logf("seed %d: %v in %s", seed, counts, time.Since(start).Round(time.Millisecond))
}
