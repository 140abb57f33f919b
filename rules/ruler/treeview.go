package ruler

import (
	"cmp"
	"path/filepath"
	"strings"
	"sync"

	"github.com/alertsmith/alertsmith/rules"
)

// treeView knows by what names a ruler calls the files of our directory, in the layout tree. In a container it may see the directory
// under another name than we do, and where its configuration says so, relative to another one. So the directory's name there is
// what stands before most of the files that we know. It is safe for concurrent use.
type treeView struct {
	dir string // by our name, with a slash at the end

	mu    sync.Mutex
	root  string          // the same by the ruler's name
	known map[string]bool // names of files in it
}

func newTreeView(dir string, names []string) *treeView {
	v := &treeView{dir: strings.TrimSuffix(dir, string(filepath.Separator)) + "/"}
	v.root = v.dir
	v.know(names)
	return v
}

// know notes which files are there. What was there before may still run, but is no help any more to find the directory.
func (v *treeView) know(names []string) {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known = known
}

// place sets the path of every rule from the file that the ruler names.
func (v *treeView) place(running []rules.RunningRule) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.find(running)
	for i := range running {
		running[i].Path = ""
		if name, ok := strings.CutPrefix(running[i].File, v.root); ok {
			running[i].Path, _ = rules.TreeLayout.RulebookPath(name)
		}
	}
}

// find finds the directory's name: the one before most of the known files; of several, ours, then the one that it was last, then the
// shortest. When the ruler runs none of them it stays as it was.
func (v *treeView) find(running []rules.RunningRule) {
	votes, seen := map[string]int{}, map[string]bool{}
	for _, r := range running {
		if seen[r.File] {
			continue
		}
		seen[r.File] = true
		for i := 0; i >= 0; i = nextElement(r.File, i) {
			if v.known[r.File[i:]] {
				votes[r.File[:i]]++
			}
		}
	}
	best := v.root
	for root := range votes {
		if cmp.Or(votes[root]-votes[best], prefer(root == v.dir, best == v.dir), prefer(root == v.root, best == v.root), len(best)-len(root)) > 0 {
			best = root
		}
	}
	v.root = best
}

// nextElement returns where the element of a path after the one at i begins; -1 when there is none.
func nextElement(path string, i int) int {
	if slash := strings.IndexByte(path[i:], '/'); slash >= 0 {
		return i + slash + 1
	}
	return -1
}

// prefer orders by a property that only one of two may have.
func prefer(one, other bool) int {
	switch {
	case one == other:
		return 0
	case one:
		return 1
	}
	return -1
}
