package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
)

// screen is what the reader sees. It may be written to from several goroutines; each writes whole lines.
type screen struct {
	mu   sync.Mutex
	out  io.Writer
	bold bool // the terminal can show it
}

func newScreen(out *os.File) *screen {
	info, err := out.Stat()
	return &screen{out: out, bold: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// say tells the reader what is going on.
func (s *screen) say(format string, args ...any) {
	s.print("\n# "+strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n# "), "")
}

// progress tells what goes on in the background.
func (s *screen) progress(line string) { s.print("  … "+line, "") }

// command shows a command as typed.
func (s *screen) command(words ...string) {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellQuote(word)
	}
	s.print("\n$ "+strings.Join(quoted, " "), "\x1b[1m")
}

// reply shows what a command printed.
func (s *screen) reply(text string) { s.print(strings.TrimRight(text, "\n"), "") }

func (s *screen) print(text, style string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if style != "" && s.bold {
		text = style + text + "\x1b[0m"
	}
	fmt.Fprintln(s.out, text)
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)
	option    = regexp.MustCompile(`^[a-z_.]+=`)
)

// shellQuote writes a word so that a shell reads it back as it is.
func shellQuote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	name := option.FindString(word)
	return name + "'" + strings.ReplaceAll(word[len(name):], "'", `'\''`) + "'"
}
