package bot

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// pausedIn pauses a rule as one was paused whose file, which goes with it, was bad in another way than its rules: such a pause is refused now.
func (c *chat) pausedIn(name string, bad func(file string) string) {
	c.t.Helper()
	c.must(`pause ` + name)
	head, err := c.store.Head(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	paths, err := head.List("paused")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range slices.Collect(maps.Keys(paths)) {
		if strings.Contains(path, "/"+name+"-") {
			before, was, _ := strings.Cut(c.read(path), "was: |\n")
			was = "  " + strings.ReplaceAll(strings.TrimSuffix(bad(strings.ReplaceAll(was, "\n  ", "\n")[2:]), "\n"), "\n", "\n  ") + "\n"
			c.pushed("As it was once", map[string]string{path: before + "was: |\n" + was})
		}
	}
	c.applier.Moved(c.t.Context())
}

// TestARuleThatIsPausedOutOfABadFileComesBack has rules paused of which the files are gone and were bad: a resumption is refused with what can be done, which puts the
// rule back, and a restoration does not say that there is nothing to do.
func TestARuleThatIsPausedOutOfABadFileComesBack(t *testing.T) {
	t.Parallel()
	const apart = `. The rule alone can be put back, into that file anew; what else stood there stays in the history. For that say: resume `
	for name, bad := range map[string]func(string) string{
		"two": func(file string) string { return file + secondDocument }, "key": func(file string) string { return "# Ours.\nx: 1\n" + file },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			_, added := c.must(`add ` + name + ` expr="up == 0" for=3m interval=7m severity=info ruler=prometheus`)
			path := "prometheus/alerts/" + name + ".yaml"
			good := c.read(path)
			c.pausedIn(name, bad)
			requireParts(t, c.step(`resume `+name).Text, `"`+name+`" cannot be put back as it stood: prometheus would not take `+path+`, line `, apart+name+` force reason="…"`)
			requireParts(t, c.step(`restore `+name+`@`+added).Text, `says just what it said then, and is paused. "`+name+`" cannot be put back as it stood`, apart)
			requireParts(t, c.step(`resume `+name+` force`).Text, "says why")
			requireParts(t, c.step(`help resume`).Text, "`force reason=\"…\"` puts the rule back alone")
			c.must(`resume ` + name + ` force reason="the rest is of no use"`)
			if got := c.read(path); got != good {
				t.Errorf("it stands in\n%s\nnot in\n%s", got, good)
			}
			if head, err := c.store.Head(t.Context()); err != nil {
				t.Error(err)
			} else if left, err := head.List("paused"); err != nil || len(left) > 0 {
				t.Errorf("still paused: %v, %v", left, err)
			}
			requireParts(t, c.step(`resume `+name).Text, "No rule", "is paused")
		})
	}
	t.Run("the rule itself, not written line by line", func(t *testing.T) {
		t.Parallel()
		c := newChat(t, nil)
		_, added := c.must(`add bad expr="up == 0" ruler=prometheus`)
		c.pausedIn("bad", func(string) string { return "groups: [{name: bad, rules: [{alert: bad, expr: up == (}]}]\n" })
		text := c.step(`resume bad`).Text
		requireParts(t, text, `"bad" cannot be put back as it is: prometheus would not take prometheus/alerts/bad.yaml, line 1`, "Delete it, and add it anew.", "/alert delete bad")
		if strings.Contains(text, "restore") {
			t.Errorf("offered, and would be refused:\n%s", text)
		}
		requireParts(t, c.step(`restore bad@`+added).Text, "cannot be changed without touching other lines")
		c.must(`delete bad`)
	})
	t.Run("the rule itself", func(t *testing.T) {
		t.Parallel()
		c := newChat(t, nil)
		_, added := c.must(`add bad expr="up == 0" ruler=prometheus`)
		good := c.read("prometheus/alerts/bad.yaml")
		c.pausedIn("bad", func(file string) string { return strings.Replace(file, "up == 0", "up == (", 1) })
		for _, say := range []string{`resume bad`, `resume bad force reason=x`} {
			requireParts(t, c.step(say).Text, `"bad" cannot be put back as it is: prometheus would not take prometheus/alerts/bad.yaml, line 5`, "restore a version of it that was good",
				"/alert restore bad", "/alert delete bad")
		}
		c.must(`restore bad@` + added)
		c.must(`resume bad`)
		if got := c.read("prometheus/alerts/bad.yaml"); got != good {
			t.Errorf("it stands in\n%s\nnot in\n%s", got, good)
		}
	})
}
