package rules

// File returns what stands in a ruler's rule file at a path relative to its directory, and its rules in their order; false when there is
// none. Neither may be changed.
func (b *Book) File(ruler, path string) (content []byte, entries []Entry, found bool) {
	f := b.shelf(ruler).get(path)
	if f == nil {
		return nil, nil, false
	}
	return f.file.content, f.entries, true
}

// ChangedFiles returns the paths, relative to its directory, of a ruler's files that two books have differently, sorted. Of two books that
// were made from one another it costs the number of files, not what is in them.
func ChangedFiles(from, to *Book, ruler string) []string { return changedPaths(from, to, ruler) }
