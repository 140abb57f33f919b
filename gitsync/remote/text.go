package remote

import (
	"bytes"
	"strings"
	"unicode"
)

const maxLine = 300 // runes that are shown of a line of foreign text

// line makes foreign text one printable line that is not long.
func line(s string) string {
	if len(s) > 8*maxLine {
		s = s[:8*maxLine]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxLine {
		s = string(runes[:maxLine-1]) + "…"
	}
	return s
}

// lines calls emit with each line that is written to it, cleaned; both \n and \r end one.
type lines struct {
	emit func(string)
	rest []byte // begun, at most 8*maxLine bytes
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n")
		part := p
		if end >= 0 {
			part = p[:end]
		}
		l.rest = append(l.rest, part[:min(len(part), 8*maxLine-len(l.rest))]...)
		if end < 0 {
			break
		}
		l.flush()
		p = p[end+1:]
	}
	return n, nil
}

// flush ends the line that was begun.
func (l *lines) flush() {
	if s := line(string(l.rest)); s != "" {
		l.emit(s)
	}
	l.rest = l.rest[:0]
}

// last keeps the last lines it is given.
type last []string

const maxSaid = 12 // lines

func (k *last) add(s string) {
	*k = append(*k, s)
	if len(*k) > maxSaid {
		*k = (*k)[1:]
	}
}
