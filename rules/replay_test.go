package rules

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// replayCases are a file at three times: before and after a commit, and now; with what the commit's doing again, or its undoing, makes of it.
var replayCases = []struct {
	name               string
	before, after, now string // "" is no file
	back               bool
	want               string // "" is no file
	refs               []string
}{
	{
		name:   "a rule was added between two, and a later one was added at the end",
		before: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: C\n    expr: up\n",
		after:  "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  # about B\n  - alert: B # x\n    expr: up\n  - alert: C\n    expr: up\n",
		now:    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: C\n    expr: up\n  - alert: D\n    expr: up\n",
		want:   "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  # about B\n  - alert: B # x\n    expr: up\n  - alert: C\n    expr: up\n  - alert: D\n    expr: up\n",
		refs:   []string{"g/B"},
	},
	{
		name: "the same is undone", back: true,
		before: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: C\n    expr: up\n",
		after:  "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  # about B\n  - alert: B # x\n    expr: up\n  - alert: C\n    expr: up\n",
		now:    "# new\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n  # about B\n  - alert: B # x\n    expr: up\n  - alert: C\n    expr: up\n",
		want:   "# new\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n  - alert: C\n    expr: up\n",
		refs:   []string{"g/B"},
	},
	{
		name: "a deleted rule comes back with its comments and blank lines, at its place, at another indentation", back: true,
		before: "groups:\n- name: g\n  rules:\n\n  - alert: A\n    expr: up\n\n  # about B\n  - alert: B\n    expr: |\n      up\n        > 1\n\n  - alert: C\n    expr: up\n",
		after:  "groups:\n- name: g\n  rules:\n\n  - alert: A\n    expr: up\n\n  - alert: C\n    expr: up\n",
		now:    "groups:\n  - name: g\n    rules:\n\n      - alert: A\n        expr: up\n\n      - alert: C\n        expr: up\n",
		want:   "groups:\n  - name: g\n    rules:\n\n      - alert: A\n        expr: up\n\n      # about B\n      - alert: B\n        expr: |\n          up\n            > 1\n\n      - alert: C\n        expr: up\n",
		refs:   []string{"g/B"},
	},
	{
		name:   "a changed rule, when the comment above it is another by now",
		before: "groups:\n- name: g\n  rules:\n  # old\n  - alert: A\n    expr: up\n",
		after:  "groups:\n- name: g\n  rules:\n  # old\n  - alert: A\n    expr: up > 1\n    for: 5m\n",
		now:    "groups:\n- name: g\n  rules:\n  # new\n  - alert: A\n    expr: up\n",
		want:   "groups:\n- name: g\n  rules:\n  # new\n  - alert: A\n    expr: up > 1\n    for: 5m\n",
		refs:   []string{"g/A"},
	},
	{
		name: "a group was deleted with its file's first lines", back: true,
		before: "groups:\n# about g\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n- name: h\n  rules:\n  - alert: B\n    expr: up\n",
		after:  "groups:\n- name: h\n  rules:\n  - alert: B\n    expr: up\n",
		now:    "groups:\n- name: h\n  rules:\n  - alert: B\n    expr: up > 1\n",
		want:   "groups:\n# about g\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n- name: h\n  rules:\n  - alert: B\n    expr: up > 1\n",
		refs:   []string{"g/A"},
	},
	{
		name: "a file was deleted, and another one of its name is there", back: true,
		before: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n",
		after:  "",
		now:    "groups:\n- name: h\n  rules:\n  - alert: B\n    expr: up\n",
		want:   "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n- name: h\n  rules:\n  - alert: B\n    expr: up\n",
		refs:   []string{"g/A"},
	},
	{
		name: "one of two deleted rules, when the file went with the other later", back: true,
		before: "# licence\ngroups:\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n",
		after:  "# licence\ngroups:\n- name: g\n  interval: 1m\n  rules:\n  - alert: B\n    expr: up\n",
		now:    "",
		want:   "# licence\ngroups:\n- name: g\n  interval: 1m\n  rules:\n  - alert: A\n    expr: up\n",
		refs:   []string{"g/A"},
	},
	{
		name: "the addition that made a file, when somebody put a second rule into it", back: true,
		before: "",
		after:  "groups:\n- name: A\n  rules:\n  - alert: A\n    expr: up\n",
		now:    "groups:\n- name: A\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n",
		want:   "groups:\n- name: A\n  rules:\n  - alert: B\n    expr: up\n",
		refs:   []string{"A/A"},
	},
	{
		name:   "what a group says for all its rules",
		before: "groups:\n- name: g\n  interval: 1m # a minute\n  rules:\n  - alert: A\n    expr: up\n",
		after:  "groups:\n- name: g\n  interval: 5m # five\n  rules:\n  - alert: A\n    expr: up\n",
		now:    "groups:\n  - name: g\n    interval: 1m # a minute\n    rules:\n      - alert: A\n        expr: up\n      - alert: B\n        expr: up\n",
		want:   "groups:\n  - name: g\n    interval: 5m # five\n    rules:\n      - alert: A\n        expr: up\n      - alert: B\n        expr: up\n",
		refs:   []string{"g/A", "g/B"},
	},
	{
		name: "the group has another name by now", back: true,
		before: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n",
		after:  "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n  - alert: B\n    expr: up\n",
		now:    "groups:\n- name: other\n  rules:\n  - alert: A\n    expr: up > 1\n  - alert: B\n    expr: up\n",
		want:   "groups:\n- name: other\n  rules:\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n",
		refs:   []string{"other/A"},
	},
	{
		name: "the second of three rules of one name", back: true,
		before: "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n  - alert: A\n    expr: up > 3\n",
		after:  "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n  - alert: A\n    expr: up > 2\n  - alert: A\n    expr: up > 3\n",
		now:    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 2\n  - alert: A\n    expr: up > 3\n",
		want:   "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 3\n",
		refs:   []string{"g/A"},
	},
	{
		name: "Windows line ends", back: true,
		before: "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n  - alert: B\r\n    expr: up\r\n",
		after:  "groups:\r\n- name: g\r\n  rules:\r\n  - alert: B\r\n    expr: up\r\n",
		now:    "groups:\r\n- name: g\r\n  rules:\r\n  - alert: B\r\n    expr: up > 1\r\n",
		want:   "groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: up\r\n  - alert: B\r\n    expr: up > 1\r\n",
		refs:   []string{"g/A"},
	},
}

func TestReplay(t *testing.T) {
	t.Parallel()
	for _, test := range replayCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, after, now := bookOf(t, oneFile(test.before)), bookOf(t, oneFile(test.after)), bookOf(t, oneFile(test.now))
			change := requirePlan(t, now, Replay{Before: before, After: after, Back: test.back, Verb: "undo"})
			if diff := cmp.Diff(test.want, string(change.Files["prometheus/ops/a.yaml"])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var refs []string
			for _, ref := range change.Refs {
				refs = append(refs, ref.Group+"/"+ref.Name)
			}
			if !slices.Equal(refs, test.refs) {
				t.Errorf("touched %q, want %q", refs, test.refs)
			}
		})
	}
}

func oneFile(content string) memoryTree {
	if content == "" {
		return memoryTree{}
	}
	return memoryTree{"prometheus/ops/a.yaml": content}
}

func TestReplayConflict(t *testing.T) {
	t.Parallel()
	file := func(rules string) string { return "groups:\n- name: g\n  rules:\n" + rules }
	rule := func(name, expr string) string { return "  - alert: " + name + "\n    expr: " + expr + "\n" }
	for _, test := range []struct {
		name               string
		before, after, now string
		back               bool
		text               string
		detail             []string // parts, in their order
	}{
		{
			name: "a changed rule was changed again", back: true,
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("A", "up > 1") + rule("B", "up")), now: file(rule("A", "up > 2") + rule("B", "up")),
			text: `"A" in prometheus/ops/a.yaml`,
			detail: []string{"--- before that commit", "+++ after that commit", "-  expr: up\n", "+  expr: up > 1\n",
				"--- after that commit", "+++ now", "-  expr: up > 1\n", "+  expr: up > 2"},
		},
		{
			name: "an added rule was changed", back: true,
			before: file(rule("B", "up")), after: file(rule("A", "up") + rule("B", "up")), now: file(rule("A", "up > 2") + rule("B", "up")),
			text: `"A" in`, detail: []string{"+- alert: A\n", "-  expr: up\n", "+  expr: up > 2"},
		},
		{
			name: "a deleted rule was added again, otherwise", back: true,
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("B", "up")), now: file(rule("B", "up") + rule("A", "up > 2")),
			text: `"A" in`, detail: []string{"-- alert: A\n", "+- alert: A\n+  expr: up > 2"},
		},
		{
			name: "a changed rule was deleted", back: true,
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("A", "up > 1") + rule("B", "up")), now: file(rule("B", "up")),
			text: `"A" in`, detail: []string{"+  expr: up > 1\n", "-- alert: A\n"},
		},
		{
			name:   "the order of rules, and one of them was changed",
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("B", "up") + rule("A", "up")), now: file(rule("A", "up > 2") + rule("B", "up")),
			text: "the file prometheus/ops/a.yaml", detail: []string{"before that commit"},
		},
		{
			name:   "the file is no YAML now",
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("B", "up")), now: "groups: [",
			text: "the file prometheus/ops/a.yaml", detail: []string{"before that commit"},
		},
		{
			name:   "nothing is left to do",
			before: file(rule("A", "up") + rule("B", "up")), after: file(rule("B", "up")), now: file(rule("B", "up > 1")),
			text: "There is nothing to do",
		},
		{
			name:   "the commit changed nothing",
			before: file(rule("A", "up")), after: file(rule("A", "up")), now: file(rule("A", "up")),
			text: "changed no rules",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			change, err := Replay{Before: bookOf(t, oneFile(test.before)), After: bookOf(t, oneFile(test.after)), Back: test.back}.Plan(bookOf(t, oneFile(test.now)))
			var e *Error
			if !errors.As(err, &e) || e.Kind != Conflict || !strings.Contains(e.Text, test.text) {
				t.Fatalf("got %+v, %v", change, err)
			}
			rest := e.Detail
			for _, part := range test.detail {
				_, after, ok := strings.Cut(rest, part)
				if !ok {
					t.Fatalf("no %q in its place in\n%s", part, e.Detail)
				}
				rest = after
			}
		})
	}
}

func TestReplaySeveralFiles(t *testing.T) {
	t.Parallel()
	a, b := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n", "groups:\n- name: h\n  rules:\n  - alert: B\n    expr: up\n"
	logs := "groups:\n- name: l\n  rules:\n  - alert: L\n    expr: sum(count_over_time({a=\"b\"}[1m])) > 0\n"
	before := bookOf(t, memoryTree{"prometheus/a.yaml": a, "prometheus/b.yaml": b})
	after := bookOf(t, memoryTree{"prometheus/b.yaml": strings.Replace(b, "up", "up > 1", 1), "prometheus/new/a.yaml": a, "loki/l.yaml": logs})
	_, err := Replay{Before: before, After: after, Back: true}.Plan(after)
	if KindOf(err) != Conflict || !strings.Contains(err.Error(), "several rulers (prometheus, loki)") {
		t.Errorf("got %v", err)
	}
	change := requirePlan(t, after, Replay{Before: before, After: after, Back: true, Ruler: "prometheus", Verb: "undo"})
	want := map[string][]byte{"prometheus/a.yaml": []byte(a), "prometheus/b.yaml": []byte(b), "prometheus/new/a.yaml": nil}
	if diff := cmp.Diff(want, change.Files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if change.Subject != "undo A and 1 more" {
		t.Errorf("subject %q", change.Subject)
	}
}

// The life of a rulebook at random: a commit, then a later one that touches other rules. Each may be any number of edits. The commit done
// again on its parent gives its bytes, undone its parent's; undone after the later one it leaves just that one's.
func TestReplayAtRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 7))
		parent := randomModel(random)
		mine, theirs := map[string]bool{}, map[string]bool{}
		for _, f := range parent.files {
			for _, g := range f.groups {
				for _, r := range g.rules {
					if random.IntN(2) == 0 {
						mine[r.name] = true
					} else {
						theirs[r.name] = true
					}
				}
			}
		}
		commit, later := randomEdits(random, parent, mine, "Mine", 3), randomEdits(random, parent, theirs, "Theirs", 3)
		before, after := parent.book(t), parent.with(commit).book(t)
		now, want := parent.with(slices.Concat(commit, later)).book(t), parent.with(later).book(t)
		if equalFiles(before, after) {
			continue
		}
		requireFiles(t, seed, before, Replay{Before: before, After: after}, after)
		requireFiles(t, seed, after, Replay{Before: before, After: after, Back: true}, before)

		change, err := Replay{Before: before, After: after, Back: true}.Plan(now)
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, explain(before, after, now))
			continue
		}
		got := now.With(change.Files)
		if diff := cmp.Diff(facts(want), facts(got)); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s%s", seed, diff, explain(before, after, now))
		}
	}
}

func explain(before, after, now *Book) string {
	return "PARENT TO COMMIT\n" + diffOf(before, after) + "COMMIT TO NOW\n" + diffOf(after, now)
}

func diffOf(a, b *Book) string {
	files := map[string][]byte{}
	for _, path := range changedPaths(a, b, "prometheus") {
		files["prometheus/"+path] = bytesOf(b.file("prometheus", path))
	}
	return a.Diff(Change{Files: files})
}

func bytesOf(f *file) []byte {
	if f == nil {
		return nil
	}
	return f.content
}

func equalFiles(a, b *Book) bool { return len(changedPaths(a, b, "prometheus")) == 0 }

func requireFiles(t *testing.T, seed uint64, book *Book, intent Intent, want *Book) {
	t.Helper()
	change, err := intent.Plan(book)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if got := book.With(change.Files); !equalFiles(got, want) {
		t.Errorf("seed %d: %s", seed, explain(want, got, got))
	}
}

// facts are all that a book says, comments included, but for the order of a group's rules.
func facts(b *Book) []string {
	var facts []string
	for _, e := range b.Entries("prometheus") {
		facts = append(facts, fmt.Sprintf("%s %s %s %s", e.Ref.Path, e.Ref.Group, e.Interval, e.Source))
	}
	slices.Sort(facts)
	return facts
}

// modelBook is rule files as a test makes them up.
type (
	modelBook struct {
		style style
		files []modelFile
	}
	style     struct{ blank, deep, crlf bool }
	modelFile struct {
		path, head string
		groups     []modelGroup
	}
	modelGroup struct {
		name, interval string
		rules          []modelRule
	}
	modelRule struct{ name, expr, comment string }
)

func randomModel(random *rand.Rand) modelBook {
	m := modelBook{style: style{random.IntN(2) == 0, random.IntN(2) == 0, random.IntN(4) == 0}}
	n := 0
	for f := range 1 + random.IntN(2) {
		file := modelFile{path: fmt.Sprintf("prometheus/f%d.yaml", f), head: "# licence"}
		for g := range 1 + random.IntN(3) {
			group := modelGroup{name: fmt.Sprintf("g%d", g)}
			for range 1 + random.IntN(5) {
				n++
				group.rules = append(group.rules, randomRule(random, fmt.Sprintf("R%d", n)))
			}
			file.groups = append(file.groups, group)
		}
		m.files = append(m.files, file)
	}
	return m
}

func randomRule(random *rand.Rand, name string) modelRule {
	r := modelRule{name: name, expr: fmt.Sprintf("up > %d", random.IntN(1000))}
	if random.IntN(2) == 0 {
		r.comment = "# about " + name
	}
	return r
}

// modelEdit is an edit that can be made of any version of a model that has its rule or group.
type modelEdit struct {
	kind        int
	file, group int
	at          string // the rule that is changed or deleted, or before which one is added; "" is the end
	rule        modelRule
	expr        string
}

// randomEdits makes up edits that touch no rules but those that are named, and add others with a name of their own.
func randomEdits(random *rand.Rand, m modelBook, mayTouch map[string]bool, own string, n int) []modelEdit {
	var edits []modelEdit
	for i := range n {
		file := random.IntN(len(m.files))
		group := random.IntN(len(m.files[file].groups))
		rules := m.files[file].groups[group].rules
		e := modelEdit{
			kind: random.IntN(4), file: file, group: group, rule: randomRule(random, fmt.Sprintf("%s%d", own, i)),
			at: rules[random.IntN(len(rules))].name, expr: fmt.Sprintf("up == %d", random.IntN(1000)),
		}
		if e.kind < 2 || mayTouch[e.at] {
			edits = append(edits, e)
		}
	}
	return edits
}

func (m modelBook) with(edits []modelEdit) modelBook {
	m = m.clone()
	for _, e := range edits {
		file := &m.files[e.file]
		group := &file.groups[e.group]
		at := slices.IndexFunc(group.rules, func(r modelRule) bool { return r.name == e.at })
		switch {
		case e.kind == 0:
			group.rules = slices.Insert(group.rules, max(at, 0), e.rule)
		case e.kind == 1:
			file.groups = append(file.groups, modelGroup{name: "of " + e.rule.name, interval: "3m", rules: []modelRule{e.rule}})
		case at < 0:
		case e.kind == 2:
			group.rules[at].expr = e.expr
		default:
			group.rules = slices.Delete(group.rules, at, at+1)
		}
	}
	for i := range m.files {
		m.files[i].groups = slices.DeleteFunc(m.files[i].groups, func(g modelGroup) bool { return len(g.rules) == 0 })
	}
	m.files = slices.DeleteFunc(m.files, func(f modelFile) bool { return len(f.groups) == 0 })
	return m
}

func (m modelBook) clone() modelBook {
	m.files = slices.Clone(m.files)
	for i := range m.files {
		m.files[i].groups = slices.Clone(m.files[i].groups)
		for j := range m.files[i].groups {
			m.files[i].groups[j].rules = slices.Clone(m.files[i].groups[j].rules)
		}
	}
	return m
}

func (m modelBook) book(t *testing.T) *Book {
	files := memoryTree{}
	for _, f := range m.files {
		files[f.path] = f.text(m.style)
	}
	return bookOf(t, files)
}

func (f modelFile) text(s style) string {
	indent := ""
	if s.deep {
		indent = "  "
	}
	lines := []string{f.head, "groups:"}
	for _, g := range f.groups {
		lines = append(lines, indent+"- name: "+g.name)
		if g.interval != "" {
			lines = append(lines, indent+"  interval: "+g.interval)
		}
		lines = append(lines, indent+"  rules:")
		for i, r := range g.rules {
			if i > 0 && s.blank {
				lines = append(lines, "")
			}
			if r.comment != "" {
				lines = append(lines, indent+indent+"  "+r.comment)
			}
			lines = append(lines, indent+indent+"  - alert: "+r.name, indent+indent+"    expr: "+r.expr)
		}
	}
	end := "\n"
	if s.crlf {
		end = "\r\n"
	}
	return strings.Join(lines, end) + end
}
