// Package bot is the chat side: one HTTP request of a Mattermost slash command in, one reply out.
//
// The whole of it is one line that a reader can follow in handler.go: verify the request, record it as received, look the
// command up, authorize, parse to an intent, hand that to the Backend, reply. The package knows no Git and no ruler: it
// reaches them through the funcs of Backend, and the journal through the interface Journal.
package bot
