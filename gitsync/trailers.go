package gitsync

import (
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// scissors is the line below which Git ignores a message.
const scissors = "# ------------------------ >8 ------------------------\n"

// generated are the line beginnings that make Git take a mixed paragraph for trailers.
var generated = []string{"Signed-off-by: ", "(cherry picked from commit "}

// Trailers returns the trailers of a commit message as `git interpret-trailers --parse` prints them (Git 2.39: trailer.c,
// commit.c): those of the last paragraph that is not the title, if all its lines are trailers, or a quarter is and one was
// made by Git itself. Continuation lines are unfolded.
func Trailers(message string) []rules.Trailer {
	message = strings.ReplaceAll(message, "\x00", "")
	lines := trailerLines(splitLines(messageEnd(message)))
	var folded []string
	open := false // the last line is a trailer that a line with leading white space continues
	for _, line := range lines {
		if open && isSpace(line[0]) {
			folded[len(folded)-1] += line
			continue
		}
		folded = append(folded, line)
		open = separator(line) >= 1
	}
	var trailers []rules.Trailer
	for _, line := range folded {
		if n := separator(line); n >= 1 && line[0] != '#' {
			trailers = append(trailers, rules.Trailer{Key: trim(line[:n]), Value: unfold(line[n+1:])})
		}
	}
	return trailers
}

// messageEnd cuts off what Git does not take for the message: from a "---" line or the scissors on, and comments, empty
// lines and an old list of conflicts at the end.
func messageEnd(message string) string {
	end := 0
	for _, line := range splitLines(message) {
		if rest, ok := strings.CutPrefix(line, "---"); ok && rest != "" && isSpace(rest[0]) {
			break
		}
		end += len(line)
	}
	message = message[:end]
	if strings.HasPrefix(message, scissors) {
		return ""
	}
	if i := strings.Index(message, "\n"+scissors); i >= 0 {
		message = message[:i+1]
	}
	at, tail, conflicts := 0, -1, false
	for _, line := range splitLines(message) {
		switch {
		case line[0] == '#' || line[0] == '\n':
			if tail < 0 {
				tail = at
			}
		case strings.HasPrefix(line, "Conflicts:\n"):
			conflicts = true
			if tail < 0 {
				tail = at
			}
		case conflicts && line[0] == '\t':
		case tail >= 0:
			tail, conflicts = -1, false
		}
		at += len(line)
	}
	if tail >= 0 {
		message = message[:tail]
	}
	return message
}

// trailerLines returns the lines of the paragraph of trailers, nil when there is none.
func trailerLines(lines []string) []string {
	title := 0
	for title < len(lines) && (lines[title][0] == '#' || !blank(lines[title])) {
		title++
	}
	trailers, others, continuations := 0, 0, 0
	byGit, onlySpace := false, true
	for i := len(lines) - 1; i >= title; i-- {
		line := lines[i]
		switch {
		case line[0] == '#':
			others += continuations
			continuations = 0
		case blank(line) && onlySpace:
		case blank(line):
			others += continuations
			if byGit && trailers*3 >= others || trailers > 0 && others == 0 {
				return lines[i+1:]
			}
			return nil
		case hasAnyPrefix(line, generated):
			byGit, onlySpace = true, false
			trailers++
			continuations = 0
		case separator(line) >= 1 && !isSpace(line[0]):
			onlySpace = false
			trailers++
			continuations = 0
		case isSpace(line[0]):
			onlySpace = false
			continuations++
		default:
			onlySpace = false
			others += 1 + continuations
			continuations = 0
		}
	}
	return nil
}

// separator returns where a line's colon is if a key (and white space) is all that stands before it, else -1.
func separator(line string) int {
	space := false
	for i := range len(line) {
		switch c := line[i]; {
		case c == ':':
			return i
		case !space && isKeyByte(c):
		case i > 0 && (c == ' ' || c == '\t'):
			space = true
		default:
			return -1
		}
	}
	return -1
}

// unfold joins a value and its continuation lines as Git does: a line break and the white space after it are one space.
func unfold(value string) string {
	lines := strings.Split(value, "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimLeft(lines[i], " \t\r")
	}
	return trim(strings.Join(lines, " "))
}

// splitLines returns the lines of s, each with its line break.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func blank(line string) bool { return trim(line) == "" }

func trim(s string) string { return strings.Trim(s, " \t\n\r") }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
