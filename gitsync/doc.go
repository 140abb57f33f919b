// Package gitsync keeps the rulebook in a local bare Git repository: one commit per change, durable before it is
// acknowledged, one writer per repository, readers on immutable snapshots.
//
// Commits are built from the head's trees by plumbing; there is no worktree and no index, so nothing of the
// repository's content is ever checked out. Everything is written through a file system that fsyncs objects and
// replaces refs by lock, fsync and rename, because go-git (v5.19.3) does neither: it writes refs in place.
//
// It knows paths and bytes. What a rule file or a journal page says is not its business.
package gitsync
