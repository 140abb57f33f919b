package rules

import "strings"

// Restore puts one rule back as it was at a commit, with its comments: in place of what it is now, or, when it is gone, where it was.
// A group or file that is gone is made again.
type Restore struct {
	From   *Book      // the rulebook at the commit
	Ref    Ref        // where the rule stood then
	Now    Ref        // where its history says that it stands now; zero when it is gone, or nobody followed it
	Commit PastCommit // for the account
	Reason string
}

// Action returns "restore".
func (Restore) Action() string { return "restore" }

// Plan implements Intent.
func (r Restore) Plan(book *Book) (Change, error) {
	_, then := r.From.Get(r.Ref)
	if _, configured := book.ruler(r.Ref.Ruler); !configured || !then {
		return Change{}, &Error{Kind: NotFound, Offset: -1, Field: "name", Text: "At that commit there was no such rule of a ruler that is configured now."}
	}
	source := r.From.file(r.Ref.Ruler, r.Ref.Path)
	groupIndex, index := source.position(r.Ref)
	if source.groupIndex(r.Ref.Group) != groupIndex {
		return Change{}, byHand("%s had two groups with the name %q", r.From.rulebookPath(r.Ref), r.Ref.Group)
	}
	m := &merge{book: book, from: r.From, to: book, ruler: r.Ref.Ruler, edited: map[string]*file{}}
	at := r.standing(m, index)
	if err := r.put(m, source, index, at); err != nil {
		return Change{}, err
	}
	change := Change{
		Ruler: r.Ref.Ruler, Files: m.files(), Subject: "restore " + r.Ref.Name, Reason: r.Reason,
		Trailers: []Trailer{{TrailerRestoredFrom, r.Commit.Name()}},
	}
	if len(change.Files) == 0 {
		return Change{}, conflict("name", "There is nothing to do: %q is just as it was then.", r.Ref.Name)
	}
	change.Refs = touched(book, book.With(change.Files), r.Ref.Ruler)
	if len(change.Refs) == 0 { // its comments alone
		change.Refs = []Ref{m.ref(at)}
	}
	return change, nil
}

// standing returns where the rule stands in the newest book. Without a word of its history it is the one that stands in its place among
// those of its name, or the only one elsewhere that says the same.
func (r Restore) standing(m *merge, index int) spot {
	if _, there := m.book.Get(r.Now); there {
		f := m.now(r.Now.Path)
		if group, index := f.position(r.Now); f.groupIndex(r.Now.Group) == group {
			return spot{r.Now.Path, r.Now.Group, index}
		}
	}
	old := r.From.file(r.Ref.Ruler, r.Ref.Path).group(r.Ref.Group)
	pairs := matchRules(old.rules(), m.now(r.Ref.Path).group(r.Ref.Group).rules())
	return m.place(r.Ref.Path, r.Ref.Group, pairs.second(index), old.Rules[index])
}

// put edits the file in which the rule stands, or is to stand.
func (r Restore) put(m *merge, source *file, index int, at spot) error {
	if at.index < 0 {
		path, group := m.home(r.Ref.Path, r.Ref.Group, source.group(r.Ref.Group))
		return m.add(path, group, source, r.Ref.Group, []int{index})
	}
	wanted := source.group(r.Ref.Group).Rules[index]
	p, ok := source.piece(r.Ref.Group, index)
	if !ok {
		p = piece{body: strings.Split(strings.TrimSuffix(wanted.YAML(), "\n"), "\n")}
	}
	f := m.now(at.path)
	edited, err := f.withPiece(f.groupIndex(at.group), at.index, p, wanted)
	if err == nil {
		m.edited[at.path] = edited
	}
	return err
}

// ref returns the address of the rule that stands somewhere.
func (m *merge) ref(at spot) Ref {
	return m.now(at.path).group(at.group).ref(Ref{Ruler: m.ruler, Path: at.path, Group: at.group}, at.index)
}
