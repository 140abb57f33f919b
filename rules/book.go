package rules

// Book is the rule files of a rulebook at one revision, parsed and checked. It is immutable.
type Book struct{}

// Entry is one rule with its place.
type Entry struct {
	Ref    Ref
	Rule   Rule
	Source string // the rule as its file writes it, with its leading comments, dedented
}

// NewBook returns the book of an empty rulebook that has these rulers.
func NewBook(rulers []RulerInfo) *Book { panic("contract") }

// At returns the book of tree. Files whose content id b knows already are taken over with their verdicts, so that a change
// costs the changed files, not the tree.
func (b *Book) At(tree Tree) (*Book, error) { panic("contract") }

// With returns the book as it will be when these files are written (path in the rulebook → content, nil removes).
func (b *Book) With(files map[string][]byte) *Book { panic("contract") }

// Check returns nil when every file of the ruler that is wrong in b was wrong, with the same content, in before already;
// else an *Error of kind Invalid that lists every new problem.
func (b *Book) Check(ruler string, before *Book) error { panic("contract") }

// Revision returns the commit's full hash; "" for a planned or empty book.
func (b *Book) Revision() string { panic("contract") }

// Rulers returns the configured rulers in the order of the configuration.
func (b *Book) Rulers() []RulerInfo { panic("contract") }

// Problems returns what is wrong with any file, by path and line.
func (b *Book) Problems() []Problem { panic("contract") }

// Entries returns every rule of one ruler ("" = of all) in the order of ruler, path, group and place.
func (b *Book) Entries(ruler string) []Entry { panic("contract") }

// Find returns the rule at an address: NAME, group/NAME, namespace/group/NAME, ruler:namespace/group/NAME, each with #N.
// Errors: NotFound with the nearest names as Fixes; Conflict with the candidates as Fixes when it is ambiguous (Field "name").
func (b *Book) Find(address string) (Entry, error) { panic("contract") }

// Get returns the rule at ref, and whether there is one.
func (b *Book) Get(ref Ref) (Entry, bool) { panic("contract") }

// Address returns the shortest address that Find resolves to ref.
func (b *Book) Address(ref Ref) string { panic("contract") }

// RuleFiles returns what the ruler is to read, sorted by path.
func (b *Book) RuleFiles(ruler string) []RuleFile { panic("contract") }
