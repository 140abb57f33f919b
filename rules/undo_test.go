package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUndo(t *testing.T) {
	t.Parallel()
	empty := bookOf(t, memoryTree{})
	change := requirePlan(t, empty, Add{Name: "A", Expr: "up == 0", Options: Options{Ruler: "prometheus", Namespace: "ops"}})
	after := empty.With(change.Files)
	commit := PastCommit{Found: Found{Revision: "1111", Subject: change.Subject, Trailers: []Trailer{{"Alert", "A"}, {"Request-Id", "abc"}}}}
	undo := requirePlan(t, after, Undo{Commit: commit, Before: empty, After: after, Reason: "a mistake"})
	want := Change{
		Ruler: "prometheus", Files: map[string][]byte{"prometheus/ops/" + change.Refs[0].Path[len("ops/"):]: nil}, Refs: change.Refs,
		Subject: "undo add A", Reason: "a mistake", Trailers: []Trailer{{"Undoes", "abc"}},
	}
	if diff := cmp.Diff(want, undo); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	commit.Trailers = nil
	if trailers := requirePlan(t, after, Undo{Commit: commit, Before: empty, After: after}).Trailers; trailers[0].Value != "1111" {
		t.Errorf("an external commit is named %q", trailers[0].Value)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	const file = "# licence\ngroups:\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n  # about B\n  - alert: B\n    expr: up # here\n  - alert: B\n    expr: up > 1\n"
	ref := func(name string, nth int) Ref {
		return Ref{Ruler: "prometheus", Path: "ops/a.yaml", Group: "g", Name: name, Nth: nth}
	}
	for _, test := range []struct {
		name    string
		now     memoryTree
		ref     Ref
		follow  Ref // what the history says
		path    string
		want    string
		touched []Ref
		refused Kind
	}{
		{
			name: "deleted", ref: ref("B", 1), touched: []Ref{ref("B", 1)},
			now:  memoryTree{"prometheus/ops/a.yaml": strings.Replace(file, "  # about B\n  - alert: B\n    expr: up # here\n", "", 1)},
			want: file,
		},
		{
			name: "changed, and its comment too", ref: ref("B", 1), touched: []Ref{ref("B", 1)},
			now:  memoryTree{"prometheus/ops/a.yaml": strings.Replace(file, "  # about B\n  - alert: B\n    expr: up # here\n", "  # new\n  - alert: B\n    expr: up == 7\n    for: 1m\n", 1)},
			want: file,
		},
		{
			name: "its comment alone", ref: ref("B", 1), touched: []Ref{ref("B", 1)},
			now:  memoryTree{"prometheus/ops/a.yaml": strings.Replace(file, "# about B", "# new", 1)},
			want: file,
		},
		{
			name: "with its file", ref: ref("A", 1), touched: []Ref{ref("A", 1)},
			now:  memoryTree{},
			want: "# licence\ngroups:\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n",
		},
		{
			name: "renamed and moved, as its history tells", ref: ref("A", 1),
			follow:  Ref{Ruler: "prometheus", Path: "new.yaml", Group: "h", Name: "C", Nth: 1},
			now:     memoryTree{"prometheus/new.yaml": "groups:\n  - name: h\n    rules:\n      - alert: C\n        expr: up < 1\n"},
			path:    "prometheus/new.yaml",
			want:    "groups:\n  - name: h\n    rules:\n      - alert: A\n        expr: up\n",
			touched: []Ref{{Ruler: "prometheus", Path: "new.yaml", Group: "h", Name: "A", Nth: 1}, {Ruler: "prometheus", Path: "new.yaml", Group: "h", Name: "C", Nth: 1}},
		},
		{
			name: "its file was renamed", ref: ref("B", 2), touched: []Ref{{Ruler: "prometheus", Path: "b.yaml", Group: "g", Name: "B", Nth: 2}},
			now:  memoryTree{"prometheus/b.yaml": strings.Replace(file, "  - alert: B\n    expr: up > 1\n", "", 1)},
			path: "prometheus/b.yaml", want: file,
		},
		{name: "as it was", ref: ref("B", 2), now: memoryTree{"prometheus/ops/a.yaml": file}, refused: Conflict},
		{name: "not there then", ref: ref("C", 1), now: memoryTree{"prometheus/ops/a.yaml": file}, refused: NotFound},
		{name: "where nothing can be edited", ref: ref("A", 1), now: memoryTree{"prometheus/ops/a.yaml": "groups: [{name: g, rules: [{alert: Z, expr: up}]}]\n"}, refused: Conflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := bookOf(t, test.now)
			intent := Restore{From: bookOf(t, memoryTree{"prometheus/ops/a.yaml": file}), Ref: test.ref, Now: test.follow, Commit: PastCommit{Found: Found{Revision: "1111"}}}
			if test.refused != "" {
				if change, err := intent.Plan(book); KindOf(err) != test.refused {
					t.Fatalf("got %+v, %v", change, err)
				}
				return
			}
			change := requirePlan(t, book, intent)
			if test.path == "" {
				test.path = "prometheus/ops/a.yaml"
			}
			if diff := cmp.Diff(map[string]string{test.path: test.want}, contents(change.Files)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !slices.Equal(change.Refs, test.touched) || change.Subject != "restore "+test.ref.Name || change.Trailers[0] != (Trailer{"Restored-From", "1111"}) {
				t.Errorf("got %+v", change)
			}
		})
	}
}

func contents(files map[string][]byte) map[string]string {
	texts := map[string]string{}
	for path, content := range files {
		texts[path] = string(content)
	}
	return texts
}

// What a command did is taken back where its rule stands by now, or the undo says that it cannot be.
func TestUndoFollowsTheRule(t *testing.T) {
	t.Parallel()
	add := func(name, group string) Add {
		return Add{Name: name, Expr: "up == " + name[1:], Options: Options{Ruler: "prometheus", Namespace: "ops", Group: group}}
	}
	one := add("r1", "")
	until := Pause{Address: "r1", Request: "p"}
	for _, test := range []struct {
		name    string
		undo    int // which of the intents
		intents []Intent
		refused string
		want    []string // the rules afterwards: path name
	}{
		{name: "add, and it was moved", intents: []Intent{one, Move{Address: "r1", Namespace: "web"}}},
		{name: "add, and it was renamed", intents: []Intent{one, Rename{Address: "r1", Name: "r2"}}},
		{name: "add, and it was paused", intents: []Intent{one, until}},
		{
			name: "add, and it was moved and changed", refused: "Later changes",
			intents: []Intent{one, Move{Address: "r1", Namespace: "web"}, Edit{Address: "r1", Alteration: Alteration{Expr: "up == 7"}}},
		},
		{name: "add, and it was deleted", intents: []Intent{one, Delete{Address: "r1"}}, refused: "nothing to do"},
		{name: "rename, and it was deleted", undo: 1, intents: []Intent{one, Rename{Address: "r1", Name: "r2"}, Delete{Address: "r2"}}, refused: "Later changes"},
		{
			name: "rename, and it was moved", undo: 1, want: []string{"web/r1.yaml r1"},
			intents: []Intent{one, Rename{Address: "r1", Name: "r2"}, Move{Address: "r2", Namespace: "web"}},
		},
		{
			name: "rename, and it was changed", undo: 1, refused: "Later changes",
			intents: []Intent{one, Rename{Address: "r1", Name: "r2"}, Edit{Address: "r2", Alteration: Alteration{Expr: "up == 7"}}},
		},
		{name: "rename", undo: 1, intents: []Intent{one, Rename{Address: "r1", Name: "r2"}}, want: []string{"ops/r1.yaml r1"}},
		{name: "move, and it was deleted", undo: 1, intents: []Intent{one, Move{Address: "r1", Namespace: "web"}, Delete{Address: "r1"}}, refused: "Later changes"},
		{
			name: "move, and it was moved on", undo: 1, want: []string{"ops/r1.yaml r1"},
			intents: []Intent{one, Move{Address: "r1", Namespace: "web"}, Move{Address: "r1", Namespace: "y"}},
		},
		{name: "move, and it was paused", undo: 1, intents: []Intent{one, Move{Address: "r1", Namespace: "web"}, until}, refused: "Later changes"},
		{name: "move, and it was moved back", undo: 1, intents: []Intent{one, Move{Address: "r1", Namespace: "web"}, Move{Address: "r1", Namespace: "ops"}}, refused: "nothing to do"},
		{name: "pause, and it was deleted", undo: 1, intents: []Intent{one, until, Delete{Address: "r1"}}, refused: "Later changes"},
		{name: "pause, and it was resumed", undo: 1, intents: []Intent{one, until, Resume{Address: "r1"}}, refused: "nothing to do"},
		{
			name: "edit of the end, and the expression was changed", undo: 1, refused: "Later changes",
			intents: []Intent{
				one, Edit{Address: "r1", Alteration: Alteration{Options: Options{Expires: &neverOver}}}, Edit{Address: "r1", Alteration: Alteration{Expr: "up == 7"}},
			},
		},
		{
			name: "delete, and a neighbour was deleted too", undo: 3, want: []string{"ops/g.yaml r2", "ops/g.yaml r3"},
			intents: []Intent{add("r1", "g"), add("r2", "g"), add("r3", "g"), Delete{Address: "r2"}, Delete{Address: "r1"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book, sides := bookOf(t, memoryTree{}), make([][2]*Book, len(test.intents))
			for i, intent := range test.intents {
				after := book.With(requirePlan(t, book, intent).Files)
				sides[i], book = [2]*Book{book, after}, after
			}
			undo := Undo{Before: sides[test.undo][0], After: sides[test.undo][1], Commit: PastCommit{Found: Found{Revision: "1111", Subject: "it"}}}
			if test.refused != "" {
				if change, err := undo.Plan(book); KindOf(err) != Conflict || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %v, %+v", err, change)
				}
				return
			}
			after := book.With(requirePlan(t, book, undo).Files)
			var got []string
			for _, e := range after.Entries("") {
				got = append(got, e.Ref.Path+" "+e.Ref.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(after.Paused()) > 0 {
				t.Errorf("paused %v; (-want +got):\n%s", after.Paused(), diff)
			}
		})
	}
}

var neverOver = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// Deletes are taken back in any order, and the group's rules stand as they stood.
func TestUndoOfDeletesKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const text = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 1\n      - alert: B\n        expr: up == 2\n      - alert: C\n        expr: up == 3\n"
	for _, deleted := range []string{"AB", "BA", "BC", "CB", "AC", "CA"} {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			book := bookOf(t, memoryTree{"prometheus/g.yaml": text})
			sides, gone := []*Book{book}, map[string]*Book{}
			for _, name := range deleted {
				gone[string(name)] = book
				book = book.With(requirePlan(t, book, Delete{Address: string(name)}).Files)
				sides = append(sides, book)
			}
			for _, i := range order {
				undo := Undo{Before: sides[i], After: sides[i+1], Commit: PastCommit{Found: Found{Revision: "1111", Subject: "it"}}}
				for _, ref := range undo.Newcomers(book) {
					undo.Earlier = append(undo.Earlier, gone[ref.Name])
				}
				book = book.With(requirePlan(t, book, undo).Files)
			}
			if diff := cmp.Diff(text, string(book.file("prometheus", "g.yaml").content)); diff != "" {
				t.Errorf("%s deleted, taken back in the order %v (-want +got):\n%s", deleted, order, diff)
			}
		}
	}
}
