package rules

import "time"

// Person is who gave a command: the immutable id, and name and address as they were at that time.
type Person struct {
	ID    string
	Name  string
	Email string // empty when the chat server does not tell
}

// Place is a team or a channel of the chat server.
type Place struct {
	ID   string
	Name string
}

// TerminalID begins the ids of people who give commands at a terminal, which the chat server does not know.
const TerminalID = "terminal-"

// Request is one command as it arrived, verified, before anything of its text was understood.
type Request struct {
	ID      string    // ours: 26 lower-case letters and digits, unique; commits carry it as the trailer Request-Id
	Key     string    // idempotency key (Mattermost's client trigger id where it was verified); empty when there is none
	Time    time.Time // when it arrived
	Actor   Person
	Team    Place
	Channel Place
	Entry   string // how it came in: one of EntryChat and the others
	Thread  string // the post that the conversation began with, where it was given in one and the chat server says so
	Remote  string // the address of who asks: behind trusted proxies, what they say
	Client  string // the program that sent it, as it names itself; empty when it does not
	Host    string // where the service ran that took it, its version and the time zone that it tells times in
	Version string
	Zone    string
	Command string // the text as typed without "/alert " or "alertsmith ", secrets cut out
}
