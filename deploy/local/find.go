package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Find returns the path of a program ("prometheus", "promtool", "alertmanager", "amtool", "loki", "logcli"): from .tools/bin below
// the module's root, which is looked for upwards from the working directory, else from PATH.
func Find(name string) (string, error) {
	if root, ok := moduleRoot(); ok {
		if path, err := exec.LookPath(filepath.Join(root, ".tools", "bin", name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is neither in .tools/bin nor on PATH: run `make tools`", name)
	}
	return path, nil
}

func moduleRoot() (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}
