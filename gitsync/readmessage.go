package gitsync

import (
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// readMessage returns what a commit's message says: subject, body, trailers and, in a commit of ours, the author's id.
func readMessage(message string) rules.PastCommit {
	var past rules.PastCommit
	past.Trailers = Trailers(message)
	past.Subject, _, _ = strings.Cut(message, "\n")
	past.Body = readBody(message)
	if !past.External() {
		past.Author.ID = actorID(past.Trailers)
	}
	return past
}

// readBody returns what stands between subject and trailers, without the indent that message gives it.
func readBody(message string) string {
	lines := splitLines(messageEnd(strings.ReplaceAll(message, "\x00", "")))
	if len(lines) == 0 {
		return ""
	}
	lines = lines[1 : len(lines)-len(trailerLines(lines))]
	indented := true
	for _, line := range lines {
		indented = indented && (blank(line) || strings.HasPrefix(line, bodyIndent))
	}
	if indented {
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(line, bodyIndent)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}

// actorID returns the id in the trailer "Actor: name id"; a person who has only one of the two has the id.
func actorID(trailers []rules.Trailer) string {
	for _, t := range trailers {
		if t.Key == "Actor" {
			return t.Value[strings.LastIndexByte(t.Value, ' ')+1:]
		}
	}
	return ""
}
