package rules_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// theirs commits the rules a, b and c as somebody else has them, those with these names with a severity of their own.
func (b *bench) theirs(names string) rules.Tree {
	files := map[string][]byte{}
	for _, name := range []string{"a", "b", "c"} {
		files["prometheus/ops/"+name+".yaml"] = fileOf("up == 0", name)
		if strings.Contains(names, name) {
			files["prometheus/ops/"+name+".yaml"] = append(fileOf("up == 0", name), "        labels:\n          severity: info\n"...)
		}
	}
	return b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "carol"}, Files: files})
}

// louder sets the severity of all rules, as chat's edit where and apply do.
var louder = rules.EditAll{Where: []rules.Condition{{Field: "ruler", Value: "prometheus"}}, Alteration: rules.Alteration{Options: rules.Options{
	Reason: "louder", Labels: map[string]string{"severity": "page"},
}}}

// TestAnEditOfSeveralRulesIsKeptAsFarAsItFits plans an edit of three rules again, one of which somebody else changed, and once more on top of
// another push: the rest is kept each time, and what is not is named for good.
func TestAnEditOfSeveralRulesIsKeptAsFarAsItFits(t *testing.T) {
	b := newBench(t)
	b.theirs("")
	stop := b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/c.yaml") != nil })
	out := b.Apply(t.Context(), request("r1"), louder)
	if out.State != rules.Live || len(out.Refs) != 3 {
		t.Fatalf("outcome %+v", out)
	}
	stop()
	const lost = "not kept, as somebody else pushed first: Later changes touched the same: "
	stands, first := out.Revision, ""
	for _, test := range []struct{ changed, subject, kept, not string }{
		{"b", "edit a and 1 more", "a c", lost + `"b" in prometheus/ops/b.yaml (label severity); in the way: FIRST by carol`},
		{"bc", "edit a", "a", lost + `"b" in prometheus/ops/b.yaml (label severity); in the way: FIRST by carol; then: Later changes touched the same: "c" in prometheus/ops/c.yaml (label severity); in the way: LAST by carol`},
	} {
		onto := b.theirs(test.changed)
		again, err := b.Replan(t.Context(), b.own(t, stands), onto)
		if err != nil {
			t.Fatal(err)
		}
		want := []rules.Trailer{}
		for name := range strings.FieldsSeq(test.kept) {
			want = append(want, rules.Trailer{Key: "Alert", Value: name})
			if content := string(again.Files["prometheus/ops/"+name+".yaml"]); !strings.Contains(content, "severity: page") {
				t.Errorf("%s becomes:\n%s", name, content)
			}
		}
		want = append(want, rules.Trailer{Key: "Ruler", Value: "prometheus"}, rules.Trailer{Key: "Action", Value: "edit"}, rules.Trailer{Key: "Actor", Value: "alice u1"},
			rules.Trailer{Key: "Channel", Value: "ops c1"}, rules.Trailer{Key: "Displaces", Value: stands}, rules.Trailer{Key: "Request-Id", Value: "r1"})
		if diff := gocmp.Diff(want, again.Trailers); diff != "" {
			t.Errorf("trailers (-want +got):\n%s", diff)
		}
		first = cmp.Or(first, onto.Revision())
		not := strings.NewReplacer("FIRST", first[:7], "LAST", onto.Revision()[:7]).Replace(test.not)
		if body := "/alert add x\n\nReason: louder\n\n" + not; again.Subject != test.subject || again.Body != body || len(again.Files) != len(want)-6+1 {
			t.Errorf("planned again as %q with %d files, want %q; its message (-want +got):\n%s", again.Subject, len(again.Files), test.subject, gocmp.Diff(body, again.Body))
		}
		stands = b.store.Commit(again).Revision()
	}

	b.start()
	b.session(t)
	w := b.waitSettled(t)
	if other := b.waitSettled(t); other.Outcome.Revision == stands { // that of the first plan is in this history too
		w = other
	}
	if o := w.Outcome; w.Request.ID != "r1" || w.Request.Command != "add x" || !o.InPart() || o.Revision != stands || o.Action != "edit" || o.Why != "louder" || !strings.Contains(o.Reason, `"b" in`) || !strings.Contains(o.Reason, `"c" in`) {
		t.Errorf("settled %+v", w)
	}
	await(t, func() bool { return strings.Contains(string(b.prometheus.Published("ops/a.yaml")), "severity: page") })
}

// TestAnEditOfWhichNothingFitsIsDisplacedAsAWhole has somebody else change all its rules.
func TestAnEditOfWhichNothingFitsIsDisplacedAsAWhole(t *testing.T) {
	b := newBench(t)
	b.theirs("")
	out := b.Apply(t.Context(), request("r1"), louder)
	again, err := b.Replan(t.Context(), b.own(t, out.Revision), b.theirs("abc"))
	if err != nil {
		t.Fatal(err)
	}
	if rules.TrailerOf(again.Trailers, "Action") != rules.ConflictAction || len(again.Files) != 1 || !strings.Contains(again.Body, `"a" in prometheus/ops/a.yaml (label severity); "b" in`) {
		t.Errorf("planned again as %+v", again)
	}
}

// TestAnEditOfARuleThatIsGoneSaysSo has somebody else take one of its rules away.
func TestAnEditOfARuleThatIsGoneSaysSo(t *testing.T) {
	b := newBench(t)
	b.theirs("")
	own := b.own(t, b.Apply(t.Context(), request("r1"), louder).Revision)
	b.theirs("")
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "carol"}, Files: map[string][]byte{"prometheus/ops/b.yaml": nil}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	if not := `"b" in prometheus/ops/b.yaml (not there any more); in the way: ` + onto.Revision()[:7] + " by carol"; !strings.Contains(again.Body, not) {
		t.Errorf("planned again as %q, want %q", again.Body, not)
	}
}

// TestSeveralNewRulesAreKeptAsFarAsTheyFit plans an import and a paste of three rules again, of which somebody else pushed one first that says something else.
func TestSeveralNewRulesAreKeptAsFarAsTheyFit(t *testing.T) {
	const one = "      - alert: %s\n        expr: up == 0\n"
	pasted := fmt.Sprintf("groups:\n  - name: g\n    rules:\n"+one+one+one, "a", "b", "c")
	for name, tc := range map[string]struct {
		intent rules.Intent
		path   string
	}{
		"a paste":   {rules.Add{YAML: pasted, Options: rules.Options{Ruler: "prometheus", Namespace: "ops"}}, "prometheus/ops/g.yaml"},
		"an import": {rules.Import{Ruler: "prometheus", Files: map[string][]byte{"ops/g.yaml": []byte(pasted)}}, "prometheus/ops/g.yaml"},
	} {
		b := newBench(t)
		b.store.Commit(rules.Commit{Subject: "first", Files: map[string][]byte{"prometheus/ops/first.yaml": fileOf("up == 0", "first")}})
		out := b.Apply(t.Context(), request("r1"), tc.intent)
		if len(out.Refs) != 3 || out.Revision == "" {
			t.Fatalf("%s: outcome %+v", name, out)
		}
		theirs := "groups:\n  - name: g\n    rules:\n      - alert: b\n        expr: up == 1\n"
		onto := b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "carol"}, Files: map[string][]byte{tc.path: []byte(theirs)}})
		again, err := b.Replan(t.Context(), b.own(t, out.Revision), onto)
		if err != nil {
			t.Fatal(err)
		}
		content := string(again.Files[tc.path])
		if action := rules.TrailerOf(again.Trailers, "Action"); action == rules.ConflictAction || strings.Count(content, "up == 0") != 2 || !strings.Contains(content, "up == 1") {
			t.Errorf("%s is planned again as %s:\n%s", name, action, content)
		}
		if !strings.HasSuffix(again.Body, `not kept, as somebody else pushed first: Later changes touched the same: "b" in `+tc.path+" (expr); in the way: "+onto.Revision()[:7]+" by carol") {
			t.Errorf("%s: the commit says %q", name, again.Body)
		}
	}
}

// TestANameInTheReasonDoesNotBeginIt has somebody push first whose name says what the reason begins with: all of the reason is told, and stays when it is planned again.
func TestANameInTheReasonDoesNotBeginIt(t *testing.T) {
	b := newBench(t)
	b.theirs("")
	stop := b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/c.yaml") != nil })
	out := b.Apply(t.Context(), request("r1"), louder)
	stop()
	changed := map[string][]byte{}
	for _, name := range []string{"a", "b", "c"} {
		changed["prometheus/ops/"+name+".yaml"] = append(fileOf("up == 0", name), "        labels:\n          severity: info\n"...)
	}
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "x not kept, as somebody else pushed first: all is well"}, Files: changed})
	again, err := b.Replan(t.Context(), b.own(t, out.Revision), onto)
	if err != nil {
		t.Fatal(err)
	}
	body := "/alert add x\n\nReason: louder\n\nnot kept, as somebody else pushed first: "
	if !strings.HasPrefix(again.Body, body) || !strings.HasSuffix(again.Body, "x not kept, as somebody else pushed first: all is well.") {
		t.Fatalf("the commit says %q", again.Body)
	}
	b.store.Commit(again)
	b.start()
	b.session(t)
	if w := b.waitSettled(t); w.Request.Command != "add x" || w.Outcome.Why != "louder" || w.Outcome.Reason != strings.TrimPrefix(again.Body, body) {
		t.Errorf("settled %+v", w)
	}
}
