package bot

import (
	"strings"
	"testing"
)

// A file whose lines end as on Windows is told line by line: what stayed is no change, and its line ends are no signs to be shown.
func TestCarriageReturnsAreNotTold(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	windows := func(file string) string { return strings.ReplaceAll(file, "\n", "\r\n") }
	c.must(`add disk expr="up == 0" for=5m summary=full ruler=prometheus`)
	c.pushed("Save it on Windows", map[string]string{diskFile: windows(c.read(diskFile))})
	saved := c.head()
	for _, say := range []string{"edit disk for=7m dry-run", "edit disk for=7m", "show disk", "diff disk", "diff disk " + short(saved) + "..HEAD", "history disk", "list disk", "diff since=1d"} {
		text := c.say(say).Text
		if strings.ContainsAny(text, "\r\uFFFD") {
			t.Errorf("%s:\n%q", say, text)
		}
	}
	for _, say := range []string{"diff disk", "diff disk " + short(saved) + "..HEAD"} {
		requireParts(t, c.say(say).Text, "   expr: up == 0\n-  for: 5m\n+  for: 7m\n   annotations:\n")
	}
}
