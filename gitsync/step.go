package gitsync

// The steps of an update, in their order, as Options.Step is told them: each is told when it is about to begin. A kill
// at any of them leaves the repository whole; one before StepRefSync leaves the branch as it was. Updates that wait at the same
// time share the steps from StepObjects on.
const (
	StepPlan      = "plan"       // run the plan against the head; again when another writer was faster
	StepCompare   = "compare"    // assert that exactly the planned paths differ
	StepObjects   = "objects"    // write blobs, trees and commits, and fsync them
	StepPush      = "push"       // give the commits to the Git server; only where that is required
	StepRefLock   = "ref-lock"   // take the branch's lock file
	StepRefWrite  = "ref-write"  // write the new hash to the lock file and fsync it
	StepRefRename = "ref-rename" // rename the lock file to the branch: the point of no return
	StepRefSync   = "ref-sync"   // fsync the branch's directory
	StepDone      = "done"       // return to the caller: the commit is durable
)
