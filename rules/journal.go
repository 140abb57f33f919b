package rules

import "time"

// Record is one line of the journal: a command and how it ended.
type Record struct {
	Request   Request
	Action    string // the command's canonical name: "add", "list"; empty when the text named none
	Outcome   Outcome
	Reply     string    // what was answered, as sent
	InChannel bool      // the reply went to the channel, not only to its author
	Done      time.Time // when the answer was ready; zero while the command is being worked on
}

// PageEntry is what the day's journal page says of one change; package journal renders it.
type PageEntry struct {
	Request  Request
	Action   string
	Change   Change
	Diff     string    // of the rule files, unified
	Findings []Finding // warnings about its rules
}
