package gitsync

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

// Differing implements rules.Differ. It fails also where too much differs to be compared: what is to be had of that is what List says.
func (t *tree) Differing(other rules.Tree) (map[string]string, error) {
	before, ok := other.(*tree)
	if !ok || before.objects != t.objects {
		return nil, fmt.Errorf("%q is not a state of this rulebook", other.Revision())
	}
	differ, err := t.objects.compare(before.root, t.root)
	if err != nil {
		return nil, unavailable(err, "the rulebook cannot be compared with what it was")
	}
	ids := make(map[string]string, len(differ))
	for path, d := range differ {
		ids[path] = contentID(d.after)
	}
	return ids, nil
}
