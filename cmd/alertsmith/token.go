package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// shortestToken is the length below which a command token could be guessed; Mattermost's own have 26 characters.
const shortestToken = 16

// readTokens returns the tokens, or secrets, of these files, which hold one a line; empty lines and lines that begin with # are passed over.
// No error repeats any of a file's content.
func readTokens(files ...string) (tokens []string, err error) {
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		before := len(tokens)
		lines := bufio.NewScanner(bytes.NewReader(content))
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if len(line) < shortestToken {
				return nil, fmt.Errorf("%s:%d: the token or secret is shorter than %d characters and could be guessed; the whole of it has to stand here", file, n, shortestToken)
			}
			tokens = append(tokens, line)
		}
		if lines.Err() != nil {
			return nil, fmt.Errorf("%s: a line is too long for a token or secret", file)
		}
		if len(tokens) == before {
			return nil, fmt.Errorf("%s: there is no token or secret in it", file)
		}
	}
	return tokens, nil
}

// readToken returns the only token of a file.
func readToken(file string) (string, error) {
	tokens, err := readTokens(file)
	if err == nil && len(tokens) > 1 {
		err = fmt.Errorf("%s: there are %d tokens in it; leave one", file, len(tokens))
	}
	if err != nil {
		return "", err
	}
	return tokens[0], nil
}

// ensureToken makes a new random token, readable by the owner alone, where there is no such file yet. A crash leaves the whole file or none.
// The caller must be the only one that writes in the file's directory.
func ensureToken(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temporary := file + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, strings.ToLower(rand.Text())) // 26 characters, 130 random bits
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}
