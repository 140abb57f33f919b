package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestManyRules holds that no page about rules grows with how many there are, how many are paused, what is wrong with a push, or how long somebody's
// message is; and that its pages have all of them.
func TestManyRules(t *testing.T) {
	t.Parallel()
	const (
		many, aside = 10_000, 2_000
		largest     = 200 << 10 // bytes of a page
	)
	s := newSite(t, "x")
	var file strings.Builder
	file.WriteString("groups:\n- name: many\n  rules:\n")
	for i := range many {
		fmt.Fprintf(&file, "  - {alert: Rule%d, expr: 'sum by (instance) (rate(http_requests_total{code=\"500\"}[5m])) > %d', for: 5m, labels: {severity: warning}}\n", i, i)
	}
	files := map[string][]byte{"prometheus/ops/many.yaml": []byte(file.String())}
	for i := range aside {
		files[fmt.Sprintf("paused/prometheus/quiet-%d.paused", i)] = fmt.Appendf(nil,
			"{rule: Quiet%d, group: q, file: ops/q%[1]d.yaml, ruler: prometheus, by: bob, was: 'groups: [{name: q, rules: [{alert: Quiet%[1]d, expr: up}]}]'}\n", i)
	}
	s.books[revisionOf(3)] = s.books[revisionOf(3)].With(files)
	s.status.Held = &rules.HeldPush{}
	for i := range many {
		s.status.Held.Problems = append(s.status.Held.Problems, rules.Problem{Path: fmt.Sprintf("prometheus/bad-%d.yaml", i), Line: 1, Text: strings.Repeat("wrong ", 1000)})
	}
	for i := range s.versions {
		c := &s.versions[i].Commit
		c.Subject, c.Trailers = strings.Repeat("long ", 100_000), nil
	}
	s.signIn("aiko")
	shown := map[string]bool{}
	name := regexp.MustCompile(`<bdi>(Quiet\d+|many/Rule\d+|Rule\d+)</bdi>`)
	pages := 0
	for path := "/rules"; path != ""; pages++ {
		body := s.get(path).body
		if len(body) > largest {
			t.Fatalf("%s has %d bytes", path, len(body))
		}
		for _, found := range name.FindAllStringSubmatch(body, -1) {
			shown[found[1]] = true
		}
		path = ""
		if next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(body); next != nil {
			path = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	if len(shown) != many+aside {
		t.Errorf("%d pages show %d rules, want %d", pages, len(shown), many+aside)
	}
	for _, path := range []string{"/rules?rev=" + revisionOf(3), "/rule?name=x", "/rules?page=1000000"} {
		if r := s.get(path); r.status != 200 || len(r.body) > largest {
			t.Errorf("%s: %d, %d bytes", path, r.status, len(r.body))
		}
	}
}
