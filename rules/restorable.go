package rules

// Restores reports whether a rule that stood in another book can be put back as it was, by a command, to where it stands in this one, or stood; now is zero where it is
// gone. A file whose rules are not written one below the other cannot be edited, and who is told to restore one of them would be refused.
func (b *Book) Restores(then *Book, ref, now Ref) bool {
	source, target := then.file(ref.Ruler, ref.Path), b.file(ref.Ruler, ref.Path)
	if now != (Ref{}) {
		target = b.file(now.Ruler, now.Path)
	}
	if source.inLines(ref.Group) && (target == nil || target.inLines(ref.Group)) {
		return true // without a trial: a branch that is put elsewhere may take thousands
	}
	_, err := Restore{From: then, Ref: ref, Now: now}.Plan(b)
	return err == nil
}

// deletes reports whether a rule can be deleted by a command.
func (b *Book) deletes(ref Ref) bool {
	f := b.file(ref.Ruler, ref.Path)
	if f.inLines(ref.Group) {
		return true
	}
	groupIndex, ruleIndex := f.position(ref)
	if groupIndex < 0 {
		return false
	}
	_, err := f.withoutRule(groupIndex, ruleIndex)
	return err == nil
}

// inLines reports whether the rules of a group are written one below the other; where the file has no such group, those of its first one.
func (f *file) inLines(group string) bool {
	if f == nil || len(f.groups) == 0 {
		return false
	}
	if f.group(group) == nil {
		group = f.groups[0].Name
	}
	_, ok := f.piece(group, 0)
	return ok
}
