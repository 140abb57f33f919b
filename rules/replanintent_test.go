package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// ruleFile is a file with one rule, as Alertsmith or a person writes it.
func ruleFile(group, name, expression, more string) string {
	return "groups:\n  - name: " + group + "\n    rules:\n      - alert: " + name + "\n        expr: " + expression + "\n" + more
}

const critical = "        labels:\n          severity: critical\n"

// A command is acknowledged while the Git server is away, and somebody else pushes first: it has the effect on their files that it would have
// had there, or its author is told that it has none.
func TestACommandIsPlannedAgainByWhatItMeant(t *testing.T) {
	t.Parallel()
	const one, moved, grouped = "prometheus/ops/one.yaml", "prometheus/y/one.yaml", "prometheus/ops/gg.yaml"
	long, often := 5*time.Minute, 10*time.Second
	until := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	was := ruleFile("one", "one", "up == 0", critical)
	edited := ruleFile("one", "one", "up == 9", critical)
	longer := func(file string) string {
		return strings.Replace(file, "        labels", "        for: 5m\n        labels", 1)
	}
	renamed := func(file string) string { return strings.Replace(file, "alert: one", "alert: two", 1) }
	edit := rules.Edit{Address: "one", Alteration: rules.Alteration{Options: rules.Options{For: &long}}}
	rename, move, remove := rules.Rename{Address: "one", Name: "two"}, rules.Move{Address: "one", Namespace: "web"}, rules.Delete{Address: "one"}
	pause := rules.Pause{Address: "one", Until: until, By: rules.Person{Name: "alice"}, Request: "r1"}
	type files = map[string]string
	const gone = ""
	for _, test := range []struct {
		name         string
		ours         rules.Intent
		theirs, want files
		conflict     string
		paused       string // where the rule that is paused stood
	}{
		{name: "delete, and they moved it", ours: remove, theirs: files{one: gone, moved: was}, want: files{moved: gone}},
		{name: "delete, and they moved and changed it", ours: remove, theirs: files{one: gone, moved: edited}, want: files{moved: gone}},
		{name: "delete, and they changed it", ours: remove, theirs: files{one: edited}, want: files{one: gone}},
		{name: "delete, and they changed it in another group", ours: remove, theirs: files{one: ruleFile("other", "one", "up == 9", critical)}, want: files{one: gone}},
		{name: "delete, and they deleted it", ours: remove, theirs: files{one: gone}, want: files{}},
		{name: "delete, and they made two of it", ours: remove, theirs: files{one: gone, moved: was, "prometheus/z/one.yaml": was}, conflict: "cannot be told"},
		{name: "delete, and they renamed it", ours: remove, theirs: files{one: renamed(was)}, want: files{one: gone}},
		{name: "delete, and they broke its file", ours: remove, theirs: files{one: "groups: ["}, conflict: "cannot be read"},
		{name: "delete, and they put another of its name elsewhere", ours: remove, theirs: files{one: gone, moved: ruleFile("x", "one", "absent(foo)", "")}, conflict: "cannot be told"},
		{name: "rename, and they deleted it", ours: rename, theirs: files{one: gone}, conflict: `no rule "one"`},
		{name: "rename, and they moved it", ours: rename, theirs: files{one: gone, moved: was}, want: files{moved: renamed(was)}},
		{name: "rename, and they moved and changed it", ours: rename, theirs: files{one: gone, moved: edited}, want: files{moved: renamed(edited)}},
		{name: "rename, and they changed it", ours: rename, theirs: files{one: edited}, want: files{one: renamed(edited)}},
		{name: "rename, and they gave it the same name", ours: rename, theirs: files{one: renamed(was)}, want: files{}},
		{name: "rename, and they gave it another name", ours: rename, theirs: files{one: strings.Replace(was, "alert: one", "alert: three", 1)}, conflict: `"three"`},
		{name: "move, and they deleted it", ours: move, theirs: files{one: gone}, conflict: `no rule "one"`},
		{name: "move, and they moved it", ours: move, theirs: files{one: gone, moved: was}, want: files{moved: gone, "prometheus/web/one.yaml": was}},
		{name: "move, and they moved it there", ours: move, theirs: files{one: gone, "prometheus/web/one.yaml": was}, want: files{}},
		{name: "move, and they changed it", ours: move, theirs: files{one: edited}, want: files{one: gone, "prometheus/web/one.yaml": edited}},
		{name: "pause, and they deleted it", ours: pause, theirs: files{one: gone}, conflict: `no rule "one"`},
		{name: "pause, and they moved and changed it", ours: pause, theirs: files{one: gone, moved: edited}, want: files{moved: gone}, paused: moved},
		{name: "pause, and they changed it", ours: pause, theirs: files{one: edited}, want: files{one: gone}, paused: one},
		{name: "edit, and they deleted it", ours: edit, theirs: files{one: gone}, conflict: "Later changes"},
		{name: "edit, and they moved it", ours: edit, theirs: files{one: gone, moved: was}, want: files{moved: longer(was)}},
		{name: "edit, and they moved and changed it", ours: edit, theirs: files{one: gone, moved: edited}, want: files{moved: longer(edited)}},
		{name: "edit, and they changed another field", ours: edit, theirs: files{one: edited}, want: files{one: longer(edited)}},
		{name: "edit, and they renamed it", ours: edit, theirs: files{one: renamed(was)}, want: files{one: longer(renamed(was))}},
		{name: "edit, and they set the same", ours: edit, theirs: files{one: longer(edited)}, want: files{}},
		{
			name: "edit, and they set the same field otherwise", ours: edit, conflict: "Later changes",
			theirs: files{one: strings.Replace(longer(was), "5m", "6m", 1)},
		},
		{
			name: "edit, and they wrote it otherwise", ours: edit,
			theirs: files{one: "groups:\n- name: one\n  rules:\n  - {alert: one, expr: up == 0, labels: {severity: critical}}\n"},
			want:   files{one: "groups:\n- name: one\n  rules:\n  - alert: one\n    expr: up == 0\n    for: 5m\n    labels:\n      severity: critical\n"},
		},
		{
			name:   "edit of the group, and they changed another rule of it",
			ours:   rules.Edit{Address: "g1", Alteration: rules.Alteration{Options: rules.Options{Interval: &often}}},
			theirs: files{grouped: "groups:\n  - name: gg\n    limit: 7\n    rules:\n      - alert: g1\n        expr: up == 5\n"},
			want:   files{grouped: "groups:\n  - name: gg\n    interval: 10s\n    limit: 7\n    rules:\n      - alert: g1\n        expr: up == 5\n"},
		},
		{
			name:   "edit of the group, and they deleted it",
			ours:   rules.Edit{Address: "g1", Alteration: rules.Alteration{Options: rules.Options{Interval: &often}}},
			theirs: files{grouped: gone}, conflict: "Later changes",
		},
		{
			name: "edit of the end, and they changed the expression",
			ours: rules.Edit{Address: "one", Alteration: rules.Alteration{Options: rules.Options{Expires: &until}}}, theirs: files{one: edited},
			want: files{one: strings.Replace(edited, "alert: one\n", "alert: one\n        # expires: 2030-01-01T00:00:00Z\n", 1)},
		},
		{
			name: "edit of many, and they changed one and moved another",
			ours: rules.EditAll{
				Where:      []rules.Condition{{Field: "kind", Value: "alert"}},
				Alteration: rules.Alteration{Options: rules.Options{Labels: map[string]string{"team": "x"}}},
			},
			theirs: files{one: gone, moved: was, grouped: ruleFile("gg", "g1", "up == 5", "")},
			want: files{
				moved:   was + "          team: x\n",
				grouped: ruleFile("gg", "g1", "up == 5", "        labels:\n          team: x\n"),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			base := map[string][]byte{one: []byte(was), grouped: []byte(ruleFile("gg", "g1", "up == 4", ""))}
			b.store.Commit(rules.Commit{Subject: "base", Files: base})
			own := b.commitOwn(t, test.ours)
			theirs := map[string][]byte{}
			for _, f := range own.Files {
				theirs[f.Path] = base[f.Path]
			}
			for path, content := range test.theirs {
				if theirs[path] = []byte(content); content == gone {
					theirs[path] = nil
				}
			}
			onto := b.store.Commit(rules.Commit{Subject: "theirs", Files: theirs})
			again, err := b.Replan(t.Context(), own, onto)
			if err != nil {
				t.Fatal(err)
			}
			got := files{}
			for path, content := range again.Files {
				switch {
				case strings.HasPrefix(path, "journal/"):
				case strings.HasPrefix(path, "paused/") && test.paused != "":
					if !strings.Contains(string(content), "file: "+strings.TrimPrefix(test.paused, "prometheus/")) {
						t.Errorf("paused as %s", content)
					}
					for line := range strings.Lines(string(theirs[test.paused])) {
						if !strings.Contains(string(content), line) {
							t.Errorf("paused without %q:\n%s", line, content)
						}
					}
					test.paused = ""
				default:
					got[path] = string(content)
				}
			}
			if test.paused != "" {
				t.Error("it is not paused")
			}
			if from := rules.TrailerOf(again.Trailers, rules.TrailerMovedFrom); from != "" && len(got) > 0 && !strings.HasPrefix(from, sole(t, theirs)) {
				t.Errorf("it is said to come from %q", from)
			}
			if isConflict := rules.TrailerOf(again.Trailers, "Action") == rules.ConflictAction; isConflict != (test.conflict != "") || !strings.Contains(again.Body, test.conflict) {
				t.Errorf("planned again as %q %q", again.Subject, again.Body)
			}
			if test.want == nil {
				test.want = files{}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("planned again as %q (-want +got):\n%s", again.Body, diff)
			}
			if test.conflict == "" {
				b.requireSameEffect(t, test.ours, again)
			}
		})
	}
}

// requireSameEffect fails the test where the intent itself, given now, would write anything else than a commit that was planned again.
func (b *bench) requireSameEffect(t *testing.T, intent rules.Intent, again rules.Commit) {
	t.Helper()
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	change, err := intent.Plan(book)
	if err != nil {
		return // it is done already, or the rule has another name
	}
	delete(again.Files, "journal/page.md")
	if diff := cmp.Diff(change.Files, again.Files); diff != "" {
		t.Errorf("the same command on their head (-command +planned again):\n%s", diff)
	}
}

// commitOwn commits what an intent plans, as the service does.
func (b *bench) commitOwn(t *testing.T, intent rules.Intent) rules.OwnCommit {
	t.Helper()
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	change, err := intent.Plan(book)
	if err != nil {
		t.Fatal(err)
	}
	trailers := append([]rules.Trailer{{Key: "Ruler", Value: change.Ruler}, {Key: "Action", Value: intent.Action()}}, change.Trailers...)
	was := b.store.Commit(rules.Commit{
		Author: rules.Person{ID: "u1", Name: "alice"}, Subject: change.Subject, Body: "/alert …", Files: change.Files,
		Trailers: append(trailers, rules.Trailer{Key: "Request-Id", Value: "r1"}),
	})
	return b.own(t, was.Revision())
}

// sole returns the file of somebody else's that has the rule.
func sole(t *testing.T, theirs map[string][]byte) string {
	t.Helper()
	for path, content := range theirs {
		if len(content) > 0 {
			return path
		}
	}
	t.Fatal("there is none")
	return ""
}

// What a rule remembers of its template, what is accepted of it, and until when it is wanted, are fields like others.
func TestAnEditIsPlannedAgainWithTheNotes(t *testing.T) {
	t.Parallel()
	const path = "prometheus/ops/t1.yaml"
	file := func(notes, expression, more string) string {
		return "groups:\n  - name: t1\n    rules:\n      - alert: t1\n" + notes + "        expr: " + expression + "\n" + more
	}
	const template, end = "        # template: disk-full v1 percent=85", "        # expires: 2030-01-01T00:00:00Z\n"
	const accepted = "        # accept: duplicate reason=\"meant\"\n"
	long, later := 5*time.Minute, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name         string
		was          string
		ours         rules.Alteration
		theirs, want string
		conflict     bool
	}{
		{
			name: "both changed an option of a template's rule", was: file(template+"\n", "up == 0", critical),
			ours:   rules.Alteration{Options: rules.Options{For: &long}},
			theirs: file(template+" label.team=x\n", "up == 0", critical+"          team: x\n"),
			want:   file(template+" label.team=x for=5m\n", "up == 0", "        for: 5m\n"+critical+"          team: x\n"),
		},
		{
			name: "they changed the template's parameters", was: file(template+"\n", "up == 0", critical),
			ours:   rules.Alteration{Options: rules.Options{For: &long}},
			theirs: file("        # template: disk-full v1 percent=90\n", "up == 9", critical),
			want:   file("        # template: disk-full v1 percent=90 for=5m\n", "up == 9", "        for: 5m\n"+critical),
		},
		{
			name: "the end was put off, and they accepted a finding", was: file(end, "up == 0", critical),
			ours:   rules.Alteration{Options: rules.Options{Expires: &later}},
			theirs: file(end+accepted, "up == 0", critical),
			want:   file(strings.Replace(end, "2030", "2031", 1)+accepted, "up == 0", critical),
		},
		{
			name: "the end was taken away, and they put it off", was: file(end, "up == 0", critical), conflict: true,
			ours:   rules.Alteration{Remove: []string{"expires"}},
			theirs: file(strings.Replace(end, "2030", "2032", 1), "up == 0", critical),
		},
		{
			name: "a label was taken away, and they changed another", was: file("", "up == 0", critical+"          team: x\n"),
			ours:   rules.Alteration{Remove: []string{"label.team"}},
			theirs: file("", "up == 0", "        labels:\n          severity: warning\n          team: x\n"),
			want:   file("", "up == 0", "        labels:\n          severity: warning\n"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.store.Commit(rules.Commit{Subject: "base", Files: map[string][]byte{path: []byte(test.was)}})
			own := b.commitOwn(t, rules.Edit{Address: "t1", Alteration: test.ours})
			again, err := b.Replan(t.Context(), own, b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{path: []byte(test.theirs)}}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(again.Files[path])); diff != "" || strings.Contains(again.Subject, rules.ConflictAction) != test.conflict {
				t.Errorf("planned again as %q (-want +got):\n%s", again.Body, diff)
			}
			if !test.conflict {
				b.requireSameEffect(t, rules.Edit{Address: "t1", Alteration: test.ours}, again)
			}
		})
	}
}

// A rule that is paused is the same rule.
func TestACommandAboutAPausedRuleIsPlannedAgain(t *testing.T) {
	t.Parallel()
	const one = "prometheus/ops/one.yaml"
	was := []byte(ruleFile("one", "one", "up == 0", critical))
	for _, test := range []struct {
		name     string
		pause    bool // before both; else they pause it
		ours     rules.Intent
		theirs   func(paused string) map[string][]byte
		conflict string
		want     string // "paused" or "file": what goes; "" for nothing
	}{
		{
			name: "delete, and they resumed it", pause: true, ours: rules.Delete{Address: "one"}, want: "file",
			theirs: func(paused string) map[string][]byte { return map[string][]byte{paused: nil, one: was} },
		},
		{
			name: "resume, and they deleted it", pause: true, ours: rules.Resume{Address: "one"}, conflict: `no rule "one"`,
			theirs: func(paused string) map[string][]byte { return map[string][]byte{paused: nil, one: nil} },
		},
		{
			name: "resume, and they resumed it", pause: true, ours: rules.Resume{Address: "one"},
			theirs: func(paused string) map[string][]byte { return map[string][]byte{paused: nil, one: was} },
		},
		{name: "delete, and they paused it", ours: rules.Delete{Address: "one"}, want: "paused"},
		{name: "pause, and they paused it", ours: rules.Pause{Address: "one", Request: "r1"}},
		{
			name: "pause, and they paused it until another time", ours: rules.Pause{Address: "one", Until: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Request: "r1"},
			conflict: `Somebody else paused "one" too: until somebody resumes it, and not until 2030-01-01 00:00:00 UTC.`,
		},
		{name: "rename, and they paused it", ours: rules.Rename{Address: "one", Name: "two"}, conflict: "is paused"},
		{name: "edit, and they paused it", ours: rules.Edit{Address: "one", Alteration: rules.Alteration{Expr: "up == 1"}}, conflict: "Later changes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			base := b.store.Commit(rules.Commit{Subject: "base", Files: map[string][]byte{one: was}}).Revision()
			pause := b.commitOwn(t, rules.Pause{Address: "one", Request: "r0"})
			var path string
			var content []byte
			for _, f := range pause.Files {
				if strings.HasPrefix(f.Path, "paused/") {
					path = f.Path
					content, _ = pause.After.Read(path)
				}
			}
			theirs := map[string][]byte{path: content, one: nil}
			if test.pause {
				theirs = test.theirs(path)
			} else {
				b.store.Commit(rules.Commit{Subject: "back to " + base, Files: map[string][]byte{path: nil, one: was}})
			}
			own := b.commitOwn(t, test.ours)
			again, err := b.Replan(t.Context(), own, b.store.Commit(rules.Commit{Subject: "theirs", Files: theirs}))
			if err != nil {
				t.Fatal(err)
			}
			delete(again.Files, "journal/page.md")
			want := map[string][]byte{}
			if test.want != "" {
				want[map[string]string{"paused": path, "file": one}[test.want]] = nil
			}
			if diff := cmp.Diff(want, again.Files); diff != "" {
				t.Errorf("planned again as %q (-want +got):\n%s", again.Body, diff)
			}
			if isConflict := rules.TrailerOf(again.Trailers, "Action") == rules.ConflictAction; isConflict != (test.conflict != "") || !strings.Contains(again.Body, test.conflict) {
				t.Errorf("planned again as %q %q", again.Subject, again.Body)
			}
		})
	}
}

// A rule is put back without what else stood in its file only where somebody forced that: not where somebody else changed meanwhile what its pause remembers.
func TestAResumptionIsPlannedAgainAsItWasForced(t *testing.T) {
	t.Parallel()
	const one = "prometheus/ops/one.yaml"
	good := ruleFile("one", "one", "up == 0", critical)
	bad := "x: 1\n" + good
	for _, test := range []struct {
		name           string
		force          bool
		before, theirs string // what the pause remembers of the file
		want           string // of the file; "" where it is not put back
	}{
		{name: "not forced", before: good, theirs: bad},
		{name: "forced, which it need not be", force: true, before: good, theirs: bad},
		{name: "not forced, and still good", before: good, theirs: "# Ours.\n" + good, want: "# Ours.\n" + good},
		{name: "forced", force: true, before: bad, theirs: bad, want: good},
		{name: "forced, and changed", force: true, before: bad, theirs: "y: 1\n" + good, want: good},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.store.Commit(rules.Commit{Subject: "base", Files: map[string][]byte{one: []byte(good)}})
			var path, pause string
			for _, f := range b.commitOwn(t, rules.Pause{Address: "one", Request: "r0"}).Files {
				if strings.HasPrefix(f.Path, "paused/") {
					path = f.Path
				}
			}
			head, err := b.store.Head(t.Context())
			if err == nil {
				var content []byte
				content, err = head.Read(path)
				pause, _, _ = strings.Cut(string(content), "was: |\n")
			}
			if err != nil {
				t.Fatal(err)
			}
			remembers := func(was string) []byte {
				return []byte(pause + "was: |\n  " + strings.ReplaceAll(strings.TrimSuffix(was, "\n"), "\n", "\n  ") + "\n")
			}
			b.store.Commit(rules.Commit{Subject: "as it was once", Files: map[string][]byte{path: remembers(test.before)}})
			own := b.commitOwn(t, rules.Resume{Address: "one", Force: test.force})
			again, err := b.Replan(t.Context(), own, b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{path: remembers(test.theirs), one: nil}}))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(again.Files[one]); got != test.want {
				t.Errorf("planned again as %q, it stands in\n%s\nnot in\n%s", again.Body, got, test.want)
			}
			if test.want == "" && !strings.Contains(again.Body, `For that say: resume one force reason="…"`) {
				t.Errorf("left aside without what mends it: %s", again.Body)
			}
		})
	}
}
