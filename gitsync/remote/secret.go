package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

const maxFile = 1 << 20 // bytes of a key, a password or certificates

// readSmallFile reads a file that is not large.
func readSmallFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	return content, err
}

var errSecret = errors.New("a file with a secret holds one line, and this one is empty or has more")

// readSecret reads a file that holds a secret on one line.
func readSecret(name string) (string, error) {
	content, err := readSmallFile(name)
	if err != nil {
		return "", err
	}
	content = bytes.TrimRight(content, "\r\n")
	if len(content) == 0 || bytes.ContainsAny(content, "\r\n\x00") {
		return "", fmt.Errorf("%s: %w", name, errSecret)
	}
	return string(content), nil
}
