package rulestest

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// RandomHistory writes a history of so many commits to the branch main, as `git fast-import` reads it: rule files below "prometheus" and
// "loki" and journal pages, with branches and merges, rules, groups and files that move, clocks that go wrong by days, and files that are
// no rule files. Few names and expressions occur, so that they meet.
func RandomHistory(w io.Writer, chance *rand.Rand, commits int) {
	h := &randomHistory{w: w, chance: chance}
	for n := range commits {
		h.commit(n, n == commits-1)
	}
}

// RandomEdit returns the files of a random commit of the same kind on top of those that RandomEdit alone has made in a store.
func RandomEdit(chance *rand.Rand, s *Store) map[string][]byte {
	h := &randomHistory{chance: chance}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.edited == nil {
		s.edited = state{}
	}
	for range 1 + chance.IntN(3) {
		h.change(s.edited)
	}
	files := map[string][]byte{"journal/page.md": fmt.Appendf(nil, "page %d\n", len(s.commits))}
	for path := range s.head().files {
		if _, still := s.edited[path]; !still && path != "journal/page.md" {
			files[path] = nil
		}
	}
	for path := range s.edited {
		files[path] = []byte(s.edited.text(path))
	}
	return files
}

type randomHistory struct {
	w      io.Writer
	chance *rand.Rand
	states []state // of each commit
}

// state is path → groups of a rulebook; a file with no groups is no YAML.
type state map[string][]randomGroup

type randomGroup struct {
	name     string
	settings string // a line for all its rules; "" for none
	rules    []randomRule
}

type randomRule struct{ name, expr, severity string }

var (
	randomPaths    = []string{"prometheus/a.yaml", "prometheus/ops/b.yaml", "prometheus/ops/c.yml", "loki/a.yaml", "loki/web/d.yaml", "prometheus/README.md"}
	randomNames    = []string{"Down", "Slow", "Full"}
	randomSettings = []string{"", "interval: 30s", "limit: 5", "query_offset: 0s", "query_offset: 1m", "labels: {team: web}", "labels: {team: ops}"}
)

// pick returns one of them.
func pick[T any](chance *rand.Rand, of ...T) T { return of[chance.IntN(len(of))] }

// commit writes one commit with none, one or several parents. The last one is a merge of the newest two lines.
func (h *randomHistory) commit(n int, last bool) {
	var parents []int
	if n > 0 {
		parents = append(parents, n-1-h.chance.IntN(min(n, 4)))
	}
	if n > 3 && (last || h.chance.IntN(5) == 0) {
		for range 1 + h.chance.IntN(2) {
			if other := n - 1 - h.chance.IntN(min(n, 8)); !slices.Contains(parents, other) {
				parents = append(parents, other)
			}
		}
	}
	next := state{}
	for i, p := range parents {
		for _, path := range slices.Sorted(maps.Keys(h.states[p])) { // in one order: the same chance makes the same history
			if _, taken := next[path]; i == 0 || !taken || h.chance.IntN(2) == 0 {
				next[path] = cloneGroups(h.states[p][path])
			}
		}
	}
	if len(parents) < 2 || h.chance.IntN(2) == 0 {
		for range 1 + h.chance.IntN(3) {
			h.change(next)
		}
	}
	h.states = append(h.states, next)
	h.write(n, parents, next)
}

func cloneGroups(groups []randomGroup) []randomGroup {
	cloned := slices.Clone(groups)
	for i := range cloned {
		cloned[i].rules = slices.Clone(cloned[i].rules)
	}
	return cloned
}

func (h *randomHistory) rule() randomRule {
	return randomRule{pick(h.chance, randomNames...), fmt.Sprintf("up{job=\"j%d\"} == 0", h.chance.IntN(6)), pick(h.chance, "", "page", "mail")}
}

// change does one thing that people do to rule files.
func (h *randomHistory) change(s state) {
	path, other := pick(h.chance, randomPaths...), pick(h.chance, randomPaths...)
	groups := s[path]
	if len(groups) == 0 {
		s[path] = []randomGroup{{name: pick(h.chance, "g", "h"), rules: []randomRule{h.rule(), h.rule()}}}
		return
	}
	g := &groups[h.chance.IntN(len(groups))]
	at := 0
	if len(g.rules) > 0 {
		at = h.chance.IntN(len(g.rules))
	}
	switch h.chance.IntN(13) {
	case 0:
		delete(s, path)
	case 1:
		s[other] = groups
		if path != other {
			delete(s, path)
		}
	case 2:
		s[other] = cloneGroups(groups)
	case 3:
		g.name = pick(h.chance, "g", "h", "k")
	case 4:
		s[path] = append(groups, randomGroup{name: pick(h.chance, "g", "h"), rules: []randomRule{h.rule()}})
	case 5:
		s[path] = nil
	case 6:
		g.settings = pick(h.chance, randomSettings...)
	case 7, 8:
		g.rules = slices.Insert(g.rules, at, h.rule())
	default:
		if len(g.rules) > 0 {
			h.changeRule(s[other], g, at)
		}
	}
}

// changeRule changes one rule of a group, or moves it to another file.
func (h *randomHistory) changeRule(other []randomGroup, g *randomGroup, at int) {
	switch h.chance.IntN(4) {
	case 0:
		g.rules[at].expr = h.rule().expr
	case 1:
		g.rules[at].name = h.rule().name
	case 2:
		if len(other) > 0 {
			other[0].rules = append(other[0].rules, g.rules[at])
		}
		g.rules = slices.Delete(g.rules, at, at+1)
	default:
		g.rules = slices.Delete(g.rules, at, at+1)
	}
}

func (s state) text(path string) string {
	if len(s[path]) == 0 {
		return "groups: [ {\n"
	}
	var b strings.Builder
	b.WriteString("groups:\n")
	for _, g := range s[path] {
		fmt.Fprintf(&b, "  - name: %s\n", g.name)
		if g.settings != "" {
			fmt.Fprintf(&b, "    %s\n", g.settings)
		}
		b.WriteString("    rules:\n")
		for _, r := range g.rules {
			fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n", r.name, r.expr)
			if r.severity != "" {
				fmt.Fprintf(&b, "        labels: {severity: %s}\n", r.severity)
			}
		}
	}
	return b.String()
}

// write writes a commit; a third of them as Alertsmith would make it, in the name of one of two people.
func (h *randomHistory) write(n int, parents []int, s state) {
	// The minutes are those of the commit's number, so that no two dates are equal.
	seconds := 1_750_000_000 + n*60
	if h.chance.IntN(6) == 0 {
		seconds += (h.chance.IntN(20) - 10) * 86_400
	}
	who := pick(h.chance, "Aiko", "Ben")
	message := fmt.Sprintf("commit %d\n\nwhy %d\n", n, n)
	if h.chance.IntN(3) == 0 {
		message = fmt.Sprintf("commit %d\n\n    /alert command %d\n\nAction: %s\nActor: %s %s-id\nRequest-Id: r%d\n", n, n, pick(h.chance, "add", "delete"), who, who, n)
	}
	fmt.Fprintf(h.w, "commit refs/heads/main\nmark :%d\nauthor %s <%s@example.org> %d +0000\ncommitter Alertsmith <alertsmith@localhost> %d +0000\ndata %d\n%s\n",
		n+1, who, who, seconds, seconds, len(message), message)
	for i, p := range parents {
		fmt.Fprintf(h.w, "%s :%d\n", []string{"from", "merge", "merge"}[i], p+1)
	}
	if len(parents) == 0 && n > 0 {
		fmt.Fprintln(h.w, "from 0000000000000000000000000000000000000000")
	}
	fmt.Fprintln(h.w, "deleteall")
	for _, path := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(h.w, "M %s inline %s\ndata %d\n%s\n", pick(h.chance, "100644", "100644", "100644", "100644", "100644", "120000"), path, len(s.text(path)), s.text(path))
	}
	page := fmt.Sprintf("# page %d\n", n)
	fmt.Fprintf(h.w, "M 100644 inline journal/2026/%02d.md\ndata %d\n%s\n", n%4, len(page), page)
}
