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
