package rules

import "strings"

// course says where rules of one book stand in another one: those that are not there any more as they were. It follows a rule as its history
// does, see Historian.Versions, and says where it cannot tell.
type course struct {
	was, is map[Ref]pastRule // the rules that one of the two has, and the other has not in the same place with the same words
	went    map[Ref]Ref      // from where a rule stood to where it stands, which may be the same place
	strange map[string]int   // name → how many rules of it came from nowhere
	unread  string           // a file that has no rules that could be read, and was another before; "" for none
}

// follow returns the course of the rules of a ruler, paused ones too.
func follow(from, to *Book, ruler string) course {
	c := course{was: from.otherThan(to, ruler), is: to.otherThan(from, ruler), went: map[Ref]Ref{}, strange: map[string]int{}}
	for _, path := range changedPaths(from, to, ruler) {
		if f := to.file(ruler, path); f != nil && noRuleFile(f) {
			c.unread = to.rulebookPath(Ref{Ruler: ruler, Path: path})
		}
	}
	came := pairUp(c.was, c.is)
	for to := range c.is {
		if from, known := came[to]; known {
			c.went[from] = to
		} else {
			c.strange[to.Name]++
		}
	}
	return c
}

// otherThan returns the rules of a ruler that another book has not in the same place with the same words.
func (b *Book) otherThan(other *Book, ruler string) map[Ref]pastRule {
	rules := map[Ref]pastRule{}
	note := func(e Entry) {
		if same, there := other.Get(e.Ref); !there || e.says() != same.says() {
			rules[e.Ref] = pastRule{says: e.says()}
		}
	}
	for _, path := range changedPaths(b, other, ruler) {
		if f := b.shelf(ruler).get(path); f != nil {
			for _, e := range f.entries {
				note(e)
			}
		}
	}
	for path, at := range b.aside {
		if at.problem == "" && at.Ref.Ruler == ruler && !sameAside(b, other, path) {
			note(at.entry)
		}
	}
	return rules
}

// where returns where a rule of the one book stands in the other; false when it is gone there. An error, of kind Conflict, says that it cannot
// be told: it has another name and says something else, there are others of its name that were not there before, or a file cannot be read.
func (c course) where(ref Ref) (at Ref, stands bool, err error) {
	old, differs := c.was[ref]
	at, stands = c.went[ref]
	switch {
	case !differs:
		return ref, true, nil
	case stands && at.family() == ref.family():
		return at, true, nil
	case !stands && c.unread != "":
		return Ref{}, false, conflict("name", "It cannot be told what became of the rule %q: the file %s cannot be read.", ref.Name, c.unread)
	case c.strange[ref.Name] > 0, stands && c.strange[at.Name] > 0, stands && at.Name != ref.Name && c.is[at].says != old.says:
		return Ref{}, false, conflict("name", "It cannot be told any more which rule %q is: rules like it came to other places.", ref.Name)
	}
	return at, stands, nil
}

// left returns the rules that are gone or stand elsewhere, each with where it stands now; the zero Ref for nowhere.
func (c course) left() map[Ref]Ref {
	left := map[Ref]Ref{}
	for ref := range c.was {
		if to := c.went[ref]; to.family() != ref.family() {
			left[ref] = to
		}
	}
	return left
}

// says returns all that the rule says but its name, with what Alertsmith keeps beside it.
func (e Entry) says() string { return said(e.Rule) + strings.Join(e.notes(), "\n") }
