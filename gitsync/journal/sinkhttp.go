package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAnswer is the longest answer of a sink that is read, in bytes.
const maxAnswer = 64 << 10

// newHTTPClient returns a client that follows no redirect: what is told is told to whom the configuration names.
func newHTTPClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// exchange sends a request and returns the body of an answer with a status of 2xx. No error tells the address, which can be a secret, nor what
// was sent or answered.
func exchange(client *http.Client, request *http.Request) ([]byte, error) {
	request.Header.Set("User-Agent", "alertsmith")
	response, err := client.Do(request)
	if err != nil {
		return nil, plainly(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch status := response.StatusCode; {
	case status/100 == 2 && err != nil:
		return nil, plainly(err)
	case status/100 == 2:
		return body, nil
	case status/100 == 3:
		return nil, fmt.Errorf("it answered %d, a redirect, which is not followed", status)
	default:
		err := fmt.Errorf("it answered %d %s", status, http.StatusText(status))
		if after := retryAfter(response.Header.Get("Retry-After"), time.Now()); after > 0 {
			return nil, &later{after, err}
		}
		if slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}, status) {
			return nil, &unfit{err}
		}
		return nil, err
	}
}

// retryAfter reads the header of that name: seconds, or a date. 0 is for none.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

var errNoAnswer = errors.New("there was no answer in time")

// plainly returns why there was no answer, without the address that was asked.
func plainly(err error) error {
	var timedOut net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timedOut) && timedOut.Timeout() {
		return errNoAnswer
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// checkAddress says what is wrong with the address of a server. The address may hold a secret, so no error repeats it.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("the address must begin with http:// or https:// and name a host")
	case u.User != nil || u.Fragment != "":
		return errors.New("the address must have no user, password or fragment")
	}
	return nil
}

// readSecret returns the first line of a file. No error repeats any of its content.
func readSecret(path string) (string, error) {
	lines, err := readSecrets(path)
	if err != nil {
		return "", err
	}
	return lines[0], nil
}

// readSecrets returns the lines of a file; empty ones and those that begin with # are passed over.
func readSecrets(path string) (secrets []string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			secrets = append(secrets, line)
		}
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("%s: there is no secret in it", path)
	}
	return secrets, nil
}
