package rules

// How a command came in: the entry of its Request.
const (
	EntryChat    = "chat"    // a slash command of the chat server
	EntryButton  = "button"  // pressed below an answer in the chat
	EntryCLI     = "cli"     // `alertsmith send`
	EntryWeb     = "web"     // typed into the console of the pages, or a sign-in there
	EntryGit     = "git"     // pushed by somebody else
	EntryService = "service" // the service itself, as when it undoes a change
	EntryImport  = "import"  // `alertsmith import`, whose Request.Command begins behind the word alertsmith
)
