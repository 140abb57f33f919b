package rules

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// after returns the files as a change leaves them.
func (t memoryTree) after(c Change) memoryTree {
	next := maps.Clone(t)
	for path, content := range c.Files {
		if delete(next, path); content != nil {
			next[path] = string(content)
		}
	}
	return next
}

// changeFile is where the rules of the tests below stand.
const changeFile = `# licence
groups:
- name: g
  interval: 1m
  rules:
  # about A
  - alert: A
    # expires: 2026-12-01T00:00:00Z
    expr: up == 0 # down
    labels: {severity: page}

  - alert: B
    expr: job:up:sum < 3
  - alert: B
    expr: up
- name: h
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
`

// Every change is undone exactly, and, where a rule goes elsewhere, its history goes with it.
func TestChangesAreUndone(t *testing.T) {
	t.Parallel()
	tree := memoryTree{
		"prometheus/ops/a.yaml":   changeFile,
		"prometheus/ops/use.yaml": "groups:\n- name: use\n  rules:\n  - alert: C\n    expr: absent(ALERTS{alertname=\"A\"})\n",
		"prometheus/ops/one.yaml": "# why\ngroups:\n- name: one\n  rules:\n  - alert: One\n    expr: up == 1\n",
	}
	until := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	at := func(path, group, name string, nth int) Ref {
		return Ref{Ruler: "prometheus", Path: path, Group: group, Name: name, Nth: nth}
	}
	for _, test := range []struct {
		name    string
		intent  Intent
		subject string
		lines   string
		moved   [2]Ref // from, to
	}{
		{name: "rename", intent: Rename{Address: "One", Name: "Two"}, subject: "rename One to Two", lines: "-  - alert: One\n+  - alert: Two\n",
			moved: [2]Ref{at("ops/one.yaml", "one", "One", 1), at("ops/one.yaml", "one", "Two", 1)}},
		{name: "rename the first of two", intent: Rename{Address: "B#1", Name: "D"}, subject: "rename B to D", lines: "-  - alert: B\n+  - alert: D\n",
			moved: [2]Ref{at("ops/a.yaml", "g", "B", 1), at("ops/a.yaml", "g", "D", 1)}},
		{name: "rename what is in use", intent: Rename{Address: "A", Name: "D", Force: true}, subject: "rename A to D", lines: "-  - alert: A\n+  - alert: D\n",
			moved: [2]Ref{at("ops/a.yaml", "g", "A", 1), at("ops/a.yaml", "g", "D", 1)}},
		{name: "move to a group that there is", intent: Move{Address: "One", Group: "h"}, subject: "move One",
			lines: "+\n+  - alert: One\n+    expr: up == 1\n-# why\n-groups:\n-- name: one\n-  rules:\n-  - alert: One\n-    expr: up == 1\n",
			moved: [2]Ref{at("ops/one.yaml", "one", "One", 1), at("ops/a.yaml", "h", "One", 1)}},
		{name: "move to another namespace", intent: Move{Address: "A", Namespace: "team/web"}, subject: "move A",
			lines: "-  # about A\n-  - alert: A\n-    # expires: 2026-12-01T00:00:00Z\n-    expr: up == 0 # down\n-    labels: {severity: page}\n-\n" +
				"+groups:\n+  - name: g\n+    interval: 1m\n+    rules:\n+      # about A\n+      - alert: A\n+        # expires: 2026-12-01T00:00:00Z\n+        expr: up == 0 # down\n+        labels: {severity: page}\n",
			moved: [2]Ref{at("ops/a.yaml", "g", "A", 1), at("team/web/g.yaml", "g", "A", 1)}},
		{name: "copy", intent: Copy{Address: "A", Name: "D", Alteration: Alteration{Options: Options{For: new(time.Minute)}, Remove: []string{"label.severity"}}}, subject: "copy A to D",
			lines: "+groups:\n+  - name: D\n+    interval: 1m\n+    rules:\n+      - alert: D\n+        # expires: 2026-12-01T00:00:00Z\n+        expr: up == 0\n+        for: 1m\n"},
		{name: "edit many", intent: EditAll{Where: []Condition{{Field: "group", Value: "g"}, {Field: "name", Value: "?"}}, Alteration: Alteration{Options: Options{Labels: map[string]string{"severity": "info"}}}}, subject: "edit A and 2 more",
			lines: "-    labels: {severity: page}\n+    labels:\n+      severity: info\n+    labels:\n+      severity: info\n+    labels:\n+      severity: info\n"},
		{name: "edit an end away", intent: Edit{Address: "A", Alteration: Alteration{Remove: []string{"expires"}}}, subject: "edit A", lines: "-    # expires: 2026-12-01T00:00:00Z\n"},
		{name: "expire", intent: Expire{Ref: at("ops/a.yaml", "g", "A", 1), At: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}, subject: "expire A",
			lines: "-  # about A\n-  - alert: A\n-    # expires: 2026-12-01T00:00:00Z\n-    expr: up == 0 # down\n-    labels: {severity: page}\n-\n"},
		{name: "pause", intent: Pause{Address: "B#2", Until: until, By: Person{Name: "alice"}, Request: "abc", Reason: "loud"}, subject: "pause B until 2026-11-23 00:00:00 UTC"},
		{name: "pause a file's only rule", intent: Pause{Address: "One", By: Person{Name: "alice"}, Request: "abc"}, subject: "pause One"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := bookOf(t, tree)
			change := requirePlan(t, before, test.intent)
			if change.Subject != test.subject {
				t.Errorf("subject %q, want %q", change.Subject, test.subject)
			}
			if diff := cmp.Diff(test.lines, changedLines(before.Diff(change))); test.lines != "" && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			changed := tree.after(change)
			after := bookOf(t, changed)
			undo := requirePlan(t, after, Undo{Before: before, After: after})
			if diff := cmp.Diff(tree, changed.after(undo)); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
			if again := requirePlan(t, before, Undo{Before: after, After: bookOf(t, tree), Force: true}); !cmp.Equal(tree.after(again), changed) {
				t.Errorf("the undo undone: %s", cmp.Diff(changed, tree.after(again)))
			}
			if test.moved != [2]Ref{} {
				requireMoved(t, tree, changed, test.moved)
			}
		})
	}
}

// requireMoved fails the test unless a commit's history says that a rule moved.
func requireMoved(t *testing.T, before, after memoryTree, moved [2]Ref) {
	t.Helper()
	var files []PastFile
	for path, content := range after {
		if before[path] != content {
			files = append(files, PastFile{Path: path, Before: before[path], After: content})
		}
	}
	for path, content := range before {
		if _, stays := after[path]; !stays {
			files = append(files, PastFile{Path: path, Before: content})
		}
	}
	read := func(_ context.Context, id string) ([]byte, error) { return []byte(id), nil }
	versions, err := NewHistorian(bothRulers, read).Versions(t.Context(), PastCommit{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if v.Kind == RuleMoved && v.From == moved[0] && v.Ref == moved[1] {
			return
		}
	}
	t.Errorf("the history says %+v, want a move from %+v to %+v", versions, moved[0], moved[1])
}

// A paused rule comes back exactly as it was, whatever else changed.
func TestResume(t *testing.T) {
	t.Parallel()
	tree := memoryTree{"prometheus/ops/a.yaml": changeFile, "prometheus/ops/one.yaml": "# why\r\ngroups:\r\n- name: one\r\n  rules:\r\n  - alert: One\r\n    expr: up == 1"}
	for _, address := range []string{"A", "B#2", "One", "ops/h/job:up:sum"} {
		pause := requirePlan(t, bookOf(t, tree), Pause{Address: address, By: Person{Name: "alice"}, Request: "abc", Force: true, Reason: "a \"reason\": with\nlines"})
		paused := tree.after(pause)
		book := bookOf(t, paused)
		all := book.Paused()
		if len(all) != 1 || all[0].By != "alice" || all[0].Request != "abc" || all[0].Source == "" {
			t.Fatalf("%s: paused %+v", address, all)
		}
		resume := requirePlan(t, book, Resume{Address: all[0].Address(), Request: "abc"})
		if diff := cmp.Diff(tree, paused.after(resume)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
		undone := paused.after(resume).after(requirePlan(t, bookOf(t, paused.after(resume)), Undo{Before: book, After: bookOf(t, paused.after(resume)), Force: true}))
		if diff := cmp.Diff(paused, undone); diff != "" {
			t.Errorf("%s: the resumption undone (-want +got):\n%s", address, diff)
		}
		if _, err := (Resume{Address: all[0].Ref.Name, Request: "another"}).Plan(book); KindOf(err) != NotFound {
			t.Errorf("%s: resumed for another pause: %v", address, err)
		}
		_, err := Edit{Address: all[0].Address(), Alteration: Alteration{Expr: "up"}}.Plan(book)
		if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Text, "is paused") || len(e.Fixes) > 0 {
			t.Errorf("%s: edited while it is paused: %v", address, err)
		}
		if change := requirePlan(t, book, Delete{Address: all[0].Ref.Name}); address != "B#2" && len(paused.after(change)) != len(paused)-1 {
			t.Errorf("%s: deleted while it is paused: %v", address, sortedKeys(change.Files))
		}
	}
	// Other rules of its file come and go meanwhile.
	paused := tree.after(requirePlan(t, bookOf(t, tree), Pause{Address: "B#2", Request: "abc"}))
	paused["prometheus/ops/a.yaml"] = strings.Replace(paused["prometheus/ops/a.yaml"], "job:up:sum < 3", "job:up:sum < 4", 1)
	resumed := paused.after(requirePlan(t, bookOf(t, paused), Resume{Address: "B"}))
	// Rules that come are parted by blank lines where others are.
	if want := strings.Replace(changeFile, "job:up:sum < 3\n", "job:up:sum < 4\n\n", 1); resumed["prometheus/ops/a.yaml"] != want {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, resumed["prometheus/ops/a.yaml"]))
	}
}

// What others use is not taken from them, unless that is forced.
func TestInUse(t *testing.T) {
	t.Parallel()
	const group = "groups:\n- name: %\n  rules:\n"
	rule := func(name, kind, expression string) string {
		return strings.ReplaceAll(group, "%", name) + "  - " + kind + ": " + name + "\n    expr: " + expression + "\n"
	}
	tree := memoryTree{
		"prometheus/a.yaml": rule("job:up:sum", "record", "sum by (job) (up)"),
		"prometheus/b.yaml": rule("ByRegexp", "alert", "'{__name__=~\"job:up:.*\"} > 3'"),
		"prometheus/c.yaml": rule("ByName", "alert", "job:up:sum > 3"),
		"prometheus/d.yaml": rule("NotByName", "alert", "'up{job=\"job:up:sum\"} > 3'"),
		"prometheus/e.yaml": rule("Meta", "alert", "'sum(ALERTS{alertname=~\"By.*\", alertstate=\"firing\"}) > 3'"),
		"prometheus/f.yaml": rule("Every", "alert", "'count(ALERTS) > 3'"),
		"loki/g.yaml":       rule("log:lines", "record", "'sum(rate({job=\"x\"}[5m]))'"),
		"prometheus/h.yaml": rule("OfLogs", "alert", "log:lines > 3"),
	}
	book := bookOf(t, tree)
	for _, test := range []struct {
		intent Intent
		users  string // "" when it is not refused
	}{
		{Delete{Address: "job:up:sum"}, "ByRegexp, ByName read what it records"},
		{Rename{Address: "job:up:sum", Name: "job:up:total"}, "ByName"},
		{Rename{Address: "job:up:sum", Name: "job:up:total", Force: true}, ""},
		{Pause{Address: "job:up:sum"}, "ByName"},
		{Delete{Address: "ByName"}, "Meta read whether it fires"},
		{Delete{Address: "ByName", Force: true}, ""},
		{Delete{Address: "NotByName"}, ""},
		{Delete{Address: "Meta"}, ""},
		{Delete{Address: "log:lines"}, "OfLogs"},
		{Move{Address: "ByName", Group: "other"}, ""},
		{Edit{Address: "job:up:sum", Alteration: Alteration{Expr: "sum(up)"}}, ""},
		{Undo{Before: bookOf(t, memoryTree{}), After: bookOf(t, memoryTree{"prometheus/a.yaml": tree["prometheus/a.yaml"]})}, "ByName"},
	} {
		_, err := test.intent.Plan(book)
		var e *Error
		if (err == nil) != (test.users == "") || err != nil && (!errors.As(err, &e) || e.Kind != Conflict || !strings.Contains(e.Text, test.users)) {
			t.Errorf("%+v: %v, want %q", test.intent, err, test.users)
		}
	}
	// Another rule of its name writes the same series.
	tree["prometheus/i.yaml"] = rule("job:up:sum", "record", "sum by (job) (up)")
	if _, err := (Delete{Address: "prometheus:a.yaml/job:up:sum/job:up:sum"}).Plan(bookOf(t, tree)); err != nil {
		t.Error(err)
	}
}
