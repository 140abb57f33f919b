package rules

// work is a change of rules of one ruler in the making.
type work struct {
	book   *Book
	ruler  string
	edited map[string]*file // path → what it becomes; nil: it goes
}

func (b *Book) work(ruler string) *work {
	return &work{book: b, ruler: ruler, edited: map[string]*file{}}
}

// file returns a file as it is by now; nil when there is none.
func (w *work) file(path string) *file {
	if f, edited := w.edited[path]; edited {
		return f
	}
	return w.book.file(w.ruler, path)
}

// alter changes rules where they stand. They are rules of the book in its order.
func (w *work) alter(entries []Entry, a Alteration) error {
	for len(entries) > 0 {
		path, n := entries[0].Ref.Path, 0
		for n < len(entries) && entries[n].Ref.Path == path {
			n++
		}
		edit, err := w.file(path).edit()
		if err != nil {
			return err
		}
		for _, entry := range entries[:n] {
			if err := a.apply(w.book, edit, entry); err != nil {
				return err
			}
		}
		if w.edited[path], err = edit.done(); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// apply changes one rule of a file.
func (a Alteration) apply(book *Book, edit *fileEdit, entry Entry) error {
	groupIndex, index := edit.file.position(entry.Ref)
	wanted, err := a.rule(book, entry.Ref.Ruler, entry.Rule)
	if err == nil {
		err = edit.setRule(groupIndex, index, wanted)
	}
	if err == nil {
		err = edit.remember(groupIndex, index, entry.Rule)
	}
	if interval, said := a.interval(); err == nil && said {
		err = edit.setInterval(groupIndex, interval)
	}
	if err == nil {
		err = a.setExpiry(edit, groupIndex, index)
	}
	if err == nil {
		err = a.setAccepted(edit, entry, groupIndex, index)
	}
	return err
}

// change returns the change. Where no rule says anything else, it is about the ref alone. An error of kind Conflict says that nothing is
// left to be done.
func (w *work) change(subject, reason string, ref Ref) (Change, error) {
	files, done := map[string][]byte{}, InTheWay{}
	for path, f := range w.edited {
		at := w.book.rulebookPath(Ref{Ruler: w.ruler, Path: path})
		if sameContent(f, w.book.file(w.ruler, path)) {
			done = append(done, at)
			continue
		}
		if files[at] = nil; f != nil {
			files[at] = f.content
		}
	}
	if len(files) == 0 {
		nothing := conflict("", "There is nothing to do: %q is so already.", ref.Name)
		nothing.Cause = done // where that is held, it is not so at the ruler
		return Change{}, nothing
	}
	c := Change{Ruler: w.ruler, Files: files, Subject: subject, Reason: reason, Refs: touched(w.book, w.book.With(files), w.ruler)}
	if len(c.Refs) == 0 { // its comments alone
		c.Refs = []Ref{ref}
	}
	return c, nil
}
