package gitsync

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
)

// blankRef leads to the name of the Git server that the rulebook met when there was no branch on it, until there is one. Who makes that branch
// before us, as hosts do with a first README, has no commit in common with the rulebook, and yet it is the right repository.
const blankRef plumbing.ReferenceName = "refs/alertsmith/blank"

// loadBlank reads whether the server was met without its branch.
func (r *Rulebook) loadBlank() error {
	noted, err := readRef(r.fs, blankRef)
	r.sync.blank = noted == plumbing.ComputeHash(plumbing.BlobObject, []byte(r.sync.remote.String()))
	return err
}

// noteBlank notes, durably, that the server was met without its branch. The caller has the writer's token.
func (r *Rulebook) noteBlank() error {
	if r.sync.blank {
		return nil
	}
	b := &builder{objects: r.objects}
	name := b.blob([]byte(r.sync.remote.String()))
	noted, err := readRef(r.fs, blankRef)
	if err == nil {
		err = errors.Join(r.fs.write(b.made), moveRef(r.fs, blankRef, noted, name))
	}
	if err != nil {
		return unavailable(err, "the rulebook %s cannot note that the Git server has no branch yet", r.dir)
	}
	r.sync.blank = true
	return nil
}

// forgetBlank ends that: the branch is there. The caller has the writer's token.
func (r *Rulebook) forgetBlank() error {
	if !r.sync.blank {
		return nil
	}
	r.sync.blank = false
	noted, err := readRef(r.fs, blankRef)
	if err != nil || noted.IsZero() {
		return err
	}
	return deleteRef(r.fs, blankRef, noted)
}
