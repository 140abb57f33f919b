package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// browsers is the key of the browsers that a script uses, by their names. Each has cookies of its own.
type browsers struct{}

func browseCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: browse NAME URL [FIELD=VALUE…]")
	}
	known := ts.Value(browsers{}).(map[string]*http.Client)
	browser := known[args[0]]
	if browser == nil {
		jar, err := cookiejar.New(nil)
		ts.Check(err)
		browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		known[args[0]] = browser
	}
	request, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	if len(args) > 2 {
		form := url.Values{}
		for _, field := range args[2:] {
			name, value, _ := strings.Cut(field, "=")
			form.Add(name, value)
		}
		request, err = http.NewRequest(http.MethodPost, args[1], strings.NewReader(form.Encode()))
		ts.Check(err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%d\nLocation: %s\nSet-Cookie: %q\n%s\n", response.StatusCode, response.Header.Get("Location"), response.Header.Values("Set-Cookie"), page)
	ts.Check(err)
}

func keepCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME REGEXP")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s is not there, or has not one group", args[1])
	}
	ts.Setenv(args[0], found[1])
}
