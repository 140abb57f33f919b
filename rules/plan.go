package rules

// planned is what an intent would do to a book.
type planned struct {
	change        Change
	before, after *Book
	foretold      *Continuity
	findings      []Finding // warnings; see Applier.planAndLint
	examined      []Finding // see Applier.askAbout
	stages        []Stage   // how it came to be
}

// plan is steps 5 and 6: what the intent would write, the book as it will be then, and the whole planned tree of its ruler checked.
func plan(book *Book, intent Intent) (planned, error) {
	p, err := planOnly(book, intent)
	if err != nil {
		return planned{}, err
	}
	return p, p.after.Check(p.change.Ruler, book)
}

// planOnly is step 5.
func planOnly(book *Book, intent Intent) (planned, error) {
	change, err := intent.Plan(book)
	if err != nil {
		return planned{}, err
	}
	after := book.With(change.Files)
	for path, content := range change.Files {
		if _, read := after.content(path); content != nil && !read && !isPaused(path) {
			return planned{}, &Error{Kind: Unavailable, Offset: -1, Text: "Nothing was changed: the rule would stand in the file " + path + ", which no ruler reads."}
		}
	}
	if err := besidePaused(book, after, change); err != nil {
		return planned{}, err
	}
	return planned{change: change, before: book, after: after}, nil
}
