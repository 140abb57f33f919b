package rules_test

import (
	"context"
	"crypto/sha1" // Git's name for content
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// contentOf returns what of all that was ever committed has a content id; nil for none.
func contentOf(store *rulestest.Store, id string) []byte {
	for _, c := range store.Commits() {
		for _, content := range c.Files {
			sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
			if content != nil && hex.EncodeToString(sum[:]) == id {
				return content
			}
		}
	}
	return nil
}

// A change that mends what was held takes the rest of it in force too: its outcome says what and whose, and of the push is told which request did so.
func TestAChangeThatMendsAPushSaysWhatItReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	bad := strings.Replace(string(fileOf("up == 1", "old", "worse")), "alert: worse\n        expr: up == 1", "alert: worse\n        expr: up ==", 1)
	b.push(t, "break it", map[string][]byte{"prometheus/ops/old.yaml": []byte(bad), "prometheus/ops/gone.yaml": nil, "prometheus/ops/new.yaml": fileOf("up == 2", "new")})
	b.Moved(t.Context())
	b.waitPush(t)
	if out := b.Apply(t.Context(), request("r0"), nodeDown("elsewhere")); out.State != rules.Live || out.Released != nil {
		t.Errorf("a change of another file: %+v, want it live and nothing released", out)
	}
	out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "worse", Alteration: rules.Alteration{Expr: "up == 3"}})
	if out.State != rules.Live || out.Released == nil {
		t.Fatalf("outcome %+v, want it live and something released", out)
	}
	var names []string
	for _, ref := range out.Released.Refs {
		names = append(names, ref.Name)
	}
	if diff := cmp.Diff([]string{"gone", "new", "old"}, names); diff != "" || !cmp.Equal(subjects(out.Released.Commits), []string{"carol: break it"}) {
		t.Errorf("released %+v, names (-want +got):\n%s", out.Released, diff)
	}
	p := b.waitPush(t)
	if p.Held != nil || p.Mended != "r1" {
		t.Errorf("told of %+v, want it mended by r1", p)
	}
	head, err := b.BookAt(t.Context(), p.Head)
	if err != nil {
		t.Fatal(err)
	}
	r := rules.NewRebuilder([]rules.RulerInfo{b.prometheus.Info(), b.loki.Info()}, rules.Person{}, func(_ context.Context, id string) ([]byte, error) { return contentOf(b.store, id), nil })
	r.Push(t.Context(), p, head, p.Commits, func(_ rules.PastCommit, out rules.Outcome, err error) {
		if err != nil || out.State != rules.Live {
			t.Errorf("the commit stands as %s, %s (%v), want it live: of its rules only one was changed", out.State, out.Reason, err)
		}
	})
}

// A change of a rule that somebody else had pushed otherwise takes that in force with it, and says so.
func TestAChangeOfARuleThatWasPushedOtherwiseSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "break another", map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: ["), "prometheus/ops/old.yaml": fileOf("up == 4", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	edit := rules.Edit{Address: "old", Alteration: rules.Alteration{Options: rules.Options{Labels: map[string]string{"severity": "page"}}}}
	out := b.Apply(t.Context(), request("r1"), edit)
	if out.State != rules.Live || out.Released == nil || len(out.Released.Refs) != 1 || out.Released.Refs[0].Name != "old" || !cmp.Equal(subjects(out.Released.Commits), []string{"carol: break another"}) {
		t.Errorf("outcome %+v, released %+v, want it live and old released", out, out.Released)
	}
	edit.Alteration = rules.Alteration{Options: rules.Options{Labels: map[string]string{"severity": "info"}}}
	if out := b.Apply(t.Context(), request("r2"), edit); out.State != rules.Live || out.Released != nil {
		t.Errorf("outcome %+v, released %+v, want it live and nothing released", out, out.Released)
	}
}

// A change that was planned again on top of a push that is held takes in force what was pushed to its file: that is told of the push, with the request.
func TestAChangePlannedAgainOnAHeldPushTellsWhatItTook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/both.yaml": fileOf("up == 0", "mine", "theirs", "same")})
	to, _ := b.startAt(t, "")
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/both.yaml") != nil })
	out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "mine", Alteration: rules.Alteration{Expr: "up == 5"}})
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)
	to.Store(out.Revision) // until all is there
	b.Moved(t.Context())
	// The store has one line of commits: the push is on top of the change, and has taken it back.
	theirs := strings.Replace(string(fileOf("up == 0", "mine", "theirs", "same")), "alert: theirs\n        expr: up == 0", "alert: theirs\n        expr: up == 7", 1)
	onto := b.store.Commit(rules.Commit{Author: rules.Person{Name: "carol"}, Subject: "half bad", Files: map[string][]byte{"prometheus/ops/both.yaml": []byte(theirs), "prometheus/ops/bad.yaml": fileOf("up ==", "bad")}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	b.store.Commit(again)
	to.Store("")
	b.Moved(t.Context())
	p := b.waitPush(t)
	if p.Held == nil || len(p.Taken) != 1 {
		t.Fatalf("told of %+v, want it held, and one change that took something", p)
	}
	taken := p.Taken[0]
	if refs := taken.Released.Refs; taken.Request.ID != "r1" || taken.Revision != p.Head || len(refs) != 1 || refs[0].Name != "theirs" || !cmp.Equal(subjects(taken.Released.Commits), []string{"carol: half bad"}) {
		t.Errorf("taken: %+v", taken)
	}
	await(t, func() bool {
		return strings.Contains(string(b.prometheus.Published("ops/both.yaml")), "up == 7") && strings.Contains(string(b.prometheus.Published("ops/both.yaml")), "up == 5")
	})
}

// What a change took in force was said when it did: a push that comes while the service does not run does not have it told once more, as planned again.
func TestWhatAChangeReleasedIsNotToldAgainAfterARestart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.withOld(t)
	first := b.push(t, "half bad", map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: ["), "prometheus/ops/old.yaml": fileOf("up == 4", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	await(t, func() bool { return b.recall("told")() == first })
	labels := map[string]string{"severity": "page"}
	if out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "old", Alteration: rules.Alteration{Options: rules.Options{Labels: labels}}}); out.State != rules.Live || out.Released == nil {
		t.Fatalf("outcome %+v, want it live and something released", out)
	}
	stop()
	b.push(t, "more", map[string][]byte{"prometheus/ops/more.yaml": fileOf("up == 0", "more")})
	b.start()
	b.session(t)
	if p := b.waitPush(t); p.Held == nil || len(p.Taken) != 0 {
		t.Errorf("told of %+v, want it held, and nothing taken by a change that was not planned again", p)
	}
}

// What commands did to the rules of a push while it was held is told as theirs when it is mended, in the report and in the journal's entry; what they left as it
// was pushed is told as before.
func TestWhatWasChangedWhileAPushWasHeldIsToldAsTheirs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(t, "what was there", map[string][]byte{
		"prometheus/ops/set.yaml": fileOf("up == 0", "edited", "deleted", "renamed", "undone", "left"), "prometheus/ops/alone.yaml": fileOf("up == 0", "alone"),
	})
	b.startAt(t, "")
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/set.yaml") != nil })
	b.push(t, "louder", map[string][]byte{"prometheus/ops/set.yaml": fileOf("up == 4", "edited", "deleted", "renamed", "undone", "left"), "prometheus/ops/bad.yaml": fileOf("up ==", "bad")})
	alone := b.push(t, "alone", map[string][]byte{"prometheus/ops/alone.yaml": fileOf("up == 4", "alone")})
	b.Moved(t.Context())
	b.waitPush(t)
	do := func(id string, intent rules.Intent) rules.Outcome {
		t.Helper()
		out := b.Apply(t.Context(), request(id), intent)
		if out.Err != nil {
			t.Fatalf("%s: %v", id, out.Err)
		}
		return out
	}
	label := rules.Alteration{Options: rules.Options{Labels: map[string]string{"severity": "page"}}}
	do("edit", rules.Edit{Address: "edited", Alteration: rules.Alteration{Expr: "up == 9"}})
	do("delete", rules.Delete{Address: "deleted"})
	do("rename", rules.Rename{Address: "renamed", Name: "another"})
	undo := rules.Undo{Commit: b.own(t, do("label", rules.Edit{Address: "undone", Alteration: label}).Revision).PastCommit}
	var err error
	if undo.Before, err = b.BookAt(t.Context(), undo.Commit.Parent); err == nil {
		undo.After, err = b.BookAt(t.Context(), undo.Commit.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	do("undo", undo)
	do("alone", rules.Edit{Address: "alone", Alteration: rules.Alteration{Expr: "up == 8"}})
	do("mend", rules.Edit{Address: "bad", Alteration: rules.Alteration{Expr: "up == 7"}})
	p := b.waitPush(t)
	if p.Held != nil || p.Mended != "mend" || len(p.Rulers) != 1 {
		t.Fatalf("told of %+v, want it applied", p)
	}
	got := map[string]string{}
	for _, rule := range p.Rulers[0].Rules {
		got[rule.Ref.Name] = rule.By.ID
	}
	if diff := cmp.Diff(map[string]string{"edited": "edit", "deleted": "delete", "renamed": "rename", "undone": "", "left": "", "alone": "alone", "bad": "mend"}, got); diff != "" {
		t.Errorf("whose change left them (-want +got):\n%s", diff)
	}
	head, err := b.BookAt(t.Context(), p.Head)
	if err != nil {
		t.Fatal(err)
	}
	r := rules.NewRebuilder([]rules.RulerInfo{b.prometheus.Info(), b.loki.Info()}, rules.Person{}, func(_ context.Context, id string) ([]byte, error) { return contentOf(b.store, id), nil })
	r.Push(t.Context(), p, head, p.Commits, func(c rules.PastCommit, out rules.Outcome, err error) {
		if c.Revision == alone && (err != nil || out.State != rules.Superseded || !strings.HasSuffix(out.Reason, "mended it, and the request alone changed its rules")) {
			t.Errorf("the commit whose rule was changed stands as %s, %s (%v)", out.State, out.Reason, err)
		}
	})
}
