package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/alertsmith/alertsmith"

// policy says who may import whom. ours are the packages of this module that a package may reach, by any way; never are the packages of
// others that it may not import itself, with the reason. (By any way would not do there: the parsers bring much along.)
var policy = []struct {
	name  string
	ours  []string
	never map[string]string
}{
	{"rules", []string{"rules/expr"}, map[string]string{
		"net/http":                            "a plan is run again when a race is lost, so the domain must be pure",
		"os":                                  "a plan is run again when a race is lost, so the domain must be pure",
		"github.com/go-git/go-git/v5":         "the domain knows a Store, not Git",
		"database/sql":                        "the domain knows no disk",
		"github.com/prometheus/common/config": "how rulers are reached is the adapters' business",
	}},
	{"rules/expr", nil, map[string]string{
		"net/http": "a dialect only reads text",
		"os":       "a dialect only reads text",
	}},
	// A check looks at the nodes of a parsed expression, so lint names the parsers' types; rules/expr alone gives them text.
	{"rules/lint", []string{"rules", "rules/expr"}, map[string]string{
		"net/http":                    "a check sees rules and nothing more, so that a plan that is run again finds the same",
		"os":                          "a check sees rules and nothing more, so that a plan that is run again finds the same",
		"github.com/go-git/go-git/v5": "a check knows no Git",
		"database/sql":                "a check knows no disk",
	}},
	{"rules/ruler", []string{"rules", "rules/expr"}, map[string]string{
		"github.com/go-git/go-git/v5": "an adapter publishes what it is given, wherever that is kept",
		"database/sql":                "the journal is not a ruler's business",
	}},
	{"rules/rulestest", []string{"rules", "rules/expr"}, map[string]string{
		"github.com/go-git/go-git/v5": "the in-memory store is the proof that the domain needs no Git",
	}},
	{"gitsync", []string{"gitsync/remote", "rules", "rules/expr"}, map[string]string{
		"net/http":     "how a Git server is spoken to is package remote's business",
		"database/sql": "the journal's database is package journal's",
	}},
	{"gitsync/remote", []string{"rules", "rules/expr"}, map[string]string{
		"database/sql":                "a Git server is all that it knows",
		"github.com/go-git/go-git/v5": "its own Push walks the whole history and its Fetch writes refs: only transports and the wire format are used",
	}},
	{"gitsync/remotetest", nil, map[string]string{
		"github.com/go-git/go-git/v5": "what a Git server has is asked by the git command line, which is independent of us",
	}},
	{"gitsync/journal", []string{"rules", "rules/expr"}, map[string]string{
		"github.com/go-git/go-git/v5": "a page is text; who commits it is the store's business",
	}},
	{"templates", nil, nil}, // text alone: what it means is the domain's to say
	{"bot", []string{"rules", "rules/expr"}, map[string]string{
		"github.com/go-git/go-git/v5": "chat is testable against plain funcs",
		"database/sql":                "what chat asks of the journal is declared where it asks",
		"os":                          "whatever chat reads comes over HTTP or from its options",
	}},
	{"bot/web", []string{"rules", "rules/expr"}, map[string]string{
		"github.com/go-git/go-git/v5": "pages and API are testable against plain funcs",
		"database/sql":                "what they ask of the journal is declared where they ask",
		"os":                          "they read nothing but what they ask for",
	}},
	{"bot/web/browsertest", nil, nil}, // a browser knows what it is sent, and nothing of us
}

// everywhere are packages that nobody here imports.
var everywhere = map[string]string{
	"log":       "log/slog only",
	"io/ioutil": "os and io have it",
	"math/rand": "math/rand/v2, or crypto/rand for what must not be guessed",
}

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func goList(t *testing.T, args ...string) (packages []listed) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	var errOut strings.Builder
	cmd.Stderr = &errOut
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, errOut.String())
	}
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	packages := map[string]listed{}
	for _, p := range goList(t, "./...") {
		packages[strings.TrimPrefix(p.ImportPath, module+"/")] = p
		for banned, why := range everywhere {
			if slices.Contains(p.Imports, banned) {
				t.Errorf("%s imports %s: %s", p.ImportPath, banned, why)
			}
		}
	}
	for _, rule := range policy {
		p, there := packages[rule.name]
		if !there {
			t.Errorf("the policy names %s, which is not there any more", rule.name)
			continue
		}
		for _, dep := range p.Deps {
			if ours, found := strings.CutPrefix(dep, module+"/"); found && !slices.Contains(rule.ours, ours) {
				t.Errorf("%s reaches %s; it may reach %q", rule.name, ours, rule.ours)
			}
		}
		for banned, why := range rule.never {
			if slices.Contains(p.Imports, banned) {
				t.Errorf("%s imports %s: %s", rule.name, banned, why)
			}
		}
		delete(packages, rule.name)
	}
	for name := range packages {
		if name != "cmd/alertsmith" && name != "cmd/bench" && name != "deploy" && !strings.HasPrefix(name, "deploy/") {
			t.Errorf("%s has no line in the policy", name)
		}
	}
}

// TestBannedPackagesExist keeps the policy from banning names that nobody could import anyway.
func TestBannedPackagesExist(t *testing.T) {
	t.Parallel()
	banned := map[string]bool{}
	for _, rule := range policy {
		for name := range rule.never {
			banned[name] = true
		}
	}
	for name := range everywhere {
		banned[name] = true
	}
	for name := range banned {
		goList(t, name)
	}
}
