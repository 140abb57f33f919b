package gitsync

import (
	"strings"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// noMail is the domain of the addresses of people whose chat server tells none; RFC 2606 keeps it unused.
const noMail = "mattermost.invalid"

// serviceAddress is the address that our commits have as their committer's.
func (r *Rulebook) serviceAddress() string { return signature(r.committer, time.Time{}).Email }

// signature returns a person as a commit's author or committer. What would break the header is cut out; a person without
// a name is called by the id, one without an address gets ID@mattermost.invalid.
func signature(p rules.Person, when time.Time) object.Signature {
	id := identity(p.ID)
	if id == "" {
		id = "unknown"
	}
	name := identity(p.Name)
	if name == "" {
		name = id
	}
	email := strings.ReplaceAll(identity(p.Email), " ", "")
	if email == "" {
		email = strings.ReplaceAll(id, " ", "") + "@" + noMail
	}
	return object.Signature{Name: name, Email: email, When: when}
}

// identity makes s fit for "name <address> date": one line, no angle brackets, at most 200 characters, and without the
// punctuation that git itself cuts off at both ends.
func identity(s string) string {
	s = oneLine(strings.Map(func(r rune) rune {
		if r == '<' || r == '>' {
			return -1
		}
		return r
	}, s), 200)
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`.,:;"\'`, r) })
}
