package rules

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// PastCommit is one commit of the rulebook's history, with the files that it changed.
type PastCommit struct {
	Found              // revision, first parent, subject, trailers
	Parents []string   // full hashes; none for the first commit
	Author  Person     // the commit's author; the id is that of the trailer Actor, empty in other people's commits
	When    time.Time  // the committer's date
	Body    string     // what the message says between subject and trailers, without the indent that Alertsmith gives it
	Files   []PastFile // by path; those that `git log -c --name-only` lists under the commit
	Cut     bool       // it changed more files than are looked at, and Files has none of them: it may have changed any
}

// PastFile is one file that a commit changed: its content differs from that in every one of the commit's parents.
type PastFile struct {
	Path   string   // in the rulebook
	Before string   // content id in the first parent as Tree.List has it; "" when it was not there
	Others []string // the same in the further parents of a merge
	After  string   // content id in the commit; "" when the commit removed it
}

// External reports whether somebody made the commit without Alertsmith: no trailer says which request asked for it. A store leaves that trailer
// out of a commit that the service is not the committer of: cherry-pick, rebase and amend keep the message of a commit of ours.
func (c PastCommit) External() bool {
	return c.Trailer("Request-Id") == ""
}

// Disowned returns the commit as one that somebody else made, whatever its message says of a request: nobody has checked what it does.
func (c PastCommit) Disowned() PastCommit {
	c.Trailers = slices.DeleteFunc(slices.Clone(c.Trailers), func(t Trailer) bool { return t.Key == "Request-Id" })
	c.Author.ID = ""
	return c
}

// Judged returns the commit as what it is: Disowned when it says to be one of ours, and ours says that it is not.
func (c PastCommit) Judged(ctx context.Context, ours func(context.Context, PastCommit) (bool, error)) (PastCommit, error) {
	if c.External() {
		return c, nil
	}
	known, err := ours(ctx, c)
	if err != nil || known {
		return c, err
	}
	return c.Disowned(), nil
}

// ExternalAction is the action of what other people pushed.
const ExternalAction = "external"

// Action returns the trailer Action; ExternalAction for other people's commits.
func (c PastCommit) Action() string {
	if c.External() {
		return ExternalAction
	}
	return c.Trailer("Action")
}

// ChangeKind is what a commit did to a rule.
type ChangeKind string

// The kinds of change.
const (
	RuleAdded   ChangeKind = "added"
	RuleChanged ChangeKind = "changed"
	RuleMoved   ChangeKind = "moved" // to another file or group, or renamed; what it says may have changed as well
	RuleDeleted ChangeKind = "deleted"
)

// Version is what one commit did to one rule: the line of a history.
type Version struct {
	Commit PastCommit // Files left out
	Action string     // Commit.Action()
	Kind   ChangeKind
	Ref    Ref // where the rule stands after the commit; where it stood, when Kind is RuleDeleted; a paused rule stands in its file below paused/
	From   Ref // where it stood before, when Kind is RuleMoved
}

// StateAt is the commit that the rulebook's branch was at at a time.
type StateAt struct {
	Revision string    // full hash; "" before the first commit
	Date     time.Time // the committer's date, which somebody else's commit may have from anywhere
	Since    time.Time // since when the branch had it
	Came     bool      // the journal says that it came then; else Since, where it is not Date, is told by the commits around it
}

// PastChange is what one commit did to rules, as far as a query asks for it.
type PastChange struct {
	Commit   PastCommit         // Files left out
	Action   string             // Commit.Action()
	Did      map[ChangeKind]int // kinds as Version.Told has them → to how many rules
	Versions []Version          // of each of these kinds the first five, where Did has more
}

// HistoryQuery selects versions. Zero fields select everything; those that are set must all hold.
type HistoryQuery struct {
	Rule     *Ref      // one rule's life, followed through moves: of the rule that stands there now, or stood there last
	Name     string    // rules of this name wherever they stood; for rules that are gone
	By       string    // the author's name or id as the trailer Actor and the author line have it, without "@"; case does not matter
	Action   string    // as in Version; of "add", "delete" and "edit" also what did just that to the rule under another action, as a push does
	Request  string    // the trailer Request-Id
	Undoes   string    // what took this back, as PastCommit.Name names it: the trailer TrailerUndoes of commits of ours
	Revision string    // one commit, by its full hash
	UpTo     string    // not behind this commit in the order of the log, by its full hash
	Since    time.Time // came to the branch not before, as StateAt has it: not the commit's date
	Until    time.Time // and before
	Limit    int       // at most so many; 0 means 20
	Offset   int       // leave so many out first
}

// OwnCommit is a commit that Alertsmith made and that is to be planned again, as somebody else's commit was pushed first or one of ours is left out.
type OwnCommit struct {
	PastCommit
	Before, After Tree          // on either side of it
	Undoes        *PlannedAgain // what it takes back (TrailerUndoes), where that was planned again before it; else nil
	Refused       bool          // the Git server refuses it, and nothing of it is in force any more: only a commit that says so is wanted in its place
	Without       bool          // it is planned again as one before it is Refused: nobody pushed first
	Blocked       error         // why what it writes, planned again, does not fit what stands there (InTheWay): it is not kept; else nil
}

// PlannedAgain is the rulebook on either side of a commit of ours that was planned again.
type PlannedAgain struct{ Before, After Tree }

// RemoteStatus is how the rulebook stands to the Git server that it is kept on. The zero value: there is none.
type RemoteStatus struct {
	URL       string    // without secrets
	Required  bool      // a change counts only when the server has it; else the local commit counts and the push follows
	Unpushed  int       // commits that the server does not have yet
	Oldest    time.Time // when the oldest of them was made; zero when there is none
	LastFetch time.Time // when the server was last read; zero when it was not since the start
	LastPush  time.Time
	Err       error // why it cannot be read or written now; nil when all is well, and when Rewritten says it
	Rewritten *Rewritten
	Refusal   *PushRefusal // the oldest commit that the server does not have, where it refuses that again and again; else nil
}

// Rewritten says that the history on the Git server does not contain what it did: nothing is fetched or pushed until a person decides.
type Rewritten struct {
	Was, Now string // full hashes of the server's branch; Now is "" where the branch is gone
	Since    time.Time
	Used     bool // git.accept_rewritten has accepted that commit before, and does so once: it has to be taken out for one start first
}

// Accept returns what git.accept_rewritten has to be for the new history to be followed.
func (r Rewritten) Accept() string { return cmp.Or(r.Now, strings.Repeat("0", 40)) }
