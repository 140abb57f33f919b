package lint

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// Linter runs the checks by its settings. It is safe for concurrent use.
type Linter struct {
	checks   []Check
	names    []string // of the checks that can be accepted
	settings Settings
	now      func() time.Time

	mu   sync.Mutex // held while near is used: it is brought from book to book
	near neighbours // of the few rules that a change has
}

// New returns a linter; now tells which acceptances are over. An error says what is wrong with the settings.
func New(settings Settings, now func() time.Time) (*Linter, error) {
	for _, scope := range settings {
		if err := scope.check(); err != nil {
			return nil, err
		}
	}
	return &Linter{checks: checks, names: Names(), settings: settings, now: now}, nil
}

// Lint returns what the checks find in entries of a book, by file and place. Other rules of the book are looked at as neighbours only. A
// rule whose expression does not parse has no findings: what is wrong with it is the book's to tell.
func (l *Linter) Lint(book *rules.Book, entries []rules.Entry) []rules.Finding {
	near := &neighbours{} // one who asks about many rules: no change waits until all of them are looked at
	if len(entries) <= atOnce {
		near = &l.near
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	near.bring(book)
	dialects := map[string]expr.Dialect{}
	for _, r := range book.Rulers() {
		dialects[r.Name] = r.Dialect
	}
	each := make([][]rules.Finding, len(entries))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(entries); from += atOnce {
		group.Go(func() error {
			return rules.Contain(func() {
				for i := from; i < min(from+atOnce, len(entries)); i++ {
					each[i] = l.lint(book, near, dialects[entries[i].Ref.Ruler], entries[i])
				}
			})
		})
	}
	if err := group.Wait(); err != nil {
		panic(err)
	}
	found := slices.Concat(each...)
	slices.SortStableFunc(found, func(a, b rules.Finding) int {
		return cmp.Or(strings.Compare(a.Ref.Ruler, b.Ref.Ruler), strings.Compare(a.Ref.Path, b.Ref.Path), a.Line-b.Line, a.Column-b.Column)
	})
	return found
}

// atOnce is how many rules are linted one after the other; what is more is linted beside, with neighbours of its own.
const atOnce = 64

// Change returns what is found in these rules after a change and was not found in them before.
func (l *Linter) Change(before, after *rules.Book, refs []rules.Ref) []rules.Finding {
	found := l.Lint(after, entriesAt(after, refs))
	if len(found) == 0 {
		return nil
	}
	type same struct {
		ref         rules.Ref
		check, text string
	}
	known := map[same]bool{}
	for _, f := range l.Lint(before, entriesAt(before, refs)) {
		known[same{f.Ref, f.Check, f.Text}] = true
	}
	return slices.DeleteFunc(found, func(f rules.Finding) bool { return known[same{f.Ref, f.Check, f.Text}] })
}

// entriesAt returns the rules that a book has at these places.
func entriesAt(book *rules.Book, refs []rules.Ref) (entries []rules.Entry) {
	for _, ref := range refs {
		if e, there := book.Get(ref); there {
			entries = append(entries, e)
		}
	}
	return entries
}

// lint returns what the checks find in one rule.
func (l *Linter) lint(book *rules.Book, near *neighbours, dialect expr.Dialect, e rules.Entry) []rules.Finding {
	s := &subject{Entry: e, dialect: dialect, names: l.names, settings: l.settings.of(e.Ref.Ruler, e.Ref.Path), near: near}
	if !s.parse(dialect) {
		return nil
	}
	at := &placer{book: book, entry: e}
	now := l.now()
	var found []rules.Finding
	for _, c := range l.checks {
		severity := cmp.Or(s.settings.Checks[c.Name], c.Severity)
		if severity == Off || !slices.Contains(c.Dialects, dialect) || e.Accepts(c.Name, now) {
			continue
		}
		for _, f := range c.find(s) {
			found = append(found, s.report(c, severity, f, at))
		}
	}
	return found
}

// parse reads the expression, once for all checks, and reports whether it could.
func (s *subject) parse(dialect expr.Dialect) bool {
	var err error
	switch dialect {
	case expr.PromQL:
		s.prom, err = expr.ParsePromQL(s.Rule.Expr)
	case expr.LogQL:
		s.log, err = expr.ParseLogQL(s.Rule.Expr)
	default:
		return false
	}
	return err == nil
}

// report makes of a check's finding one with its place.
func (s *subject) report(c Check, severity rules.Severity, f finding, at *placer) rules.Finding {
	out := rules.Finding{Check: c.Name, Severity: severity, Ref: s.Ref, Text: f.text, Why: cmp.Or(f.why, c.Why), Fix: f.fix}
	out.Line, out.Column = at.place(f.field, f.start)
	if f.group {
		out.Ref.Name, out.Ref.Nth = "", 0
	}
	if f.field == "expr" && f.end > 0 {
		out.Start, out.End = f.start, f.end
	}
	return out
}
