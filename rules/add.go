package rules

// Add adds rules: from the positional log form, an expression, or pasted YAML. Exactly one of Log, Expr and YAML is set.
type Add struct {
	Name    string // not with YAML
	Log     *LogForm
	Expr    string
	YAML    string // one rule, a list of rules, one group, or a whole `groups:` document with one group
	Options Options
	Channel string // the channel's name: the namespace where Options names none ("default" in a direct message)
}

// LogForm is the three words of the positional log form as typed.
type LogForm struct {
	Label   string // `job=x`, `a=b,c=d`, `{…}`, or a bare word: job=word
	Pattern string // a substring, /regular expression/, or * for any line
	Time    string // the window: "5m"
}

// Action returns "add".
func (Add) Action() string { return "add" }

// Plan implements Intent.
func (a Add) Plan(book *Book) (Change, error) { panic("contract") }
