package rules_test

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	path, sound := b.pausedFile(t)
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

// pausedFile returns the path and the content of the only file of a paused rule that the rulebook's branch has.
func (b *bench) pausedFile(t *testing.T) (path string, content []byte) {
	t.Helper()
	head, err := b.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := head.List("paused")
	if err != nil || len(listed) != 1 {
		t.Fatal(err, listed)
	}
	path = slices.Collect(maps.Keys(listed))[0]
	if content, err = head.Read(path); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// pushed pushes files and waits until they are examined.
func (b *bench) pushed(t *testing.T, subject string, files map[string][]byte) rules.ExternalPush {
	t.Helper()
	b.push(t, subject, files)
	b.Moved(t.Context())
	return b.waitPush(t)
}

// TestAHeldRuleIsInOnePlace has somebody revert a pause, or a resume, with Git, and break another file with that: a command that would take the pushed rule file
// in force without the paused file, or that deletes the rule there, is refused, so that the rule is live or paused, and not both or neither.
func TestAHeldRuleIsInOnePlace(t *testing.T) {
	t.Parallel()
	for name, resumed := range map[string]bool{"a pause is reverted": false, "a resume is reverted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			both := fileOf("up == 0", "x", "y")
			b.pushed(t, "two", map[string][]byte{"prometheus/ops/all.yaml": both})
			if out := b.Apply(t.Context(), request("p1"), pause("x", "p1")); out.Err != nil {
				t.Fatal(out.Err)
			}
			path, paused := b.pausedFile(t)
			revert := map[string][]byte{path: nil, "prometheus/ops/all.yaml": both, "prometheus/ops/bad.yaml": []byte("groups: 7")}
			if resumed {
				revert[path], revert["prometheus/ops/all.yaml"] = paused, fileOf("up == 0", "y")
				if out := b.Apply(t.Context(), request("r1"), rules.Resume{Address: "x"}); out.State != rules.Live {
					t.Fatal(out.Err)
				}
			}
			b.pushed(t, "revert", revert)
			intents := []rules.Intent{rules.Edit{Address: "y", Alteration: rules.Alteration{Expr: "up == 3"}}}
			if !resumed {
				intents = append(intents, rules.Delete{Address: "x"}, rules.Resume{Address: "x"})
			}
			for _, intent := range intents {
				out := b.Apply(t.Context(), request(intent.Action()), intent)
				if out.Err == nil || !strings.Contains(out.Err.Error(), "is held, because of what carol pushed") {
					t.Errorf("%s: %s, %v", intent.Action(), out.State, out.Err)
				}
			}
			book, err := b.Book(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := book.FindPaused("x"); (err == nil) == resumed {
				t.Errorf("x is found paused: %v", err)
			}
			b.pushed(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": nil})
			if book, err = b.Book(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, live := book.Find("x")
			if _, err := book.FindPaused("x"); (err == nil) != resumed || (live == nil) == resumed {
				t.Errorf("after the mend x is found live: %v; paused: %v", live, err)
			}
		})
	}
}

// TestWhatWasPausedWhileHeldIsToldGone has a command pause a rule while something is held, and a push take that away: when all is mended the rule is named, with the
// commit that has it.
func TestWhatWasPausedWhileHeldIsToldGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.pushed(t, "two", map[string][]byte{"prometheus/ops/all.yaml": fileOf("up == 0", "x", "y")})
	b.pushed(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: 7")})
	paused := b.Apply(t.Context(), request("p1"), pause("x", "p1"))
	if paused.Err != nil {
		t.Fatal(paused.Err)
	}
	path, _ := b.pausedFile(t)
	b.pushed(t, "takes it away", map[string][]byte{path: nil})
	p := b.pushed(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": nil})
	if diff := cmp.Diff([]rules.PausedGone{{Address: "x", Revision: paused.Revision}}, p.PausedGone); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAPushThatChangesAPausedRuleNamesIt has a push change the expression of a paused rule, then until when it is paused, and then another rule: the
// reports of the first two name it.
func TestAPushThatChangesAPausedRuleNamesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.pushed(t, "two", map[string][]byte{"prometheus/ops/all.yaml": fileOf("up == 0", "x", "y")})
	if out := b.Apply(t.Context(), request("p1"), pause("x", "p1")); out.Err != nil {
		t.Fatal(out.Err)
	}
	path, content := b.pausedFile(t)
	otherwise := strings.ReplaceAll(string(content), "up == 0", "up == 1")
	until := strings.Replace(otherwise, "\nby: ", "\nuntil: 2999-01-02T03:04:05Z\nby: ", 1)
	if until == otherwise || otherwise == string(content) {
		t.Fatalf("the file is:\n%s", content)
	}
	for _, changed := range []string{otherwise, until} {
		p := b.pushed(t, "typo", map[string][]byte{path: []byte(changed)})
		want := []rules.ExternalChange{{
			Ruler: "prometheus", State: rules.PausedState, Rules: []rules.PushedRule{{Ref: rules.Ref{Ruler: "prometheus", Path: path, Group: "x", Name: "x", Nth: 1}, State: rules.PausedState}},
		}}
		if diff := cmp.Diff(want, p.Rulers); diff != "" {
			t.Errorf("-want +got:\n%s\nof the file:\n%s", diff, changed)
		}
	}
	if p := b.pushed(t, "other", map[string][]byte{"prometheus/ops/other.yaml": fileOf("up == 0", "other")}); len(p.Rulers) != 1 || len(p.Rulers[0].Rules) != 1 {
		t.Errorf("a push of another rule tells: %+v", p.Rulers)
	}
}

// TestAPausedFileBrokenTwiceIsRestored has two commits break the file of a paused rule: the line that is offered puts it back.
func TestAPausedFileBrokenTwiceIsRestored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	paused := b.Apply(t.Context(), request("p1"), pause("old", "p1"))
	if paused.Err != nil {
		t.Fatal(paused.Err)
	}
	path, _ := b.pausedFile(t)
	b.push(t, "broken", map[string][]byte{path: []byte("x: [")})
	b.pushed(t, "broken otherwise", map[string][]byte{path: []byte("x: {")})
	refused := b.Apply(t.Context(), request("r2"), rules.Resume{Address: "old"})
	e, ok := errors.AsType[*rules.Error](refused.Err)
	if want := "restore old@" + rules.ShortRevision(paused.Revision); !ok || len(e.Fixes) != 1 || e.Fixes[0] != want {
		t.Fatalf("refused as %v, want %q offered", refused.Err, want)
	}
	then, err := b.BookAt(t.Context(), paused.Revision)
	if err != nil {
		t.Fatal(err)
	}
	where, err := then.FindOrPaused("old")
	if err != nil {
		t.Fatal(err)
	}
	if out := b.Apply(t.Context(), request("re2"), rules.Restore{From: then, Ref: where.Ref, Now: where.Ref}); out.Err != nil {
		t.Fatal(out.Err)
	}
	if out := b.Apply(t.Context(), request("r3"), rules.Resume{Address: "old"}); out.State != rules.Live {
		t.Errorf("what was restored is not resumed: %+v", out)
	}
}

// TestAResumptionIntoWhatWasPushedOffersWhatMendsIt has something bad pushed where the file of a paused rule stood: the resumption is refused with the command, or with the
// lines of Git, that take that away, and with none that would be refused.
func TestAResumptionIntoWhatWasPushedOffersWhatMendsIt(t *testing.T) {
	t.Parallel()
	const path = "prometheus/ops/old.yaml"
	for _, test := range []struct {
		name, pushed string
		undo         bool
	}{
		{"no rule file", "x: [", false},
		{"another rule, which is bad", string(fileOf("up == (", "other")), true},
		{"a good rule, and a key that there is not", "x: 1\n" + string(fileOf("up == 1", "other")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			if out := b.Apply(t.Context(), request("p1"), pause("old", "p1")); out.Err != nil {
				t.Fatal(out.Err)
			}
			good, err := b.Book(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			head := b.pushed(t, "bad", map[string][]byte{path: []byte(test.pushed)}).Head
			e, ok := errors.AsType[*rules.Error](b.Apply(t.Context(), request("r1"), rules.Resume{Address: "old"}).Err)
			if !ok || !strings.Contains(e.Text, path+" is held") {
				t.Fatalf("refused as %v", e)
			}
			var fixes, shell []string
			if test.undo {
				fixes = []string{"undo " + rules.ShortRevision(head)}
			} else {
				shell = []string{"git pull", "git --literal-pathspecs rm -rq -- " + path, "git commit -m 'take " + path + " away'", "git push"}
			}
			if diff := cmp.Diff([][]string{fixes, shell}, [][]string{e.Fixes, e.Shell}); diff != "" {
				t.Errorf("offered (-want +got):\n%s", diff)
			}
			if test.undo {
				undo := rules.Undo{Commit: b.own(t, head).PastCommit, Before: good}
				if undo.After, err = b.BookAt(t.Context(), head); err != nil {
					t.Fatal(err)
				}
				if out := b.Apply(t.Context(), request("u1"), undo); out.Err != nil {
					t.Fatal(out.Err)
				}
			} else {
				b.pushed(t, "what the lines do", map[string][]byte{path: nil})
			}
			if out := b.Apply(t.Context(), request("r2"), rules.Resume{Address: "old"}); out.State != rules.Live {
				t.Errorf("not resumed after that: %+v", out)
			}
		})
	}
}

// TestARestorationSaysWhatPauseItTakesInForce has somebody push other ends of pauses, which is held for another file: a paused rule that is restored is paused as was pushed
// from then on, and the answer says so; so it is where what was held is mended with it.
func TestARestorationSaysWhatPauseItTakesInForce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	first, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	where, err := first.Find("old")
	if err != nil {
		t.Fatal(err)
	}
	for id, intent := range map[string]rules.Intent{"e1": rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 5"}}, "a1": nodeDown("down")} {
		if out := b.Apply(t.Context(), request(id), intent); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	soon, later := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	files := map[string][]byte{"prometheus/ops/worse.yaml": fileOf("up ==", "worse")}
	var at rules.Ref
	for _, name := range []string{"down", "old"} {
		if out := b.Apply(t.Context(), request("p"+name), rules.Pause{Address: name, Until: soon, By: rules.Person{Name: "alice"}, Request: "p" + name}); out.Err != nil {
			t.Fatal(out.Err)
		}
		book, err := b.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		entry, err := book.FindOrPaused(name)
		if err != nil {
			t.Fatal(err)
		}
		head, err := b.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		content, err := head.Read(entry.Ref.Path)
		if err != nil {
			t.Fatal(err)
		}
		at, files[entry.Ref.Path] = entry.Ref, bytes.Replace(content, []byte("2030"), []byte("2031"), 1)
	}
	b.pushed(t, "longer, and bad", files)
	restore := rules.Restore{From: first, Ref: where.Ref, Now: at}
	restored := b.Apply(t.Context(), request("r1"), restore)
	mended := b.Apply(t.Context(), request("m1"), rules.Edit{Address: "worse", Alteration: rules.Alteration{Expr: "up == 3"}})
	for name, out := range map[string]rules.Outcome{"old": restored, "down": mended} {
		if out.Err != nil || out.Released == nil || len(out.Released.Paused) != 1 || out.Released.Paused[0].Ref.Name != name || !out.Released.Paused[0].Until.Equal(later) ||
			len(out.Released.Refs) > 0 || !cmp.Equal(subjects(out.Released.Commits), []string{"carol: longer, and bad"}) {
			t.Errorf("%s: %v, released %+v", name, out.Err, out.Released)
		}
	}
}

// TestALinkInPlaceOfAPausedRuleIsTakenAwayByGit has a link pushed in place of a paused rule's file: the lines of Git are offered, and no command, which would meet the link.
func TestALinkInPlaceOfAPausedRuleIsTakenAwayByGit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	if out := b.Apply(t.Context(), request("p1"), pause("old", "p1")); out.Err != nil {
		t.Fatal(out.Err)
	}
	path, _ := b.pausedFile(t)
	b.irregular = func(string) []rules.Problem {
		return []rules.Problem{{Path: path, Text: "this is a link", Replaced: true}}
	}
	b.pushed(t, "a link", map[string][]byte{path: nil})
	e, ok := errors.AsType[*rules.Error](b.Apply(t.Context(), request("r1"), rules.Resume{Address: "old"}).Err)
	if !ok || len(e.Shell) == 0 || len(e.Fixes) > 0 {
		t.Errorf("refused as %+v, want the lines of Git alone", e)
	}
}

// TestAPausedRuleOfAnotherAlertsmithHoldsNothing has a rule paused for a ruler that is not configured here: several Alertsmiths may share a rulebook.
func TestAPausedRuleOfAnotherAlertsmithHoldsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	if out := b.Apply(t.Context(), request("p1"), pause("old", "p1")); out.Err != nil {
		t.Fatal(out.Err)
	}
	_, paused := b.pausedFile(t)
	p := b.pushed(t, "paused by another Alertsmith", map[string][]byte{
		"paused/mimir/old-12345678.paused": bytes.ReplaceAll(paused, []byte("ruler: prometheus"), []byte("ruler: mimir")), "prometheus/ops/new.yaml": fileOf("up == 0", "new"),
	})
	if p.Held != nil {
		t.Errorf("held: %+v", p.Held)
	}
}
