package rules

import "sync"

// lending lends files that are held and cannot be read the rules that they had in the last good state: these are live, and whoever asks for one,
// or gives another its name, is to read that its file is held.
type lending struct {
	good  *Book
	files []heldFile

	mu       sync.Mutex
	of, lent *Book // the last book that was lent rules, and what became of it
}

// lend returns a book of the rulebook's branch as a person is to see it; that book itself where nothing has to be lent.
func (a *Applier) lend(book *Book) *Book {
	l := a.outside.lending.Load()
	if l == nil {
		return book
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != book {
		l.of, l.lent = book, book.lent(l.good, l.files)
	}
	return l.lent
}

// lent returns the book with the rules that another has in those of some files that b has and cannot read.
func (b *Book) lent(good *Book, files []heldFile) *Book {
	changes := make([]map[string]*file, len(b.rulers))
	found := false
	for _, at := range files {
		is, was := b.shelves[at.ruler].get(at.path), good.shelves[at.ruler].get(at.path)
		if is == nil || was == nil || !noRuleFile(is.file) || noRuleFile(was.file) {
			continue
		}
		lent := *is.file
		lent.groups, lent.lentAt, found = was.file.groups, b.pathIn(at.ruler, at.path), true
		put(changes, at.ruler, at.path, &lent)
	}
	if !found {
		return b
	}
	next := b.with(changes)
	next.revision, next.tree, next.mixed = b.revision, b.tree, true
	return next
}

// own returns the file with what it says itself; nil where it is lent its rules, as it can say nothing.
func (f *file) own() *file {
	if f == nil || f.lentAt != "" {
		return nil
	}
	return f
}
