package gitsync

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// Differing implements rules.Differ.
func (t *tree) Differing(other rules.Tree) (map[string]string, error) {
	before, ok := other.(*tree)
	if !ok || before.objects != t.objects {
		return nil, fmt.Errorf("%q is not a state of this rulebook", other.Revision())
	}
	differ := map[string]object.TreeEntry{}
	if err := t.objects.compare(before.root, t.root, "", differ); err != nil {
		return nil, unavailable(err, "the rulebook cannot be compared with what it was")
	}
	ids := make(map[string]string, len(differ))
	for path, entry := range differ {
		if ids[path] = ""; regular(entry.Mode) {
			ids[path] = entry.Hash.String()
		}
	}
	return ids, nil
}
