package expr

import (
	"strings"
	"testing"
)

// TestAliasesAreCounted holds that a file's rules are not read where its aliases make more of it than a file may be, and are where they do not.
func TestAliasesAreCounted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 1000)
	for name, c := range map[string]struct {
		content string
		problem int // the line of the alias that is too much; 0 where none is
	}{
		"a rule named often":       {"groups:\n- name: g\n  rules:\n  - &r {alert: A, expr: up, annotations: {x: " + long + "}}\n" + strings.Repeat("  - *r\n", 40000), 28732},
		"a rule named a few times": {"groups:\n- name: g\n  rules:\n  - &r {alert: A, expr: up, annotations: {x: " + long + "}}\n" + strings.Repeat("  - *r\n", 28000), 0},
		"a text named in each of many rules": {
			"t: &t " + strings.Repeat(long, 50) + "\nr: [\n" + strings.Repeat("{alert: A, expr: up, annotations: {x: *t}},\n", 800) + "]\n", 671,
		},
		"one doubled often":             {"a: &a [x, x]\n" + doubled(40), 19},
		"one doubled a few times":       {"a: &a [x, x]\n" + doubled(15), 0},
		"one that stands within itself": {"a: &a [*a, *a]\nb: [*a, *a]\n", 0},
		"none in a large file":          {"r: [" + strings.Repeat("a,", MaxFile/2-10) + "]\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := ReadDocument([]byte(c.content))
			if read := d.Root != nil; read != (c.problem == 0) {
				t.Fatalf("read: %t, with %v", read, d.problems)
			}
			if c.problem == 0 {
				return
			}
			if len(d.problems) != 1 || d.problems[0].Line != c.problem || !strings.Contains(d.problems[0].Text, "is larger than 32 MB") {
				t.Errorf("the problems are %v, want one in line %d", d.problems, c.problem)
			}
		})
	}
}

// doubled is a document each line of which names the one before twice; the first is a.
func doubled(lines int) string {
	var b strings.Builder
	for i := range lines {
		name := string(rune('b'+i%20)) + strings.Repeat("x", i/20)
		before := "a"
		if i > 0 {
			before = string(rune('b'+(i-1)%20)) + strings.Repeat("x", (i-1)/20)
		}
		b.WriteString(name + ": &" + name + " [*" + before + ", *" + before + "]\n")
	}
	return b.String()
}
