package journal

import (
	"encoding/json"

	"github.com/alertsmith/alertsmith/rules"
)

// countedCommit is a commit with what is countedCommit of its versions before any of them is written.
type countedCommit struct {
	IndexedCommit
	nth []int  // of each version: how many of its commit, of the same kind as Version.Told has it, stand before it
	did string // how many there are of each of these kinds: JSON
}

func countVersions(c IndexedCommit) (countedCommit, error) {
	did, nth := map[rules.ChangeKind]int{}, make([]int, len(c.Versions))
	for i, v := range c.Versions {
		kind, _ := v.Told()
		nth[i] = did[kind]
		did[kind]++
	}
	text, err := json.Marshal(did)
	return countedCommit{c, nth, string(text)}, err
}
