package rules_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

var twoRulers = []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}, {Name: "loki", Dialect: expr.LogQL, Dir: "loki"}}

// contentsOf returns how a Historian reads what it meets: a content's id is its text.
func contentsOf(_ context.Context, id string) ([]byte, error) { return []byte(id), nil }

// inGroup returns a rule file with one group; each rule is "Name expression" or "Name expression severity".
func inGroup(name string, all ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "groups:\n- name: %s\n  rules:\n", name)
	for _, r := range all {
		f := strings.Split(r, " ")
		fmt.Fprintf(&b, "  - alert: %s\n    expr: %s\n", f[0], f[1])
		if len(f) > 2 {
			fmt.Fprintf(&b, "    labels: {severity: %s}\n", f[2])
		}
	}
	return b.String()
}

// did returns what a commit did, as text.
func did(t *testing.T, files ...rules.PastFile) []string {
	t.Helper()
	versions, err := rules.NewHistorian(twoRulers, contentsOf).Versions(t.Context(), rules.PastCommit{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	address := func(r rules.Ref) string {
		return fmt.Sprintf("%s:%s/%s/%s#%d", r.Ruler, r.Path, r.Group, r.Name, r.Nth)
	}
	var lines []string
	for _, v := range versions {
		line := string(v.Kind) + " " + address(v.Ref)
		if v.Kind == rules.RuleMoved {
			line += " from " + address(v.From)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestVersions(t *testing.T) {
	t.Parallel()
	const path = "prometheus/a.yaml"
	long := "sum(rate(a[5m]))>0.5*sum(rate(b[5m]))"
	for name, tc := range map[string]struct {
		files []rules.PastFile
		want  []string
	}{
		"nothing":                          {nil, nil},
		"a file that is no rule file":      {[]rules.PastFile{{Path: "prometheus/README.md", After: inGroup("g", "A up")}, {Path: "journal/x.yaml", After: inGroup("g", "A up")}}, nil},
		"a comment":                        {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up"), After: "# why\n" + inGroup("g", "A up")}}, nil},
		"the order of two":                 {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B up"), After: inGroup("g", "B up", "A up")}}, nil},
		"a new file":                       {[]rules.PastFile{{Path: path, After: inGroup("g", "A up", "B up")}}, []string{"added prometheus:a.yaml/g/A#1", "added prometheus:a.yaml/g/B#1"}},
		"a rule is added and one changed":  {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up"), After: inGroup("g", "A up==0", "B up")}}, []string{"changed prometheus:a.yaml/g/A#1", "added prometheus:a.yaml/g/B#1"}},
		"a rule is deleted":                {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B down"), After: inGroup("g", "B down")}}, []string{"deleted prometheus:a.yaml/g/A#1"}},
		"a file becomes no YAML":           {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up"), After: "groups: [ {"}}, []string{"deleted prometheus:a.yaml/g/A#1"}},
		"a file was no YAML":               {[]rules.PastFile{{Path: path, Before: "a: &a [*a]", After: inGroup("g", "A up")}}, []string{"added prometheus:a.yaml/g/A#1"}},
		"a file named one a million times": {[]rules.PastFile{{Path: path, Before: "groups:\n- name: g\n  rules: [&r {alert: A, expr: " + strings.Repeat("u", 1000) + "}" + strings.Repeat(", *r", 50000) + "]", After: inGroup("g", "A up")}}, []string{"added prometheus:a.yaml/g/A#1"}},
		"a rule is renamed":                {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up page"), After: inGroup("g", "B up page")}}, []string{"moved prometheus:a.yaml/g/B#1 from prometheus:a.yaml/g/A#1"}},
		"a rule is renamed and edited":     {[]rules.PastFile{{Path: path, Before: inGroup("g", "A "+long+" page"), After: inGroup("g", "B "+long+" mail")}}, []string{"moved prometheus:a.yaml/g/B#1 from prometheus:a.yaml/g/A#1"}},
		"one goes and a stranger comes":    {[]rules.PastFile{{Path: path, Before: inGroup("g", "A "+long), After: inGroup("g", "B up==0")}}, []string{"added prometheus:a.yaml/g/B#1", "deleted prometheus:a.yaml/g/A#1"}},
		"a group is renamed":               {[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B up"), After: inGroup("h", "A up", "B up")}}, []string{"moved prometheus:a.yaml/h/A#1 from prometheus:a.yaml/g/A#1", "moved prometheus:a.yaml/h/B#1 from prometheus:a.yaml/g/B#1"}},
		"a group is renamed, a rule edited": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B "+long), After: inGroup("h", "A up", "B "+long+" page")}},
			[]string{"moved prometheus:a.yaml/h/A#1 from prometheus:a.yaml/g/A#1", "moved prometheus:a.yaml/h/B#1 from prometheus:a.yaml/g/B#1"},
		},
		"a file is renamed": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up")}, {Path: "prometheus/ops/b.yaml", After: inGroup("g", "A up")}},
			[]string{"moved prometheus:ops/b.yaml/g/A#1 from prometheus:a.yaml/g/A#1"},
		},
		"a file is renamed and edited": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A "+long)}, {Path: "prometheus/ops/b.yaml", After: inGroup("g", "A "+long+" page")}},
			[]string{"moved prometheus:ops/b.yaml/g/A#1 from prometheus:a.yaml/g/A#1"},
		},
		"a file is copied": {
			[]rules.PastFile{{Path: "prometheus/b.yaml", After: inGroup("g", "A up")}},
			[]string{"added prometheus:b.yaml/g/A#1"},
		},
		"a rule goes to another ruler": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up")}, {Path: "loki/a.yaml", After: inGroup("h", "A up")}},
			[]string{"moved loki:a.yaml/h/A#1 from prometheus:a.yaml/g/A#1"},
		},
		"the first of three of one name goes": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a", "A b", "A c"), After: inGroup("g", "A b", "A c")}},
			[]string{"moved prometheus:a.yaml/g/A#1 from prometheus:a.yaml/g/A#2", "moved prometheus:a.yaml/g/A#2 from prometheus:a.yaml/g/A#3", "deleted prometheus:a.yaml/g/A#1"},
		},
		"one more of its name comes before it": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a"), After: inGroup("g", "A b", "A a")}},
			[]string{"added prometheus:a.yaml/g/A#1", "moved prometheus:a.yaml/g/A#2 from prometheus:a.yaml/g/A#1"},
		},
		"two change places": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a", "A b"), After: inGroup("g", "A b", "A a")}},
			[]string{"moved prometheus:a.yaml/g/A#1 from prometheus:a.yaml/g/A#2", "moved prometheus:a.yaml/g/A#2 from prometheus:a.yaml/g/A#1"},
		},
		"one of two files of a rule goes, the other is replaced": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a")}, {Path: "prometheus/b.yaml", Before: inGroup("g", "A b"), After: inGroup("g", "A a")}},
			[]string{"changed prometheus:b.yaml/g/A#1", "deleted prometheus:a.yaml/g/A#1"},
		},
		"what a group says for all its rules": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B up"), After: inGroup("g\n  interval: 10s", "A up", "B up")}},
			[]string{"changed prometheus:a.yaml/g/A#1", "changed prometheus:a.yaml/g/B#1"},
		},
		"what a group says, written otherwise": {
			[]rules.PastFile{{Path: path, Before: inGroup("g\n  interval: 60s\n  labels: {a: b, c: d}", "A up"), After: inGroup("g\n  labels:\n    c: d\n    a: 'b'\n  interval: 1m", "A up")}}, nil,
		},
		"an offset of nothing is one": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up"), After: inGroup("g\n  query_offset: 0s", "A up")}}, []string{"changed prometheus:a.yaml/g/A#1"},
		},
		"a limit": {
			[]rules.PastFile{{Path: path, Before: inGroup("g\n  limit: 1", "A up"), After: inGroup("g", "A up")}}, []string{"changed prometheus:a.yaml/g/A#1"},
		},
		"a group of Loki gets a label, and another one that it had not": {
			[]rules.PastFile{{Path: "loki/a.yaml", Before: inGroup("g\n  labels: {team: x}", "A up"), After: inGroup("g\n  labels: {team: y}", "A up", "B up")}},
			[]string{"changed loki:a.yaml/g/A#1", "added loki:a.yaml/g/B#1"},
		},
		"a group with other settings takes a rule": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A up", "B up"), After: inGroup("g", "B up")}, {Path: "prometheus/b.yaml", After: inGroup("g\n  interval: 10s", "A up")}},
			[]string{"moved prometheus:b.yaml/g/A#1 from prometheus:a.yaml/g/A#1"},
		},
		"a merge takes the group from one side and a rule from the other": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a", "B b"), Others: []string{inGroup("g\n  limit: 3", "A c", "B b")}, After: inGroup("g\n  limit: 3", "A a", "B b")}},
			[]string{"changed prometheus:a.yaml/g/A#1"},
		},
		"a merge takes over from both": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a", "B b"), Others: []string{inGroup("g", "A c", "B d")}, After: inGroup("g", "A a", "B d")}}, nil,
		},
		"a merge makes something of its own": {
			[]rules.PastFile{{Path: path, Before: inGroup("g", "A a", "B b", "C c"), Others: []string{inGroup("g", "A c", "B d", "C c")}, After: inGroup("g", "A e", "B d", "D "+long)}},
			[]string{"changed prometheus:a.yaml/g/A#1", "added prometheus:a.yaml/g/D#1", "deleted prometheus:a.yaml/g/C#1"},
		},
	} {
		if diff := cmp.Diff(tc.want, did(t, tc.files...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestVersionNamesItsAction(t *testing.T) {
	t.Parallel()
	file := rules.PastFile{Path: "loki/a.yaml", After: inGroup("g", "A up")}
	trailer := func(kv ...string) (all []rules.Trailer) {
		for i := 0; i < len(kv); i += 2 {
			all = append(all, rules.Trailer{Key: kv[i], Value: kv[i+1]})
		}
		return all
	}
	for want, trailers := range map[string][]rules.Trailer{
		"undo":     trailer("Action", "undo", "Request-Id", "r1"),
		"external": trailer("Action", "undo"),
		"":         trailer("Request-Id", "r1"),
	} {
		c := rules.PastCommit{Files: []rules.PastFile{file}}
		c.Trailers, c.Revision = trailers, "abc"
		versions, err := rules.NewHistorian(twoRulers, contentsOf).Versions(t.Context(), c)
		if err != nil || len(versions) != 1 || versions[0].Action != want || versions[0].Commit.Revision != "abc" || versions[0].Commit.Files != nil {
			t.Errorf("%q: %+v, %v", want, versions, err)
		}
	}
}

// TestVersionsAddUp applies what each commit of a random history did to the rules that there were: the result is what a book of the
// commit has.
func TestVersionsAddUp(t *testing.T) {
	t.Parallel()
	kinds := map[rules.ChangeKind]int{}
	for seed := range uint64(20) {
		var store rulestest.Store
		chance := rand.New(rand.NewPCG(seed, 3))
		for range 40 {
			store.Commit(rules.Commit{Subject: "x", Files: rulestest.RandomEdit(chance, &store)})
		}
		contents := map[string][]byte{}
		historian := rules.NewHistorian(twoRulers, func(_ context.Context, id string) ([]byte, error) { return contents[id], nil })
		head, err := store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		there := map[rules.Ref]rules.Rule{}
		err = store.Log(t.Context(), "", head.Revision(), func(c rules.PastCommit) error {
			tree, err := store.At(t.Context(), c.Revision)
			if err != nil {
				return err
			}
			for _, f := range c.Files {
				if f.After != "" {
					if contents[f.After], err = tree.Read(f.Path); err != nil {
						return err
					}
				}
			}
			versions, err := historian.Versions(t.Context(), c)
			if err != nil {
				return err
			}
			book, err := rules.NewBook(twoRulers).At(tree)
			if err != nil {
				return err
			}
			want := map[rules.Ref]rules.Rule{}
			for _, e := range book.Entries("") {
				want[e.Ref] = e.Rule
			}
			before := maps.Clone(there)
			for _, v := range versions {
				kinds[v.Kind]++
				if v.Kind == rules.RuleDeleted {
					delete(there, v.Ref)
				}
				if v.Kind == rules.RuleMoved {
					delete(there, v.From)
				}
			}
			for _, v := range versions {
				_, was := before[v.Ref]
				if wanted := v.Kind == rules.RuleChanged || v.Kind == rules.RuleDeleted; wanted && !was || v.Kind == rules.RuleAdded && was && !left(versions, v.Ref) {
					t.Errorf("seed %d: %+v, and the rule was there before: %v", seed, v, was)
				}
				if _, was := before[v.From]; v.Kind == rules.RuleMoved && !was {
					t.Errorf("seed %d: %+v, and there was no such rule", seed, v)
				}
				if v.Kind != rules.RuleDeleted {
					there[v.Ref] = want[v.Ref]
				}
			}
			if diff := cmp.Diff(want, there); diff != "" {
				t.Errorf("seed %d, %s (-book +applied):\n%s\nby %+v", seed, c.Revision, diff, versions)
			}
			there = want
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []rules.ChangeKind{rules.RuleAdded, rules.RuleChanged, rules.RuleMoved, rules.RuleDeleted} {
		if kinds[kind] < 20 {
			t.Errorf("%s occurred %d times: the history is too dull", kind, kinds[kind])
		}
	}
}

// left reports whether a rule went away from a place in the commit.
func left(versions []rules.Version, ref rules.Ref) bool {
	return slices.ContainsFunc(versions, func(v rules.Version) bool {
		return v.From == ref || v.Kind == rules.RuleDeleted && v.Ref == ref
	})
}
