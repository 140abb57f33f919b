package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addressBook has rules that can be told apart only by ever longer addresses.
var addressBook = memoryTree{
	"prometheus/ops/a.yaml": `groups:
- name: g
  rules:
  - {alert: Unique, expr: up}
  - {alert: Twice, expr: up > 1}
  - {alert: Twice, expr: up > 2}
  - {alert: Shared, expr: up}
  - {alert: サーバー停止, expr: up}
  - {alert: ops/g/Unique, expr: up}
  - {alert: "Twice#2", expr: up}
`,
	"prometheus/ops/b.yaml":   "groups: [{name: g, rules: [{alert: Same, expr: up}]}]",
	"prometheus/ops/c.yaml":   "groups: [{name: g, rules: [{alert: Same, expr: up}]}, {name: h, rules: [{alert: Shared, expr: up}]}]",
	"prometheus/web/a.yaml":   "groups: [{name: h, rules: [{alert: Shared, expr: up}]}]",
	"prometheus/top.yaml":     "groups: [{name: t, rules: [{alert: Top, expr: up}]}]",
	"loki/web/a.yaml":         `groups: [{name: h, rules: [{alert: Shared, expr: 'rate({a="b"}[5m])'}]}]`,
	"loki/web/.hidden.yaml":   "groups: [{name: x, rules: [{alert: Hidden, expr: up}]}]",
	"prometheus/ops/.x/a.yml": "groups: [{name: x, rules: [{alert: Hidden, expr: up}]}]",
	"prometheus/README.md":    "not a rule file",
}

func TestFind(t *testing.T) {
	t.Parallel()
	book := bookOf(t, addressBook)
	for address, want := range map[string]Ref{
		"Unique":                         {"prometheus", "ops/a.yaml", "g", "Unique", 1},
		"Unique#1":                       {"prometheus", "ops/a.yaml", "g", "Unique", 1},
		"g/Unique":                       {"prometheus", "ops/a.yaml", "g", "Unique", 1},
		"ops/g/Unique":                   {"prometheus", "ops/a.yaml", "g", "ops/g/Unique", 1}, // the whole of a shorter form
		"prometheus:ops/g/Unique":        {"prometheus", "ops/a.yaml", "g", "Unique", 1},
		"Twice#1":                        {"prometheus", "ops/a.yaml", "g", "Twice", 1},
		"Twice#2":                        {"prometheus", "ops/a.yaml", "g", "Twice#2", 1}, // the same
		"g/Twice#2":                      {"prometheus", "ops/a.yaml", "g", "Twice#2", 1},
		"g/Shared":                       {"prometheus", "ops/a.yaml", "g", "Shared", 1},
		"ops/h/Shared":                   {"prometheus", "ops/c.yaml", "h", "Shared", 1},
		"loki:web/h/Shared":              {"loki", "web/a.yaml", "h", "Shared", 1},
		"prometheus:ops/c.yaml/g/Same":   {"prometheus", "ops/c.yaml", "g", "Same", 1},
		"prometheus:ops/c.yaml/g/Same#1": {"prometheus", "ops/c.yaml", "g", "Same", 1},
		"prometheus:t/Top":               {"prometheus", "top.yaml", "t", "Top", 1},
		"サーバー停止":                         {"prometheus", "ops/a.yaml", "g", "サーバー停止", 1},
	} {
		got, err := book.Find(address)
		if err != nil {
			t.Errorf("Find(%q): %v", address, err)
		} else if got.Ref != want {
			t.Errorf("Find(%q) = %+v, want %+v", address, got.Ref, want)
		}
	}
}

func TestFindFails(t *testing.T) {
	t.Parallel()
	book := bookOf(t, addressBook)
	for _, test := range []struct {
		address string
		kind    Kind
		fixes   []string
	}{
		{"Unqiue", NotFound, []string{"Unique"}},
		{"ＵＮＩＱＵＥ", NotFound, []string{"Unique", "ops/g/Unique"}},
		{"サーバ停止", NotFound, []string{"サーバー停止"}},
		{"wrong/Unique", NotFound, []string{"Unique", "ops/g/Unique"}},
		{"Unique#2", NotFound, []string{"Unique", "ops/g/Unique"}},
		{"Hidden", NotFound, nil},
		{"", NotFound, nil},
		{"Twice", Conflict, []string{"Twice#1", "g/Twice#2"}},
		{"Same", Conflict, []string{"prometheus:ops/b.yaml/g/Same", "prometheus:ops/c.yaml/g/Same"}},
		{"web/h/Shared", Conflict, []string{"prometheus:web/h/Shared", "loki:web/h/Shared"}},
	} {
		_, err := book.Find(test.address)
		var e *Error
		if !errors.As(err, &e) || e.Kind != test.kind || e.Field != "name" {
			t.Errorf("Find(%q): %#v, want kind %q", test.address, err, test.kind)
			continue
		}
		if test.address == "Twice" {
			// The second one's own address is the last resort: a rule is called Twice#2.
			test.fixes[1] = book.Address(Ref{"prometheus", "ops/a.yaml", "g", "Twice", 2})
		}
		if diff := cmp.Diff(test.fixes, e.Fixes); diff != "" {
			t.Errorf("Find(%q) fixes (-want +got):\n%s", test.address, diff)
		}
	}
}

func TestFindListsAtMostTwenty(t *testing.T) {
	t.Parallel()
	files := memoryTree{}
	for i := range 25 {
		files[fmt.Sprintf("prometheus/n%02d/a.yaml", i)] = "groups: [{name: g, rules: [{alert: Down, expr: up}]}]"
	}
	_, err := bookOf(t, files).Find("Down")
	var e *Error
	if !errors.As(err, &e) || e.Kind != Conflict || len(e.Fixes) != 20 {
		t.Fatalf("got %#v", err)
	}
	if want := `25 rules have the name "Down". Say which one; these are the first 20.`; e.Text != want {
		t.Errorf("got %q, want %q", e.Text, want)
	}
}

func TestAddressLeadsBack(t *testing.T) {
	t.Parallel()
	requireAddresses(t, bookOf(t, addressBook))
}

func TestAddressLeadsBackInCorpus(t *testing.T) {
	t.Parallel()
	book := bookOf(t, corpus(t))
	if n := len(book.Entries("")); n != 954 {
		t.Errorf("%d rules, want 954", n)
	}
	requireAddresses(t, book)
}

func requireAddresses(t *testing.T, book *Book) {
	t.Helper()
	seen := map[string]Ref{}
	for _, e := range book.Entries("") {
		address := book.Address(e.Ref)
		if found, err := book.Find(address); err != nil || found.Ref != e.Ref {
			t.Errorf("%+v has the address %q, which leads to %+v, %v", e.Ref, address, found.Ref, err)
		}
		if other, twice := seen[address]; twice {
			t.Errorf("%+v and %+v have the address %q", e.Ref, other, address)
		}
		seen[address] = e.Ref
	}
}

// TestAddressesOfManyOfAName has each of a great many rules of one name found, in one group, in one each, and in one file each: with a look at all of them
// for each this does not end.
func TestAddressesOfManyOfAName(t *testing.T) {
	t.Parallel()
	const many = 50_000
	one, each := []byte("groups:\n- name: g\n  rules:\n"), []byte("groups:\n")
	for i := range many {
		one = append(one, "  - {alert: Down, expr: up}\n"...)
		each = fmt.Appendf(each, "- {name: g%d, rules: [{alert: Down, expr: up}]}\n", i)
	}
	files := memoryTree{}
	for i := range many / 10 {
		files[fmt.Sprintf("prometheus/n%04d/a.yaml", i)] = "groups: [{name: g, rules: [{alert: Down, expr: up}]}]"
		files[fmt.Sprintf("prometheus/ops/%04d.yaml", i)] = "groups: [{name: g, rules: [{alert: Down, expr: up}]}]"
	}
	for want, files := range map[string]memoryTree{
		"Down#%[2]d": {"prometheus/ops/a.yaml": string(one)}, "g%[1]d/Down": {"prometheus/ops/a.yaml": string(each)}, "": files,
	} {
		book := bookOf(t, files)
		for i, e := range book.Entries("") {
			address := book.Address(e.Ref)
			want := fmt.Sprintf(want, i, i+1)
			switch e.Ref.Path {
			case fmt.Sprintf("n%04d/a.yaml", i):
				want = fmt.Sprintf("n%04d/g/Down", i)
			case fmt.Sprintf("ops/%04d.yaml", i-many/10):
				want = fmt.Sprintf("prometheus:ops/%04d.yaml/g/Down", i-many/10)
			}
			if found := book.resolve(address, 2); address != want || len(found) != 1 || found[0].Ref != e.Ref {
				t.Fatalf("rule %d has the address %q, want %q, which leads to %v", i, address, want, found)
			}
		}
	}
}

// shortestForms are the rules that have an address as their shortest form, told by a look at each: nth 0 is one without #N.
func shortestForms(book *Book, address string, nth int) (refs []Ref) {
	best := -1
	for _, e := range book.Entries("") {
		form := slices.Index(forms(e.Ref), address)
		switch {
		case form < 0 || nth != 0 && e.Ref.Nth != nth || best >= 0 && form > best:
			continue
		case form < best:
			refs = nil
		}
		refs, best = append(refs, e.Ref), form
	}
	return refs
}

// requireShortest fails unless each address that a rule of the book has means what a look at each rule says.
func requireShortest(t *testing.T, book *Book) {
	t.Helper()
	inAnyOrder := cmpopts.SortSlices(func(a, b Ref) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	for _, e := range book.Entries("") {
		for _, address := range forms(e.Ref) {
			for nth := range 3 {
				var got []Ref
				for _, e := range book.match(address, nth, math.MaxInt) {
					got = append(got, e.Ref)
				}
				if diff := cmp.Diff(shortestForms(book, address, nth), got, inAnyOrder, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%q, number %d (-looked through +found):\n%s", address, nth, diff)
				}
			}
		}
	}
}

// likeAddresses are names of two groups and three rules that look like addresses.
var likeAddresses = [][5]string{
	{"g", "A", "g/A", "A", "A#2"},
	{"a/b", "c", "a", "b/c", "p:a/b/c"},
	{"g", "g/g", "g/g", "g", "#1"},
	{"ops/g", "x", "g", "ops/g/x", "prometheus:ops/g/x#1"},
	{"g", "", "", "/", "//#1"},
}

// fileOf is a rule file with a group of these names.
func fileOf(group1 string, names ...string) string {
	g := group{Name: group1}
	for _, name := range names {
		g.Rules = append(g.Rules, placedRule{Rule: Rule{Alert: name, Expr: "up"}})
	}
	return string(renderFile(g))
}

// TestAddressesInManyFiles has names that so many files have that what their addresses mean is noted at once.
func TestAddressesInManyFiles(t *testing.T) {
	t.Parallel()
	for _, s := range likeAddresses {
		files := memoryTree{}
		for i := range 17 {
			files[fmt.Sprintf("prometheus/n%d/a.yaml", i)] = fileOf(s[0], s[1], s[3], s[1], s[4])
			files[fmt.Sprintf("prometheus/%d.yaml", i)] = fileOf(s[2], s[3], s[1])
		}
		book := bookOf(t, files)
		requireAddresses(t, book)
		requireShortest(t, book)
	}
}

// FuzzAddress holds that every rule's address leads back to it, however much names look like addresses.
func FuzzAddress(f *testing.F) {
	for _, s := range likeAddresses {
		f.Add(s[0], s[1], s[2], s[3], s[4])
	}
	f.Fuzz(func(t *testing.T, group1, name1, group2, name2, name3 string) {
		book, err := NewBook(bothRulers).At(memoryTree{
			"prometheus/ops/a.yaml": fileOf(group1, name1, name2, name1, name3),
			"prometheus/ops/b.yaml": fileOf(group2, name2, name3, name1),
			"prometheus/a.yaml":     fileOf(group2, name2, name1),
			"loki/ops/a.yaml":       fileOf(group1, name1, name2, name3, name3),
		})
		if err != nil {
			t.Fatal(err)
		}
		requireAddresses(t, book)
		for _, address := range []string{group1, name1, group2, name2, name3, group1 + "/" + name2} {
			if _, err := book.Find(address); err != nil && KindOf(err) != NotFound && KindOf(err) != Conflict {
				t.Errorf("Find(%q): %v", address, err)
			}
		}
		requireShortest(t, book)
	})
}
