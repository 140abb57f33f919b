package rules

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// differTree is a memoryTree that tells what differs.
type differTree struct {
	memoryTree
	revision string
}

func (t differTree) Revision() string { return t.revision }

func (t differTree) Differing(other Tree) (map[string]string, error) {
	before, ok := other.(differTree)
	if !ok {
		return nil, fmt.Errorf("%T is another store's", other)
	}
	differ := map[string]string{}
	for path, content := range t.memoryTree {
		if was, there := before.memoryTree[path]; !there || was != content {
			differ[path] = content
		}
	}
	for path := range before.memoryTree {
		if _, there := t.memoryTree[path]; !there {
			differ[path] = ""
		}
	}
	return differ, nil
}

// told is everything that a book tells.
type told struct {
	Entries   []Entry
	Live      []Entry
	Files     []RuleFile
	Problems  []Problem
	Addresses []string
	Found     []Ref
	Near      []string
}

func tell(b *Book) told {
	t := told{Entries: b.Entries(""), Problems: b.Problems(), Near: b.notFound("rule-0").Fixes}
	for _, r := range b.rulers {
		t.Files = append(t.Files, b.RuleFiles(r.Name)...)
		t.Live = append(t.Live, b.liveEntries(r.Name)...)
	}
	for _, e := range t.Entries {
		address := b.Address(e.Ref)
		found, err := b.Find(address)
		if err != nil {
			panic(err)
		}
		t.Addresses, t.Found = append(t.Addresses, address), append(t.Found, found.Ref)
	}
	return t
}

// TestABookIsTheSameHoweverItCameAbout walks random histories: at every revision the book that was made from its neighbour, by what differs
// or by listing, and the planned one, say what a book says that was read from scratch.
func TestABookIsTheSameHoweverItCameAbout(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		tree := differTree{memoryTree{}, "0"}
		book, err := NewBook(bothRulers).At(tree)
		if err != nil {
			t.Fatal(err)
		}
		books := []*Book{book}
		for step := range 12 {
			next := differTree{maps.Clone(tree.memoryTree), fmt.Sprint(step + 1)}
			change := map[string][]byte{}
			for range 1 + random.IntN(3) {
				path, content := randomFile(random)
				if change[path] = content; content == nil {
					delete(next.memoryTree, path)
				} else {
					next.memoryTree[path] = string(content)
				}
			}
			want, err := NewBook(bothRulers).At(next)
			if err != nil {
				t.Fatal(err)
			}
			differing, err := book.At(next)
			if err != nil {
				t.Fatal(err)
			}
			listed, err := book.At(next.memoryTree)
			if err != nil {
				t.Fatal(err)
			}
			older, err := books[random.IntN(len(books))].At(next)
			if err != nil {
				t.Fatal(err)
			}
			planned := book.With(change)
			fresh := tell(want)
			for name, got := range map[string]*Book{"by what differs": differing, "by listing": listed, "from an older one": older} {
				if diff := cmp.Diff(fresh, tell(got)); diff != "" {
					t.Fatalf("seed %d, step %d, %s (-from scratch +got):\n%s", seed, step, name, diff)
				}
			}
			got := tell(planned)
			for i := range got.Files { // planned ids are Git's, this tree's are the contents
				got.Files[i].ID = fresh.Files[i].ID
			}
			if diff := cmp.Diff(fresh, got); diff != "" {
				t.Fatalf("seed %d, step %d, planned (-from scratch +got):\n%s", seed, step, diff)
			}
			tree, book = next, differing
			books = append(books, book)
		}
	}
}

// randomFile is a good, a bad or a vanished file, with names that many have.
func randomFile(random *rand.Rand) (string, []byte) {
	path := fmt.Sprintf("%s/ns%d/f%d.yaml", []string{"prometheus", "loki", "journal"}[random.IntN(3)], random.IntN(2), random.IntN(4))
	switch random.IntN(8) {
	case 0, 1:
		return path, nil
	case 2:
		return path, []byte("groups: [{name: x, rules: [{alert: Bad, expr: 'up =='}]}]\n")
	}
	g := group{Name: fmt.Sprintf("g%d", random.IntN(2))}
	for range 1 + random.IntN(4) {
		g.Rules = append(g.Rules, placedRule{Rule: Rule{Alert: fmt.Sprintf("rule-%d", random.IntN(6)), Expr: "vector(1) > 0"}})
	}
	return path, renderFile(g)
}

func TestABookOutlivesAFileThatIsTooLarge(t *testing.T) {
	t.Parallel()
	book, err := NewBook(bothRulers).At(hugeTree{memoryTree{"prometheus/a.yaml": string(renderFile(oneRule("A"))), "prometheus/huge.yaml": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A"}, entryNames(book)); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if problems := book.Problems(); len(problems) != 1 || problems[0].Path != "prometheus/huge.yaml" {
		t.Errorf("problems %+v", problems)
	}
}

// hugeTree cannot read one of its files.
type hugeTree struct{ memoryTree }

func (t hugeTree) Read(path string) ([]byte, error) {
	if path == "prometheus/huge.yaml" {
		return nil, fmt.Errorf("%s %w", path, ErrTooLarge)
	}
	return t.memoryTree.Read(path)
}
