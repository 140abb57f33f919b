package rules

import (
	"context"
	"time"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// RulerInfo is what the domain has to know of a configured ruler.
type RulerInfo struct {
	Name    string       // as configured: "prometheus", "loki", "loki-eu"
	Dialect expr.Dialect // what its expressions are written in
	Dir     string       // its directory in the rulebook, without a trailing slash; "" is the root
	Files   FilePatterns // which of the files there are its rule files
	Layout  Layout       // how its live directory names them
}

// RuleFile is one rule file that a ruler is to read.
type RuleFile struct {
	Path    string // relative to the ruler's directory in the rulebook: "ops/sshd-ban.yaml"
	ID      string // content id: equal ids mean equal bytes
	Content []byte
	// Bad marks a file that failed the check (somebody pushed it past us): what is published under its name stays as
	// it is, and nothing new is published for it.
	Bad bool
}

// Published is the account of one publication.
type Published struct {
	Changed []string // paths written or removed, sorted; empty when everything was as it should be
	Foreign []string // names of files (or API namespaces) that are there and not ours: reported, never touched, sorted
	// Adopted are the paths of files that were there, with the rulebook's content, before Alertsmith had published them, and are as they
	// were; sorted. The ruler took them from somebody else.
	Adopted []string
}

// RunningRule is a rule as a ruler says that it runs it.
type RunningRule struct {
	Path           string // the RuleFile.Path that File stands for, whoever wrote the file; "" when no path has that name
	File           string // as the ruler names it
	Group          string
	Interval       time.Duration // of the group: the ruler's own where the group leaves it to the ruler
	Limit          int           // of the group; 0 for none
	Rule           Rule          // Expr is the ruler's own re-printed form
	Health         string        // "ok", "err", "unknown"
	LastError      string
	LastEvaluation time.Time     // the ruler's clock; zero before the first
	State          string        // "inactive", "pending", "firing"; empty for recording rules
	Active         int           // alerts pending or firing
	Firing         []FiringAlert // those of them that fire
	Pending        []time.Time   // when each of the others became active
}

// FiringAlert is an alert that fires.
type FiringAlert struct {
	Since    time.Time // when it became active
	Lingered time.Time // since when keep_firing_for alone holds it; zero while the expression returns it
}

// Ruler is one program that evaluates rules. Its methods are called one at a time; only Running may run beside others.
type Ruler interface {
	// Info returns the ruler's name, dialect and place in the rulebook.
	Info() RulerInfo
	// Publish makes what the ruler reads equal to files: changed files written, vanished ones removed, nothing else touched.
	// An *Error of kind Refused carries the ruler's reason, and in its Problems the refused files by path in
	// the rulebook where it tells them; kind Unreachable is worth a retry; a name taken by a file that is not ours is kind Conflict. A file that is
	// refused or whose name is taken holds up no other. On an error some of the files may have been published.
	Publish(ctx context.Context, files []RuleFile) (Published, error)
	// Reload makes the ruler read what was published. nil does not mean that the rules are live. Kinds: Refused,
	// Unreachable, ReloadOff.
	Reload(ctx context.Context) error
	// Running asks the ruler what it runs: the groups with these names, all without names. Kind Unreachable on failure.
	Running(ctx context.Context, groups ...string) ([]RunningRule, error)
}
