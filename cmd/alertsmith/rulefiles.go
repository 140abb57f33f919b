package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ruleFiles returns the files that the paths name, directories searched recursively, in the order given and then by name.
// Hidden files and directories are left out, and what was named before. The error joins what could not be read, and a directory without rule files.
func ruleFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, statErr := os.Stat(path)
		switch {
		case statErr != nil:
			err = errors.Join(err, statErr)
		case !info.IsDir():
			files = append(files, path)
		default:
			below, walkErr := ruleFilesBelow(path + string(filepath.Separator)) // which a symbolic link is followed for
			if len(below) == 0 && walkErr == nil {
				walkErr = fmt.Errorf("there is no rule file (*.yml, *.yaml) below %s", path)
			}
			files, err = append(files, below...), errors.Join(err, walkErr)
		}
	}
	known := map[string]bool{}
	return slices.DeleteFunc(files, func(file string) bool {
		clean := filepath.Clean(file)
		twice := known[clean]
		known[clean] = true
		return twice
	}), err
}

func ruleFilesBelow(dir string) (files []string, err error) {
	walkErr := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, entryErr error) error {
		hidden := path != dir && strings.HasPrefix(entry.Name(), ".")
		switch {
		case entryErr != nil:
			err = errors.Join(err, entryErr)
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir() && isRuleFile(path):
			files = append(files, path)
		}
		return nil
	})
	return files, errors.Join(err, walkErr)
}

func isRuleFile(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".yml" || ext == ".yaml"
}
