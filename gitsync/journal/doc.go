// Package journal is the record of every command: who, when, where, what, why, and with which result; refusals too.
//
// The record is an SQLite database; an entry is on the disk before a command is worked on. Of changes there is an account
// for readers as well: one Markdown page a day in the rulebook, which this package writes as bytes and somebody else commits.
//
// It knows neither Git nor chat, and never sees a token or a response URL: rules.Request has no place for them.
package journal
