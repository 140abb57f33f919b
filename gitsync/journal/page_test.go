package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

var tokyo = time.FixedZone("JST", 9*3600)

func entry(command, reason, diff string) rules.PageEntry {
	r := request("7f3a", "")
	r.Command = command
	return rules.PageEntry{
		Request: r, Action: "add", Diff: diff,
		Change: rules.Change{Ruler: "loki", Reason: reason, Refs: []rules.Ref{{Ruler: "loki", Path: "ops/sshd-ban.yaml", Group: "sshd-ban", Name: "sshd-ban", Nth: 1}}},
	}
}

// pages is a rulebook's journal: path → page.
type pages map[string][]byte

func (p pages) List(dir string) (map[string]string, error) {
	list := map[string]string{}
	for path := range p {
		if strings.HasPrefix(path, dir+"/") {
			list[path] = "an id"
		}
	}
	return list, nil
}

func (p pages) Read(path string) ([]byte, error) {
	if page, ok := p[path]; ok {
		return page, nil
	}
	return nil, fs.ErrNotExist
}

// add adds an entry and returns where it went.
func (p pages) add(t *testing.T, e rules.PageEntry, at time.Time) string {
	t.Helper()
	path, page, err := Page(p, e, at)
	if err != nil {
		t.Fatal(err)
	}
	p[path] = page
	return path
}

// addEntry returns a day's first page with one more entry; nil is a page that does not exist.
func addEntry(t *testing.T, page []byte, e rules.PageEntry, at time.Time) []byte {
	t.Helper()
	p := pages{}
	if page != nil {
		p[pagePath(at, 1)] = page
	}
	return p[p.add(t, e, at)]
}

func TestPageOfTheDay(t *testing.T) {
	t.Parallel()
	instant := time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC)
	if got, want := (pages{}).add(t, entry("", "", ""), instant), "journal/2026/11/2026-11-30.md"; got != want {
		t.Errorf("the page is %s, want %s", got, want)
	}
	if got, want := (pages{}).add(t, entry("", "", ""), instant.In(tokyo)), "journal/2026/12/2026-12-01.md"; got != want {
		t.Errorf("the page in Tokyo is %s, want %s", got, want)
	}
}

// TestFullPages holds that a day goes on whatever its pages are: in order, no page over the limit, and old bytes as they were.
func TestFullPages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 3, 4, 0, tokyo)
	first, second, third := "journal/2026/11/2026-11-21.md", "journal/2026/11/2026-11-21-2.md", "journal/2026/11/2026-11-21-3.md"
	p := pages{first: bytes.Repeat([]byte("x"), maxPage-1000)}
	small, large := entry("delete x", "", ""), entry("delete x", "", strings.Repeat("d", 2000))
	for i, step := range []struct {
		entry rules.PageEntry
		want  string
	}{{small, first}, {large, second}, {small, second}} {
		before := bytes.Clone(p[step.want])
		if got := p.add(t, step.entry, at); got != step.want {
			t.Errorf("entry %d went to %s, want %s", i, got, step.want)
		}
		if after := p[step.want]; !bytes.HasPrefix(after, before) || len(after) > maxPage {
			t.Errorf("entry %d: the page of %d bytes begins otherwise, or has %d bytes", i, len(before), len(after))
		}
	}
	if title, _, _ := strings.Cut(string(p[second]), "\n"); title != "# Journal of Saturday, 21 November 2026, page 2" {
		t.Errorf("the second page's title is %q", title)
	}

	// An entry as large as one can be gets a page of its own, which a file in the rulebook can hold.
	huge := entry(strings.Repeat("\x01", maxCommand), strings.Repeat("&", maxLine), strings.Repeat("\x01", maxDiff))
	for range 10_000 {
		huge.Change.Refs = append(huge.Change.Refs, rules.Ref{Ruler: "loki", Path: strings.Repeat("\U0001F4A5", maxLine)})
	}
	if got := p.add(t, huge, at); got != third || len(p[third]) > 3<<20 {
		t.Errorf("the largest entry went to %s, with %d bytes", got, len(p[third]))
	}
	if got, want := p.add(t, small, at), "journal/2026/11/2026-11-21-4.md"; got != want {
		t.Errorf("after it, an entry went to %s, want %s", got, want)
	}
}

// unreadable is a journal whose pages can be listed and not be read, or not even listed.
type unreadable struct {
	pages
	list, read error
}

func (u unreadable) List(dir string) (map[string]string, error) {
	list, err := u.pages.List(dir)
	return list, errors.Join(u.list, err)
}

func (u unreadable) Read(string) ([]byte, error) { return nil, u.read }

func TestPagesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	at, broken := time.Date(2026, 11, 21, 12, 3, 4, 0, tokyo), errors.New("the disk is broken")
	first := pages{pagePath(at, 1): nil}
	if path, _, err := Page(unreadable{pages: first, read: rules.ErrTooLarge}, entry("", "", ""), at); path != pagePath(at, 2) || err != nil {
		t.Errorf("behind a page that is too large: %s, %v", path, err)
	}
	for _, u := range []unreadable{{pages: first, read: broken}, {pages: first, list: broken}} {
		if _, _, err := Page(u, entry("", "", ""), at); !errors.Is(err, broken) {
			t.Errorf("behind a page that cannot be read: %v", err)
		}
	}
}

// withOthers is a journal with names that pages would have and that something else has.
type withOthers struct {
	pages
	names []string
}

func (w withOthers) Names(string) (map[string]bool, error) {
	taken := map[string]bool{}
	for page := range w.pages {
		taken[path.Base(page)] = true
	}
	for _, name := range w.names {
		taken[name] = true
	}
	return taken, nil
}

// TestANameThatIsTakenIsNoPage has somebody push something else under the names of a day's pages: the day goes on behind it.
func TestANameThatIsTakenIsNoPage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 3, 4, 0, tokyo)
	var names []string
	for number := range 5000 {
		names = append(names, path.Base(pagePath(at, number+1)))
	}
	p := withOthers{pages{}, names}
	for range 2 {
		name, page, err := Page(p, entry("", "", ""), at)
		if err != nil || name != pagePath(at, 5001) {
			t.Fatalf("the entry went to %s, %v", name, err)
		}
		p.pages[name] = page
	}
	if got := bytes.Count(p.pages[pagePath(at, 5001)], []byte("\n## ")); got != 2 {
		t.Errorf("the page has %d entries, want 2", got)
	}
}

// TestManyPagesADay holds that a change reads one page, however many its day has.
func TestManyPagesADay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 3, 4, 0, tokyo)
	p := counted{pages: pages{}, read: map[string]int{}}
	for number := range 50 {
		p.pages[pagePath(at, number+1)] = bytes.Repeat([]byte("x"), maxPage)
	}
	path, _, err := Page(p, entry("", "", ""), at)
	if err != nil || path != pagePath(at, 51) {
		t.Errorf("the entry went to %s, %v", path, err)
	}
	if diff := cmp.Diff(map[string]int{pagePath(at, 50): 1}, p.read); diff != "" {
		t.Errorf("pages that were read (-want +got):\n%s", diff)
	}
}

// counted counts how often each page is read.
type counted struct {
	pages
	read map[string]int
}

func (c counted) Read(path string) ([]byte, error) {
	c.read[path]++
	return c.pages.Read(path)
}

func TestEntry(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 3, 4, 0, tokyo)
	page := addEntry(t, nil, entry("add sshd-ban job=a \"Ban `x`\" 5m", "too *many*\nbans", "@@ -0,0 +1 @@\n+groups:\n"), at)
	want := "# Journal of Saturday, 21 November 2026\n" +
		"\n## 2026-11-21 12:03:04 +09:00 add sshd-ban\n\n" +
		"- Rule: `loki:ops/sshd-ban.yaml, group sshd-ban, rule sshd-ban`\n" +
		"- Person: aiko (`u1`)\n" +
		"- Channel: ops (`c1`)\n" +
		"- Team: ops team (`t1`)\n" +
		"- Reason: too \\*many\\* bans\n" +
		"- Request: `7f3a`\n" +
		"- Command: ``add sshd-ban job=a \"Ban `x`\" 5m``\n" +
		"\n```diff\n@@ -0,0 +1 @@\n+groups:\n```\n"
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Fatalf("the first entry (-want +got):\n%s", diff)
	}

	byHand := append(bytes.Clone(page), "no line break at the end"...)
	spare := append(make([]byte, 0, len(byHand)+4096), byHand...)
	second := addEntry(t, spare, entry("add\n- alert: X\n  ````\n", "", ""), at)
	want = string(byHand) + "\n" +
		"\n## 2026-11-21 12:03:04 +09:00 add sshd-ban\n\n" +
		"- Rule: `loki:ops/sshd-ban.yaml, group sshd-ban, rule sshd-ban`\n" +
		"- Person: aiko (`u1`)\n" +
		"- Channel: ops (`c1`)\n" +
		"- Team: ops team (`t1`)\n" +
		"- Request: `7f3a`\n" +
		"- Command:\n\n`````text\nadd\n- alert: X\n  ````\n`````\n"
	if diff := cmp.Diff(want, string(second)); diff != "" {
		t.Errorf("the second entry (-want +got):\n%s", diff)
	}
	if rest := spare[:cap(spare)][len(spare):]; !bytes.Equal(rest, make([]byte, len(rest))) {
		t.Error("Page wrote into the caller's array")
	}
}

func TestEntryCutsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	e := entry(strings.Repeat("c", maxCommand+1), strings.Repeat("r", 1<<20), strings.Repeat("d", maxDiff+1))
	for range 3 * maxNamed {
		e.Change.Refs = append(e.Change.Refs, e.Change.Refs[0])
	}
	page := string(addEntry(t, nil, e, arrived))
	if len(page) > maxCommand+maxDiff+8*maxLine {
		t.Errorf("the page has %d bytes", len(page))
	}
	if got := strings.Count(page, "[cut: "); got != 2 {
		t.Errorf("%d texts are marked as cut, want the command and the diff", got)
	}
	if !strings.Contains(page, " and 11 more\n") {
		t.Error("the heading does not count the rules that it does not name")
	}
}

// FuzzEntry holds that no text of an entry makes a heading, HTML or a link, or leaves its code block.
func FuzzEntry(f *testing.F) {
	for _, s := range []string{
		"", "plain", "`", "``` \n## forged\n", "```\n````\n~~~\n## forged", "x\r## forged\r\n", "\n\n## forged\n===\n---\n", "<h2>x</h2><!--", "[a](http://x)",
		"\u2028## x\u0085## y\x00\x1b[2J", "\xff\xfe", " ` ", "\\", "`\\`", "<script>", "| a | b |", "@channel", "&lt;", "\u202etxt",
	} {
		f.Add(s, s, s, s)
		f.Add("delete x", "old", s, "ops")
	}
	f.Fuzz(func(t *testing.T, command, reason, diff, name string) {
		before := addEntry(t, nil, entry("list", "", ""), arrived)
		e := entry(command, reason, diff)
		e.Action = name
		e.Request.Actor.Name, e.Request.Actor.ID, e.Request.Channel.Name, e.Request.Team.ID = name, reason, reason, name
		e.Change.Refs = append(e.Change.Refs, rules.Ref{Ruler: name, Path: reason, Group: command, Name: diff, Nth: 3})
		after := addEntry(t, before, e, arrived)

		if !bytes.HasPrefix(after, before) {
			t.Fatal("old bytes were changed")
		}
		added := string(after[len(before):])
		if strings.ContainsFunc(added, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("a control character in %q", added)
		}
		headings, open, outside := parse(t, added)
		if headings != 1 {
			t.Errorf("%d headings were added, want 1:\n%s", headings, added)
		}
		if open {
			t.Errorf("a code block is left open:\n%s", added)
		}
		for _, line := range outside {
			text := withoutCode(t, line)
			if strings.ContainsAny(text, "<>`&@|") || strings.Contains(text, "](") || strings.Contains(text, "://") {
				t.Errorf("live Markdown or HTML in %q", line)
			}
			if line != "" && !strings.HasPrefix(line, "## 2026-11-21 ") && !strings.HasPrefix(line, "- ") {
				t.Errorf("a line that is no heading and no item: %q", line)
			}
		}
	})
}

// parse reads Markdown as far as it matters here (CommonMark 0.31, 4.2 to 4.5): how many headings stand outside of fenced
// code, whether a fence is open at the end, and the lines outside.
func parse(t *testing.T, markdown string) (headings int, open bool, outside []string) {
	t.Helper()
	var fence string
	for line := range strings.SplitSeq(markdown, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		run := trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
		if tildes := trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "~"))]; run == "" {
			run = tildes
		}
		switch indent := len(line) - len(trimmed); {
		case fence != "":
			if indent <= 3 && len(run) >= len(fence) && run[0] == fence[0] && strings.TrimSpace(trimmed[len(run):]) == "" {
				fence = ""
			}
		case indent <= 3 && len(run) >= 3 && (run[0] == '~' || !strings.Contains(trimmed[len(run):], "`")):
			fence = run
		default:
			outside = append(outside, line)
			underline := strings.TrimSpace(trimmed)
			if strings.HasPrefix(trimmed, "#") || underline != "" && (strings.Trim(underline, "=") == "" || strings.Trim(underline, "-") == "") {
				headings++
			}
		}
	}
	return headings, fence != "", outside
}

// withoutCode cuts inline code and backslash escapes out of a line, from left to right as CommonMark reads it.
func withoutCode(t *testing.T, line string) string {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(line); {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i += 2
		case line[i] == '`':
			run := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
			i += run
			for j := i; ; {
				next := strings.IndexByte(line[j:], '`')
				if next < 0 {
					b.WriteString(strings.Repeat("`", run)) // never closed: live back-ticks
					break
				}
				j += next
				closing := len(line[j:]) - len(strings.TrimLeft(line[j:], "`"))
				j += closing
				if closing == run {
					i = j
					break
				}
			}
		default:
			b.WriteByte(line[i])
			i++
		}
	}
	return b.String()
}
