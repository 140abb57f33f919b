package lint

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/rules"
)

// neighbours finds, among all rules of a book, those that a rule has to do with. Bringing it from one book to another costs the files that
// the two have differently.
type neighbours struct {
	book    *rules.Book
	words   map[wordsOf][]*rules.Entry // rules with the same words in their expressions
	records map[nameAt][]*rules.Entry  // the recording rules of a name
}

// wordsOf are the words of an expression of one ruler, in any order: what two expressions that differ in formatting alone have the same.
type wordsOf struct {
	ruler string
	words uint64
}

// nameAt is the name of a rule of one ruler.
type nameAt struct{ ruler, name string }

// bring makes n the neighbours of a book's rules.
func (n *neighbours) bring(book *rules.Book) {
	if n.book == book {
		return
	}
	if n.book == nil {
		n.book = rules.NewBook(book.Rulers())
		n.words, n.records = map[wordsOf][]*rules.Entry{}, map[nameAt][]*rules.Entry{}
	}
	for _, ruler := range book.Rulers() {
		for _, path := range rules.ChangedFiles(n.book, book, ruler.Name) {
			_, gone, _ := n.book.File(ruler.Name, path)
			for i := range gone {
				n.take(&gone[i])
			}
			_, come, _ := book.File(ruler.Name, path)
			for i := range come {
				n.put(&come[i])
			}
		}
	}
	n.book = book
}

func (n *neighbours) put(e *rules.Entry) {
	key := keyOf(e)
	n.words[key] = append(n.words[key], e)
	if name := (nameAt{e.Ref.Ruler, e.Rule.Record}); name.name != "" {
		n.records[name] = append(n.records[name], e)
	}
}

func (n *neighbours) take(e *rules.Entry) {
	drop(n.words, keyOf(e), e.Ref)
	drop(n.records, nameAt{e.Ref.Ruler, e.Rule.Record}, e.Ref)
}

// drop takes the rule at ref out of a list, and the list when nothing is left in it.
func drop[K comparable](lists map[K][]*rules.Entry, key K, ref rules.Ref) {
	rest := slices.DeleteFunc(lists[key], func(e *rules.Entry) bool { return e.Ref == ref })
	if len(rest) == 0 {
		delete(lists, key)
		return
	}
	lists[key] = rest
}

// alike returns the other rules of e's ruler whose expressions have the same words; the first few, of which there are always enough to tell.
func (n *neighbours) alike(e *rules.Entry) []*rules.Entry {
	all := n.words[keyOf(e)]
	others := make([]*rules.Entry, 0, min(len(all), maxAlike))
	for _, other := range all {
		if other.Ref != e.Ref && len(others) < maxAlike {
			others = append(others, other)
		}
	}
	return others
}

// maxAlike is how many rules one rule is compared with: a book may have thousands with the same words.
const maxAlike = 50

// recording returns the recording rules of a ruler that record a name.
func (n *neighbours) recording(ruler, name string) []*rules.Entry {
	return n.records[nameAt{ruler, name}]
}

var wordSeed = maphash.MakeSeed()

// keyOf adds up the words of a rule's expression: names, numbers and durations (5m is 300s), in and out of quotes. Blanks, brackets, quotes
// and operators are what formatting changes, or are told apart when the expressions are compared.
func keyOf(e *rules.Entry) wordsOf {
	key := wordsOf{ruler: e.Ref.Ruler}
	for word := range strings.FieldsFuncSeq(e.Rule.Expr, func(r rune) bool {
		return r < 0x80 && r != '_' && r != ':' && r != '.' && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}) {
		if word[0] <= '9' && word[len(word)-1] > '9' {
			if d, err := model.ParseDuration(word); err == nil {
				word = d.String()
			}
		}
		key.words += maphash.String(wordSeed, word)
	}
	return key
}
