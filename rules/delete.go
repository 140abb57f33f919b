package rules

// Delete deletes one rule; a group or file that it leaves empty goes with it.
type Delete struct {
	Address string // see Book.Find
	Reason  string
}

// Action returns "delete".
func (Delete) Action() string { return "delete" }

// Plan implements Intent.
func (d Delete) Plan(book *Book) (Change, error) { panic("contract") }
