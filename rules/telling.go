package rules

// Telling is a change of the journal that is told to those who did not ask.
type Telling struct {
	// ID is the same whenever it is tried again, so that who gets it twice knows it.
	ID     string
	Change JournalChange // its entry as it was then
	// Rules are the names of the notification rules that ask for it; none where everything of its kind is told.
	Rules []string
	// Burst is what it stands for when many came in a short time: these entries, the oldest first and Change's own the last.
	Burst []JournalEntry
}

// IsChange reports whether an entry is of a command, or a push, that changed the rulebook.
func (e JournalEntry) IsChange() bool { return e.Record.Outcome.Revision != "" }

// severityField is how FieldChange names the label that says how bad an alert is.
const severityField = "label severity"

// HasSeverity reports whether one of the rules that an entry's change touched had or got one of these values of the label severity by it: one
// that was added, deleted, or got another severity. Where the journal does not have the fields of every rule, which is so for changes of very many
// rules, it is taken to have it.
func (e JournalEntry) HasSeverity(severities []string) bool {
	out := e.Record.Outcome
	for _, f := range out.Fields {
		if f.Field != severityField {
			continue
		}
		for _, wanted := range severities {
			if fold(wanted) == fold(f.Was) || fold(wanted) == fold(f.Is) {
				return true
			}
		}
	}
	return e.IsChange() && len(out.Refs) > 0 && (len(out.Fields) == 0 || len(out.Refs) > maxAlertTrailers)
}
