package gitsync

import (
	"bytes"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// refsBelow returns the refs of a directory of ours, which ends in a slash and has none below. It reads no others: a damaged one that nobody
// needs, of an operator or of another program, stops nothing.
func (r *Rulebook) refsBelow(dir string) (map[plumbing.ReferenceName]plumbing.Hash, error) {
	names, err := r.fs.names(dir)
	if err != nil {
		if _, statErr := r.fs.Stat(dir); !os.IsNotExist(statErr) {
			return nil, err
		}
	}
	packed, err := readSmall(r.fs, "packed-refs")
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for line := range bytes.Lines(packed) {
		_, name, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if name, ours := strings.CutPrefix(name, dir); ours {
			names = append(names, name)
		}
	}
	refs := map[plumbing.ReferenceName]plumbing.Hash{}
	for _, base := range names {
		if strings.HasSuffix(base, ".lock") {
			continue
		}
		name := plumbing.ReferenceName(dir + base)
		hash, err := readRef(r.fs, name)
		if err != nil {
			return nil, err
		}
		if !hash.IsZero() { // it was not removed meanwhile
			refs[name] = hash
		}
	}
	return refs, nil
}

// mendRef says to a person what to do with a damaged ref of ours. Its file has to be mended: `git update-ref` (2.39) refuses to touch it.
func mendRef(name plumbing.ReferenceName) string {
	switch ref := name.String(); {
	case strings.HasPrefix(ref, doubtRefs):
		return "Write the hash that its name ends in into that file"
	case strings.HasPrefix(ref, keptRefs):
		return "Write the hash of the commit that the end of its name begins into that file (`git rev-parse` says it), or remove the file: then that commit is not kept any more"
	case name == acceptedRef:
		return "Remove that file: then `git.accept_rewritten` accepts once more"
	case name == blankRef, name.IsRemote():
		return "Remove that file: what it says is read from the Git server again"
	default:
		return "Write the hash of the branch's newest commit into that file: a backup or the Git server has it, and `git fsck --no-reflogs` lists what nothing refers to"
	}
}
