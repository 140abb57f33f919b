package rules

import (
	"slices"
	"strings"
	"time"
)

// JournalEntry is a record with its number in the journal. Later entries have higher numbers.
type JournalEntry struct {
	Seq    int64
	Record Record
}

// JournalPage is what a question finds, the newest first; More tells that there are entries behind the last one.
type JournalPage struct {
	Entries []JournalEntry
	More    bool
}

// JournalChange is an entry that ended, or whose change came to another state at its ruler.
type JournalChange struct {
	Event int64     // its number in the journal's chain; later changes have higher ones
	Time  time.Time // when it was written down
	Kind  string    // JournalEnded or "outcome"
	Entry JournalEntry
}

// JournalEnded is the kind of the change by which a command ends.
const JournalEnded = "finished"

// maxReplyText is how many bytes of a reply are looked through: what a list shows is no event.
const maxReplyText = 4 << 10

// JournalText returns what free words are looked for in: the command, who gave it and why, the rules that it touched, and what was
// answered, brought to one form as FoldText does.
func JournalText(r Record) string {
	parts := []string{r.Request.Command, r.Action, r.Request.Actor.Name, r.Outcome.Reason}
	for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), maxAlertTrailers)] {
		parts = append(parts, ref.Name)
	}
	if r.Outcome.Err != nil {
		parts = append(parts, ErrorText(r.Outcome.Err))
	}
	if r.Outcome.Why != "" {
		parts = append(parts, r.Outcome.Why)
	}
	parts = append(parts, strings.ToValidUTF8(r.Reply[:min(len(r.Reply), maxReplyText)], ""))
	return FoldText(strings.Join(parts, "\n"))
}

// ErrorText returns what an error in a record of the journal says to the person, without its cause.
func ErrorText(err error) string {
	if e, ok := err.(*Error); ok { //nolint:errorlint // a record of the journal has nothing around it
		return e.Text
	}
	return err.Error()
}

// FoldText brings texts that look or read alike to one form: case, full-width letters and the like do not count.
func FoldText(s string) string { return fold(s) }

// JournalRules returns the names of the rules that an entry is about, folded: those that it touched; where it touched none, as it was refused or only
// asked, the words of the command.
func JournalRules(r Record) []string {
	var names []string
	for _, ref := range r.Outcome.Refs {
		names = append(names, fold(ref.Name))
	}
	if len(names) == 0 {
		for word := range strings.FieldsSeq(fold(r.Request.Command[:min(len(r.Request.Command), maxReplyText)])) {
			names = append(names, strings.Trim(word, "\"'`“”"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// JournalResults returns what `result=` finds an entry by: its result, its state and InterruptedResult, as far as it has them, or OpenResult.
func JournalResults(r Record) []string {
	if r.Done.IsZero() {
		return []string{OpenResult}
	}
	results := []string{string(r.Outcome.Result)}
	if r.Outcome.State != "" {
		results = append(results, string(r.Outcome.State))
	}
	if r.Outcome.Interrupted {
		results = append(results, InterruptedResult)
	}
	return results
}

// OpenResult stands for the result of a command that has not ended, or of which nobody knows yet how it ended.
const OpenResult = "OPEN"

// InterruptedResult is found beside the result of a command that was interrupted: see Outcome.Interrupted.
const InterruptedResult = "INTERRUPTED"
