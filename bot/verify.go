package bot

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// tokensOf returns every command token that a request carries: the form's and the header's. There must be one, and all
// must be valid. A header of another scheme belongs to somebody else, a proxy say.
func tokensOf(r *http.Request, f form) []string {
	var tokens []string
	if f.token != "" {
		tokens = append(tokens, f.token)
	}
	for _, header := range r.Header.Values("Authorization") {
		if scheme, token, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "Token") {
			tokens = append(tokens, strings.TrimSpace(token))
		}
	}
	return tokens
}

// allValid reports whether there are tokens and each of them is among the valid ones. The time it takes tells nothing
// about either.
func allValid(tokens, valid []string) bool {
	all := len(tokens) > 0
	for _, token := range tokens {
		got, found := sha256.Sum256([]byte(token)), 0
		for _, v := range valid {
			want := sha256.Sum256([]byte(v))
			if v != "" {
				found |= subtle.ConstantTimeCompare(got[:], want[:])
			}
		}
		all = all && found == 1
	}
	return all
}

// maxAge is how far the clock of a trigger id may be from ours, either way.
const maxAge = 5 * time.Minute

// verifyTrigger proves that the configured server sent this request, for this user and now, and returns the client trigger
// id, which is the idempotency key. Without the server's key nothing is let through.
func (m *Mattermost) verifyTrigger(ctx context.Context, f form) (string, error) {
	denied := func(text string) error { return &rules.Error{Kind: rules.Denied, Text: text} }
	t, err := parseTrigger(f.triggerID)
	if err != nil {
		return "", denied("Not accepted: the request does not prove that your Mattermost server sent it (no valid trigger id).")
	}
	key, err := m.signingKey(ctx, nil)
	if err == nil && !t.signedBy(key) {
		if key, err = m.signingKey(ctx, key); err == nil && !t.signedBy(key) {
			return "", denied("Not accepted: the request is not signed by your Mattermost server.")
		}
	}
	if err != nil {
		return "", &rules.Error{Kind: rules.Unavailable, Cause: err,
			Text: "Not accepted: the key of the Mattermost server cannot be fetched, so the request cannot be verified. Try again in a minute."}
	}
	if t.user != f.userID {
		return "", denied("Not accepted: the request is signed for another person.")
	}
	if age := m.now().Sub(t.at); age > maxAge || age < -maxAge {
		return "", denied("Not accepted: the request is older than five minutes, or a clock is wrong. Type the command again.")
	}
	return t.client, nil
}

// Access says who may give commands, and where.
type Access struct {
	// Tokens are the valid command tokens, one for every slash command in Mattermost.
	Tokens []string
	// CLITokens are those of our own command line, which has no trigger id to show; may be empty.
	CLITokens []string
	// AllowGET takes commands by GET too, which puts the token into URLs and thus into the logs of proxies.
	AllowGET bool
	// Teams, Channels and Users are the ids that commands are taken from; an empty list takes all.
	Teams, Channels, Users []string
}

// MayRead reports whether a token lets a program read the journal: the command line's does.
func (a Access) MayRead(token string) bool { return allValid([]string{token}, a.CLITokens) }

// Admits reports whether whoever gave a command that was taken would be let in now.
func (a Access) Admits(r rules.Request) bool { return a.check(r) == nil }

// check returns nil when the request may go on, else an error of kind Denied.
func (a Access) check(r rules.Request) error {
	var text string
	switch {
	case r.Entry == rules.EntryCLI || r.Entry == rules.EntryWeb: // whose teams, channels and users Mattermost does not know; a token or a sign-in is permission enough
		return nil
	case !allows(a.Teams, r.Team.ID):
		text = "This team may not use the command here: ask whoever runs Alertsmith to allow it."
	case !allows(a.Channels, r.Channel.ID):
		text = "The command may not be used in this channel: ask whoever runs Alertsmith to allow it."
	case !allows(a.Users, r.Actor.ID):
		text = "You may not use this command: ask whoever runs Alertsmith to allow it."
	default:
		return nil
	}
	return &rules.Error{Kind: rules.Denied, Text: text}
}

// allows reports whether a list is empty or has the id.
func allows(list []string, id string) bool { return len(list) == 0 || slices.Contains(list, id) }
