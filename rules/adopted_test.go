package rules_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

func oneRule(name string) []byte {
	return []byte("groups:\n- name: " + name + "\n  rules:\n  - alert: " + name + "\n    expr: up == 0\n")
}

// adoptedRepository is a repository of rules for two rulers, with other YAML among them.
var adoptedRepository = map[string][]byte{
	"alerts/node.rules.yml": oneRule("Node"), "alerts/team web/日本.V2.rules.yml": oneRule("Web"), "alerts/loki-errors.yml": oneRule("NotPromQL"),
	"eu/disk.yml": oneRule("Disk"), "eu/deep/er/x.yaml": oneRule("Deeper"),
	"docker-compose.yml": []byte("services: {}\n"), "charts/app/values.yaml": []byte("replicas: 2\n"), ".gitlab-ci.yml": []byte("test: {}\n"), ".github/x.yml": nil,
	"journal/2026/11/2026-11-22.md": []byte("# Journal\n"), "README.md": []byte("Rules\n"),
}

// paths returns what a ruler reads, a bad file with a "!" before it.
func paths(book *rules.Book, ruler string) []string {
	found := []string{}
	for _, f := range book.RuleFiles(ruler) {
		path := f.Path
		if f.Bad {
			path = "!" + path
		}
		found = append(found, path)
	}
	return found
}

func TestAdoptedLayouts(t *testing.T) {
	t.Parallel()
	prometheus := rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL}
	eu := rules.RulerInfo{Name: "eu", Dialect: expr.PromQL, Dir: "eu"}
	loki := rules.RulerInfo{Name: "loki", Dialect: expr.LogQL}
	with := func(r rules.RulerInfo, dir string, include, exclude []string) rules.RulerInfo {
		r.Dir, r.Files = dir, rules.FilePatterns{Include: include, Exclude: exclude}
		return r
	}
	for name, c := range map[string]struct {
		rulers []rules.RulerInfo
		want   map[string][]string
	}{
		"the root, whole": {[]rules.RulerInfo{prometheus}, map[string][]string{"prometheus": {
			"alerts/loki-errors.yml", "alerts/node.rules.yml", "alerts/team web/日本.V2.rules.yml", "!charts/app/values.yaml", "!docker-compose.yml", "eu/deep/er/x.yaml", "eu/disk.yml",
		}}},
		"the root, by patterns": {[]rules.RulerInfo{with(prometheus, "", []string{"alerts/**", "eu/**"}, []string{"**/loki-*.yml"})}, map[string][]string{"prometheus": {
			"alerts/node.rules.yml", "alerts/team web/日本.V2.rules.yml", "eu/deep/er/x.yaml", "eu/disk.yml",
		}}},
		"one within another": {[]rules.RulerInfo{with(prometheus, "", nil, []string{"charts/**", "docker-compose.yml", "alerts/loki-*.yml"}), eu}, map[string][]string{
			"prometheus": {"alerts/node.rules.yml", "alerts/team web/日本.V2.rules.yml"}, "eu": {"deep/er/x.yaml", "disk.yml"},
		}},
		"two in one directory": {[]rules.RulerInfo{with(prometheus, "alerts", []string{"**/*.rules.yml"}, nil), with(loki, "alerts", []string{"loki-*.yml"}, nil)}, map[string][]string{
			"prometheus": {"node.rules.yml", "team web/日本.V2.rules.yml"}, "loki": {"!loki-errors.yml"},
		}},
		"two patterns for one file": {[]rules.RulerInfo{with(prometheus, "alerts", []string{"**/*.yml"}, nil), with(loki, "alerts", nil, nil)}, map[string][]string{
			"prometheus": {"loki-errors.yml", "node.rules.yml", "team web/日本.V2.rules.yml"}, "loki": {},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := rules.NewBook(c.rulers).With(adoptedRepository)
			for ruler, want := range c.want {
				if diff := cmp.Diff(want, paths(book, ruler)); diff != "" {
					t.Errorf("%s reads (-want +got):\n%s", ruler, diff)
				}
			}
		})
	}
}

// TestNewRulesInAnAdoptedLayout: a new file is one that its ruler reads, or the command is refused with what would do.
func TestNewRulesInAnAdoptedLayout(t *testing.T) {
	t.Parallel()
	info := rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Files: rules.FilePatterns{Include: []string{"alerts/*.rules.yml", "eu/**/*.yml"}}}
	nested := rules.RulerInfo{Name: "loki", Dialect: expr.LogQL, Dir: "eu/logs"}
	tree := rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Layout: rules.TreeLayout}
	for name, c := range map[string]struct {
		rulers            []rules.RulerInfo
		namespace, result string // a path, or what the error says
		fixes             []string
	}{
		"the pattern's own ending":      {[]rules.RulerInfo{info}, "alerts", "alerts/New.rules.yml", nil},
		"an ending that it takes":       {[]rules.RulerInfo{info}, "eu", "eu/New.yml", nil},
		"a new directory that it takes": {[]rules.RulerInfo{info}, "eu/new/one", "eu/new/one/New.yml", nil},
		"a directory that it leaves":    {[]rules.RulerInfo{info}, "ops", "not one of the files of prometheus: those are alerts/*.rules.yml, eu/**/*.yml", []string{"alerts", "eu"}},
		"the root, which it leaves":     {[]rules.RulerInfo{info}, ".", `namespace "."`, []string{"alerts", "eu"}},
		"another ruler's directory":     {[]rules.RulerInfo{info, nested}, "eu/logs/x", "not one of the files of prometheus", []string{"alerts", "eu"}},
		"the root":                      {[]rules.RulerInfo{tree}, ".", "New.yml", nil},
		"as most of its neighbours":     {[]rules.RulerInfo{tree}, "eu/deep/er", "eu/deep/er/New.yaml", nil},
		"as most files":                 {[]rules.RulerInfo{tree}, "ops", "ops/New.yml", nil},
		"a name as it is":               {[]rules.RulerInfo{tree}, "alerts/team web", "alerts/team web/New.yml", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := rules.NewBook(c.rulers).With(adoptedRepository)
			change, err := rules.Add{Name: "New", Expr: "up == 1", Options: rules.Options{Namespace: c.namespace, Ruler: "prometheus"}}.Plan(book)
			if err != nil {
				e, ok := errors.AsType[*rules.Error](err)
				if !ok || e.Kind != rules.Invalid || e.Field != "namespace" || !strings.Contains(e.Text, c.result) {
					t.Fatalf("%v, want %q", err, c.result)
				}
				if diff := cmp.Diff(c.fixes, e.Fixes); diff != "" {
					t.Errorf("fixes (-want +got):\n%s", diff)
				}
				return
			}
			if _, planned := change.Files[c.result]; !planned || len(change.Files) != 1 {
				t.Errorf("planned %v, want %s", change.Files, c.result)
			}
			if !slices.Contains(paths(book.With(change.Files), "prometheus"), c.result) {
				t.Errorf("the ruler does not read %s", c.result)
			}
		})
	}
}

func TestLivePathLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for layout, bad := range map[rules.Layout]int{rules.FlatLayout: 2, rules.TreeLayout: 1} {
		book := rules.NewBook([]rules.RulerInfo{{Name: "p", Dialect: expr.PromQL, Layout: layout}}).With(map[string][]byte{
			long + "/" + long + ".yml": oneRule("A"), // too long for one name, not for two
			long + long + ".yml":       oneRule("B"), // for any
			"a/b.yml":                  oneRule("C"),
		})
		if problems := book.Problems(); len(problems) != bad || !strings.Contains(problems[0].Text, "too long") {
			t.Errorf("%s: problems %+v, want %d", layout, problems, bad)
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	info := rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Dir: "rules", Files: rules.FilePatterns{Exclude: []string{"charts/**"}}}
	book := rules.NewBook([]rules.RulerInfo{info}).With(map[string][]byte{"rules/same.yml": oneRule("Same")})
	intent := rules.Import{Ruler: "prometheus", Reason: "we move", Files: map[string][]byte{
		"same.yml": oneRule("Same"), "ops/new.yml": oneRule("New"), "Odd dir/日本..v2.yaml": []byte("# kept\r\n" + string(oneRule("Odd"))),
		"bad.yml": []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up ==\n"), "charts/values.yaml": []byte("replicas: 2\n"),
	}}
	sorted, err := intent.Sort(book)
	if err != nil {
		t.Fatal(err)
	}
	if len(sorted.Bad) != 1 || sorted.Bad[0].Path != "rules/bad.yml" || sorted.Bad[0].Line != 5 {
		t.Errorf("bad: %+v", sorted.Bad)
	}
	sorted.Bad = nil
	want := rules.Adoption{New: []string{"rules/Odd dir/日本..v2.yaml", "rules/ops/new.yml"}, Same: []string{"rules/same.yml"}, NotOurs: []string{"rules/charts/values.yaml"}}
	if diff := cmp.Diff(want, sorted); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
	change, err := intent.Plan(book)
	if err != nil {
		t.Fatal(err)
	}
	wantChange := rules.Change{
		Ruler: "prometheus", Subject: "import 2 rule files for prometheus", Reason: "we move",
		Files: map[string][]byte{"rules/Odd dir/日本..v2.yaml": intent.Files["Odd dir/日本..v2.yaml"], "rules/ops/new.yml": oneRule("New")},
		Refs: []rules.Ref{
			{Ruler: "prometheus", Path: "Odd dir/日本..v2.yaml", Group: "Odd", Name: "Odd", Nth: 1},
			{Ruler: "prometheus", Path: "ops/new.yml", Group: "New", Name: "New", Nth: 1},
		},
	}
	if diff := cmp.Diff(wantChange, change); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	alone := rules.Import{Ruler: "prometheus", Files: map[string][]byte{"ops/new.yml": oneRule("New")}}
	if one, err := alone.Plan(book); err != nil || one.Subject != "import 1 rule file for prometheus" {
		t.Errorf("one file: %q, %v", one.Subject, err)
	}
	for name, c := range map[string]struct {
		book   *rules.Book
		intent rules.Import
		kind   rules.Kind
		text   string
	}{
		"another content":  {book.With(map[string][]byte{"rules/ops/new.yml": oneRule("Other")}), intent, rules.Conflict, "1 of the files are in the rulebook already, with other contents: rules/ops/new.yml"},
		"a second time":    {book.With(change.Files), intent, rules.Conflict, "nothing to import"},
		"no such ruler":    {book, rules.Import{Ruler: "loki"}, rules.NotFound, `no ruler "loki"`},
		"nothing but junk": {book, rules.Import{Ruler: "prometheus", Files: map[string][]byte{"x.yml": []byte("{}: {")}}, rules.Conflict, "nothing to import"},
	} {
		if _, err := c.intent.Plan(c.book); rules.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %s: %s", name, err, c.kind, c.text)
		}
	}
}
