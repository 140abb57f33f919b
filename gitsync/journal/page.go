package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// The limits below keep every page far below the 4 MB that a file in the rulebook may have: a change is never refused for its page.
const (
	maxPage    = 32 << 10  // bytes that a page may grow to, some forty changes: each one writes its page anew
	maxLine    = 2000      // characters of a one-line text in an entry
	maxCommand = 64 << 10  // bytes of the command
	maxDiff    = 256 << 10 // bytes of the diff
	maxNamed   = 5         // rules that the heading names
	maxRefs    = 100       // rules that the entry lists
)

// Pages is what Page asks of the rulebook, as rules.Tree says. One that can have what List leaves out has to be a rules.Namer too.
type Pages interface {
	List(dir string) (map[string]string, error)
	Read(path string) ([]byte, error)
}

// Page returns the page of t's day, in t's zone, with one more entry at its end, and its path in the rulebook:
// "journal/2026/11/2026-11-21.md". When that page would grow over 32 kB, the day goes on in "journal/2026/11/2026-11-21-2.md", then -3
// and so on; an entry that is larger itself gets a page of its own, and so does one behind a page that is too large to be read, and one behind something
// else that has a page's name, as a directory that somebody pushed. What stands on a page stays as it is, byte for byte.
//
// An error is that of pages. All texts of e may be hostile: none of them can make a heading, leave its code block or become HTML or a link.
func Page(pages Pages, e rules.PageEntry, t time.Time) (name string, content []byte, err error) {
	text := entryText(e, t)
	number, page, err := pageFor(pages, t, len(text))
	if err != nil {
		return "", nil, err
	}
	switch {
	case len(page) == 0:
		text = title(t, number) + text
	case page[len(page)-1] != '\n':
		text = "\n" + text
	}
	return pagePath(t, number), append(slices.Clip(page), text...), nil
}

// pageFor returns the day's last page and its number, or the next number where the last one has no room for so many bytes more, or is none. However
// many pages the day has, one is read.
func pageFor(pages Pages, t time.Time, more int) (number int, page []byte, err error) {
	taken, err := namesIn(pages, PageDir(t))
	if err != nil {
		return 0, nil, err
	}
	for number = 1; taken[path.Base(pagePath(t, number))]; number++ {
	}
	if number == 1 {
		return number, nil, nil
	}
	page, err = pages.Read(pagePath(t, number-1))
	switch {
	case errors.Is(err, rules.ErrTooLarge), errors.Is(err, fs.ErrNotExist), err == nil && len(page)+more > maxPage:
		return number, nil, nil
	case err != nil:
		return 0, nil, err
	}
	return number - 1, page, nil
}

// namesIn returns the names that are taken in a directory, whatever has them: no page can get one of those.
func namesIn(pages Pages, dir string) (map[string]bool, error) {
	if namer, ok := pages.(rules.Namer); ok {
		return namer.Names(dir)
	}
	files, err := pages.List(dir)
	names := make(map[string]bool, len(files))
	for file := range files {
		name, _, _ := strings.Cut(strings.TrimPrefix(file, dir+"/"), "/")
		names[name] = true
	}
	return names, err
}

// PageDir returns the directory in the rulebook of the pages of t's day.
func PageDir(t time.Time) string { return path.Dir(pagePath(t, 1)) }

// pagePath returns the path in the rulebook of a page of t's day; the first has the number 1.
func pagePath(t time.Time, number int) string {
	return t.Format("journal/2006/01/2006-01-02") + continued("-%d", number) + ".md"
}

func title(t time.Time, number int) string {
	return "# Journal of " + t.Format("Monday, 2 January 2006") + continued(", page %d", number) + "\n"
}

// continued returns the number of a page after a day's first one.
func continued(format string, number int) string {
	if number == 1 {
		return ""
	}
	return fmt.Sprintf(format, number)
}

// entryText returns an entry, dated t in t's zone.
func entryText(e rules.PageEntry, t time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s %s %s\n\n", t.Format("2006-01-02 15:04:05 -07:00"), escape(e.Action), escape(named(e.Change.Refs)))
	line := func(label, markdown string) {
		if markdown != "" {
			b.WriteString("- " + label + ": " + markdown + "\n")
		}
	}
	for _, ref := range e.Change.Refs[:min(len(e.Change.Refs), maxRefs)] {
		line("Rule", code(address(ref)))
	}
	if more := len(e.Change.Refs) - maxRefs; more > 0 {
		line("Rule", fmt.Sprintf("and %d more", more))
	}
	line("Person", who(e.Request.Actor.Name, e.Request.Actor.ID))
	line("Channel", who(e.Request.Channel.Name, e.Request.Channel.ID))
	line("Team", who(e.Request.Team.Name, e.Request.Team.ID))
	line("Reason", escape(e.Change.Reason))
	for _, t := range e.Change.Trailers {
		line(escape(strings.ReplaceAll(t.Key[:1]+strings.ToLower(t.Key[1:]), "-", " ")), code(t.Value))
	}
	for _, f := range e.Findings[:min(len(e.Findings), maxRefs)] {
		line(strings.ToUpper(string(f.Severity[:1]))+string(f.Severity[1:]), code(f.Check)+" in "+code(f.Ref.Name)+": "+escape(f.Text))
	}
	line("Request", code(e.Request.ID))
	if command := cut(e.Request.Command, maxCommand); strings.ContainsAny(command, "\r\n") || len(command) > maxLine {
		b.WriteString("- Command:\n\n" + fenced("text", command))
	} else {
		line("Command", code(command))
	}
	if e.Diff != "" {
		b.WriteString("\n" + fenced("diff", cut(e.Diff, maxDiff)))
	}
	return b.String()
}

// named returns the names of the rules for the heading.
func named(refs []rules.Ref) string {
	var names []string
	for _, ref := range refs[:min(len(refs), maxNamed)] {
		names = append(names, ref.Name)
	}
	if more := len(refs) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// address returns where a rule stands: "loki:ops/sshd-ban.yaml, group sshd-ban, rule sshd-ban".
func address(r rules.Ref) string {
	s := fmt.Sprintf("%s:%s, group %s, rule %s", r.Ruler, r.Path, r.Group, r.Name)
	if r.Nth > 1 {
		s += fmt.Sprintf("#%d", r.Nth)
	}
	return s
}

// who returns a name and the id that stays when the name changes; "" without either.
func who(name, id string) string {
	switch {
	case id == "":
		return escape(name)
	case name == "":
		return code(id)
	}
	return escape(name) + " (" + code(id) + ")"
}
