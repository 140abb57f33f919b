// Package remote talks to the Git server that a rulebook is kept on: over ssh, https, or with a repository at a path. It
// asks where one branch stands, fetches what a commit needs, and pushes one commit with the advertised ref as the lease.
//
// It speaks Git's protocol version 0 itself, with go-git's codec for pkt-lines, and not through go-git's transports
// (v5.19.3): those hold a whole pack in memory over http, take no context while they connect over ssh, read the user's
// ssh configuration, take a connection that was cut for the end of a pack, and do not tell whether a request was sent.
//
// What the server says is not trusted: every answer is bounded, every text is cleaned before a person or a log sees it.
// It knows nothing of rules, and nothing of the local repository: packs come from the caller and go to the caller.
package remote
