package rules

import "fmt"

// Resume puts a paused rule back where it stood, exactly as it was where nothing else changed there.
type Resume struct {
	Address string // of the rule that is paused, as it was then
	Request string // only what this command paused; empty: whoever did
	Reason  string
}

// TrailerResumes names the pause that a resumption ends, by the id of its command.
const TrailerResumes = "Resumes"

// Action returns "resume".
func (Resume) Action() string { return "resume" }

// Plan implements Intent.
func (r Resume) Plan(book *Book) (Change, error) {
	p, err := book.FindPaused(r.Address)
	if err != nil {
		return Change{}, err
	}
	if r.Request != "" && r.Request != p.Request {
		return Change{}, &Error{Kind: NotFound, Offset: -1, Text: fmt.Sprintf("The rule %q is not paused any more by that command.", p.Ref.Name)}
	}
	before := book.then(p)
	f := before.file(p.Ref.Ruler, p.Ref.Path)
	groupIndex, ruleIndex := f.position(p.Ref)
	without, err := f.withoutRule(groupIndex, ruleIndex)
	if err != nil {
		return Change{}, err
	}
	replay := Replay{Before: before, After: before.With(map[string][]byte{book.rulebookPath(p.Ref): without}), Back: true, Ruler: p.Ref.Ruler, Verb: r.Action(), Subject: p.Ref.Name, Reason: r.Reason}
	change, err := replay.Plan(book)
	if err != nil {
		return Change{}, err
	}
	change.Files[p.path] = nil
	change.Trailers = []Trailer{{TrailerResumes, p.Request}}
	return change, nil
}
