package rules

import (
	"context"
	"errors"
)

// Book returns the newest rulebook, parsed and checked, as a person is to see it: of files that are held it has the rules that are live, and beside
// them what was pushed; see Entry.Held and Book.Branch.
func (a *Applier) Book(ctx context.Context) (*Book, error) {
	book, err := a.newest(ctx)
	if err != nil {
		return nil, err
	}
	_, shown := a.lendBoth(book)
	return shown, nil
}

// newest returns the newest rulebook as it is.
func (a *Applier) newest(ctx context.Context) (*Book, error) {
	tree, err := a.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	return a.bookAt(tree)
}

func (a *Applier) bookAt(tree Tree) (*Book, error) {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	if book := a.recently(tree.Revision()); book != nil {
		return book, nil
	}
	book, err := a.book.At(tree)
	if err != nil {
		return nil, &Error{Kind: Unavailable, Offset: -1, Text: "The rulebook cannot be read; nothing was changed" + whyUnread(err), Cause: err}
	}
	a.book, a.recent[a.oldest] = book, book
	a.oldest = (a.oldest + 1) % len(a.recent)
	return book, nil
}

// whyUnread returns why the rulebook could not be read, to end the sentence that says so.
func whyUnread(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return ": " + e.Text
	}
	return DiskFault(err) + "."
}

// recently returns the book of a revision that was read lately; nil when it was not. The caller holds bookMu.
func (a *Applier) recently(revision string) *Book {
	for _, book := range a.recent {
		if book != nil && book.Revision() == revision {
			return book
		}
	}
	return nil
}

// lastBook returns the book that was asked for last: whoever reads another state takes over what the two have in common.
func (a *Applier) lastBook() *Book {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	return a.book
}

// bookOf returns the rulebook at a commit, or the empty one for "".
func (a *Applier) bookOf(ctx context.Context, revision string) (*Book, error) {
	a.bookMu.Lock()
	known, recent := a.book, a.recently(revision)
	a.bookMu.Unlock()
	switch {
	case revision == "":
		return NewBook(known.Rulers()), nil
	case recent != nil:
		return recent, nil
	}
	tree, err := a.Store.At(ctx, revision)
	if err != nil {
		return nil, err
	}
	return known.At(tree)
}

// BookAt returns the rulebook as it was at a commit, given by its full hash; "" is the empty one before the first commit. The error of a
// commit that is not there is fs.ErrNotExist.
func (a *Applier) BookAt(ctx context.Context, revision string) (*Book, error) {
	return a.bookOf(ctx, revision)
}
