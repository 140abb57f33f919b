package rules_test

import (
	"errors"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

func TestAnErrorSaysNothingTwice(t *testing.T) {
	t.Parallel()
	away := &rules.Error{Text: "The server is away.", Cause: errors.New("HTTP 503")}
	for want, err := range map[string]error{
		"There is no rulebook: The server is away: HTTP 503": &rules.Error{Text: "There is no rulebook: The server is away", Cause: away},
		"It cannot be read: The server is away: HTTP 503":    &rules.Error{Text: "It cannot be read.", Cause: away},
		"The rulebook cannot be read: The server is away.":   &rules.Error{Text: "The rulebook cannot be read: The server is away.", Cause: &rules.Error{Text: "The server is away."}},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if errors.Is(err, away.Cause) != errors.Is(err, away) {
			t.Errorf("%q: what it was caused by is lost", want)
		}
	}
}

func TestPlaceOfAProblem(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]rules.Problem{
		"a.yaml":     {Path: "a.yaml"},
		"a.yaml:3":   {Path: "a.yaml", Line: 3},
		"a.yaml:3:7": {Path: "a.yaml", Line: 3, Column: 7},
	} {
		if got := p.Place(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
