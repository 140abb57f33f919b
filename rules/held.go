package rules

// heldFile is where a rule file stands that is held.
type heldFile struct {
	ruler int // of Book.rulers
	path  string
}

// keeping returns the book with some files as they are in another one.
func (b *Book) keeping(good *Book, files []heldFile) *Book {
	if len(files) == 0 {
		return b
	}
	changes := make([]map[string]*file, len(b.rulers))
	for _, at := range files {
		var f *file
		if old := good.shelves[at.ruler].get(at.path); old != nil {
			f = old.file
		}
		put(changes, at.ruler, at.path, f)
	}
	kept := b.with(changes)
	kept.revision, kept.mixed = b.revision, true
	return kept
}

// touched returns the rule files that somebody else touched last, as far as they differ from the last good state.
func (p pastSince) touched(good, book *Book) []heldFile {
	var found []heldFile
	for i, ruler := range book.rulers {
		for _, path := range changedPaths(good, book, ruler.Name) {
			if p.foreign[book.pathIn(i, path)] {
				found = append(found, heldFile{i, path})
			}
		}
	}
	return found
}

// heldPush returns what is held, nil when nothing is.
func (a *Applier) heldPush() *HeldPush {
	a.outside.mu.Lock()
	defer a.outside.mu.Unlock()
	return a.outside.held
}
