package rules

import (
	"fmt"
	"maps"
	"testing"
)

// treeOf is files of ten rules each, ten files to a directory.
func treeOf(rules int) differTree {
	files := memoryTree{}
	for i := range rules / 10 {
		g := group{Name: fmt.Sprintf("g%d", i)}
		for j := range 10 {
			g.Rules = append(g.Rules, placedRule{Rule: Rule{
				Alert: fmt.Sprintf("Alert%d-%d", i, j), Expr: fmt.Sprintf("rate(http_requests_total{job=\"job-%d\"}[5m]) > %d", i, j),
				Labels: map[string]string{"severity": "page"}, Annotations: map[string]string{"summary": "{{ $labels.job }} at {{ $value }}"},
			}})
		}
		files[fmt.Sprintf("prometheus/ns%d/f%d.yaml", i/10, i)] = string(renderFile(g))
	}
	return differTree{files, "0"}
}

// BenchmarkChange is all that one change asks of the book: planned, checked, read again from the commit, and given to the ruler.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			tree := treeOf(n)
			book, err := NewBook(bothRulers).At(tree)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				p, err := plan(book, Add{Name: fmt.Sprint("New", i), Expr: "up == 0", Channel: "ns3", Options: Options{Ruler: "prometheus"}})
				if err != nil {
					b.Fatal(err)
				}
				next := committedTree{before: tree, change: p.change.Files}
				after, err := book.At(next)
				if err != nil {
					b.Fatal(err)
				}
				if len(after.RuleFiles("prometheus")) != n/10+1 || after.Address(p.change.Refs[0]) == "" {
					b.Fatal("the change is not there")
				}
			}
		})
	}
}

// committedTree is a tree with a change on top, which costs the benchmark nothing.
type committedTree struct {
	before differTree
	change map[string][]byte
}

func (t committedTree) Revision() string { return "1" }

func (t committedTree) List(dir string) (map[string]string, error) {
	files := maps.Clone(t.before.memoryTree)
	for path, content := range t.change {
		files[path] = string(content)
	}
	return files.List(dir)
}

func (t committedTree) Read(path string) ([]byte, error) { return t.change[path], nil }

func (t committedTree) Differing(Tree) (map[string]string, error) {
	differ := map[string]string{}
	for path, content := range t.change {
		differ[path] = plannedID(content)
	}
	return differ, nil
}

// BenchmarkCheckCold reads and checks 10,000 rules of which nothing is known.
func BenchmarkCheckCold(b *testing.B) {
	tree := treeOf(10_000)
	for b.Loop() {
		book, err := NewBook(bothRulers).At(tree)
		if err != nil || len(book.Problems()) > 0 {
			b.Fatal(err, book.Problems())
		}
	}
}
