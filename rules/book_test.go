package rules

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// corpusDir holds real rule files that nobody here wrote.
const corpusDir = "../../shared/corpus/awesome-prometheus-alerts/rules"

// memoryTree is a rulebook in memory; a file's content is its id.
type memoryTree map[string]string

func (t memoryTree) Revision() string { return "0123456789012345678901234567890123456789" }

func (t memoryTree) List(dir string) (map[string]string, error) {
	list := map[string]string{}
	for path, content := range t {
		if dir == "" || strings.HasPrefix(path, dir+"/") {
			list[path] = content
		}
	}
	return list, nil
}

func (t memoryTree) Read(path string) ([]byte, error) {
	content, ok := t[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return []byte(content), nil
}

// bothRulers are a Prometheus and a Loki with the directories that they have by default.
var bothRulers = []RulerInfo{
	{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"},
	{Name: "loki", Dialect: expr.LogQL, Dir: "loki"},
}

// bookOf returns the book of a rulebook that holds these files.
func bookOf(t testing.TB, files memoryTree) *Book {
	t.Helper()
	book, err := NewBook(bothRulers).At(files)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// corpus returns the corpus as files of the Prometheus.
func corpus(t testing.TB) memoryTree {
	t.Helper()
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skipf("SKIPPED: the corpus of real rule files is not at %s: %v", corpusDir, err)
	}
	files := memoryTree{}
	err := filepath.WalkDir(corpusDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		relative, _ := filepath.Rel(corpusDir, path)
		files["prometheus/"+filepath.ToSlash(relative)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
