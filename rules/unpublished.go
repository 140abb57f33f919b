package rules

// Unpublished reports whether the rule at ref is not published, as something is wrong with its file and was since the rulebook was adopted. What somebody pushed
// to a file that was good is Held or Pushed instead; see Entry.
func (b *Book) Unpublished(ref Ref) bool {
	f := b.shelf(ref.Ruler).get(ref.Path)
	return f != nil && f.file.lentAt == "" && len(f.bad) > 0
}
