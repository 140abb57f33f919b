package bot

import (
	"strings"
	"testing"
	"time"
)

// TestUndoNamesTheLaterChanges undoes what later changes touched as well: the refusal says of each of them who made it, when, why and by which commit and request,
// and of each field that it set what the undone change had made of it and what it is now.
func TestUndoNamesTheLaterChanges(t *testing.T) {
	t.Parallel()
	const add = `add disk expr="up == 0" severity=page for=1m ruler=prometheus`
	for name, test := range map[string]struct {
		undone string
		later  []string // commands; one that begins with "push" replaces words in the file instead
		parts  []string // @1 and #1 stand for the commit and the request of the first later change
		not    []string
	}{
		"the same field": {`edit disk for=5m`, []string{`edit disk for=10m reason="too early"`}, []string{
			"Later changes touched the same", "\n\"disk\" in " + diskFile + ": changed by alice, 2026-11-21 13:00:00 UTC, commit @1, request #1: too early\n",
			"  for: 1m before that commit, 5m after it, 10m now\n", "--- before that commit"}, []string{"label severity:"}},
		"another field": {`edit disk for=5m`, []string{`push page critical`, `edit disk summary="It is full"`}, []string{
			": changed by alice, 2026-11-21 14:00:00 UTC, commit @2, request #2\n  annotation summary: none before and after that commit, It is full now\n",
			": changed by Bob Builder, 2026-11-21 13:00:00 UTC, commit @1: Push\n  label severity: page before and after that commit, critical now\n"}, nil},
		"a field that went": {`edit disk for=5m`, []string{`edit disk for=0s`}, []string{"  for: 1m before that commit, 5m after it, none now\n"}, nil},
		"deleted":           {`edit disk for=5m`, []string{`delete disk reason="noise"`}, []string{"\n\"disk\" in " + diskFile + ": deleted by alice, 2026-11-21 13:00:00 UTC, commit @1, request #1: noise\n"}, nil},
		"paused":            {`edit disk for=5m`, []string{`pause disk reason="works"`}, []string{": paused by alice, ", "commit @1, request #1: works\n"}, nil},
		"renamed":           {`edit disk for=5m`, []string{`rename disk space`}, []string{": renamed by alice, ", "commit @1, request #1\n  name: disk before and after that commit, space now\n"}, nil},
		"its file":          {`edit disk for=5m`, []string{`push groups: {`}, []string{"\nthe file " + diskFile + ", \"disk\": deleted by Bob Builder, ", "commit @1: Push\n"}, nil},
		"made again":        {`delete disk`, []string{`add disk expr="up == 1" ruler=prometheus`}, []string{": added by alice, ", "commit @1, request #1\n"}, []string{"up == 1 now"}},
		"its group":         {`edit disk interval=5m`, []string{`edit disk interval=10m`}, []string{": changed by alice, ", "commit @1, request #1\n  group interval: none before that commit, 5m after it, 10m now\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			c.must(add)
			c.must(test.undone)
			undone := c.last().Request.ID
			var said []string
			for i, say := range test.later {
				if words := strings.Fields(say); words[0] == "push" {
					c.now = c.now.Add(time.Hour)
					c.pushed("Push", map[string]string{diskFile: strings.Replace(c.read(diskFile), words[1], words[2], 1)})
				} else {
					c.must(say)
				}
				n := string(rune('1' + i))
				said = append(said, "@"+n, short(c.head()), "#"+n, c.commitOf(c.head()).Trailer("Request-Id"))
			}
			text := c.step(`undo ` + undone).Text
			var parts []string
			for _, part := range test.parts {
				parts = append(parts, strings.NewReplacer(said...).Replace(part))
			}
			requireParts(t, text, parts...)
			for _, part := range test.not {
				if strings.Contains(text, part) {
					t.Errorf("it says %q:\n%s", part, text)
				}
			}
		})
	}
}
