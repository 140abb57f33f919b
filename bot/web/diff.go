package web

import (
	"regexp"
	"strconv"
	"strings"
)

// line is one line of a unified diff.
type line struct {
	Kind     string // "same", "gone", "new", "hunk" (where the next lines stand) or "head" (all others)
	Old, New int    // its number on either side; 0 where it is not there
	Text     string // without the sign
}

var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// linesOf reads a unified diff. What a line is follows from the numbers that the head of its hunk says: a line that is gone and began with two
// dashes looks like the head of a file.
func linesOf(diff string) (lines []line) {
	var at, next, oldLeft, newLeft int
	for text := range strings.SplitSeq(strings.TrimSuffix(diff, "\n"), "\n") {
		sign := ""
		if text != "" {
			sign = text[:1]
		}
		switch {
		case oldLeft <= 0 && newLeft <= 0:
			m := hunkHead.FindStringSubmatch(text)
			if m == nil {
				lines = append(lines, line{Kind: "head", Text: text})
				continue
			}
			at, oldLeft = number(m[1], 0), number(m[2], 1)
			next, newLeft = number(m[3], 0), number(m[4], 1)
			lines = append(lines, line{Kind: "hunk", Text: text})
		case sign == "-":
			lines = append(lines, line{Kind: "gone", Old: at, Text: text[1:]})
			at, oldLeft = at+1, oldLeft-1
		case sign == "+":
			lines = append(lines, line{Kind: "new", New: next, Text: text[1:]})
			next, newLeft = next+1, newLeft-1
		case sign == `\`:
			lines = append(lines, line{Kind: "head", Text: text})
		default:
			lines = append(lines, line{Kind: "same", Old: at, New: next, Text: strings.TrimPrefix(text, " ")})
			at, next, oldLeft, newLeft = at+1, next+1, oldLeft-1, newLeft-1
		}
	}
	return lines
}

// number reads digits; what is left out or too large is otherwise.
func number(digits string, otherwise int) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return otherwise
	}
	return n
}

// pair is two lines that stand side by side; one of them may not be there.
type pair struct {
	Whole       *line // it goes over both sides
	Left, Right *line
}

// pairsOf puts lines side by side: those that are gone beside those that came in their place.
func pairsOf(lines []line) (pairs []pair) {
	var gone, came []*line
	flush := func() {
		for i := range max(len(gone), len(came)) {
			var p pair
			if i < len(gone) {
				p.Left = gone[i]
			}
			if i < len(came) {
				p.Right = came[i]
			}
			pairs = append(pairs, p)
		}
		gone, came = nil, nil
	}
	for i := range lines {
		l := &lines[i]
		switch l.Kind {
		case "gone":
			if len(came) > 0 {
				flush()
			}
			gone = append(gone, l)
		case "new":
			came = append(came, l)
		case "same":
			flush()
			pairs = append(pairs, pair{Left: l, Right: l})
		default:
			flush()
			pairs = append(pairs, pair{Whole: l})
		}
	}
	flush()
	return pairs
}

// difference is a diff as a page shows it.
type difference struct {
	Text  string
	Split bool // side by side
}
