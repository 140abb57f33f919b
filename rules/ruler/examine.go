package ruler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// examineBudget is how long all questions of one examination may take together: a person waits for the answer.
const examineBudget = 2 * time.Second

// What is asked at most, so that no rule and no ruler makes an examination long.
const (
	maxEntries   = 5
	maxSelectors = 10
	maxSeries    = 1000      // that are counted of one selector
	maxValues    = 20_000    // names or values that one may be mistyped of
	maxListBody  = 8 << 20   // bytes
	recently     = time.Hour // in which a series must have had a sample
)

// The names of what an examination finds. None refuses a change: what a ruler has now says little about tomorrow.
const (
	checkMissing = "online-missing" // no series or stream is there
	checkType    = "online-type"    // a function that does not fit the metric's type
)

// CheckFound is the name of the findings that say how much of what a rule reads there is.
const CheckFound = "online-found"

// Examine asks a ruler that New returned what it has of what the rules of one change read, of the first few of many, but for what they record
// themselves. It takes two seconds at most; that something was not answered by
// then, or at all, is a finding too. It may run beside the ruler's other methods.
func Examine(ctx context.Context, r rules.Ruler, entries []rules.Entry) []rules.Finding {
	asked, ok := r.(interface {
		examine(ctx context.Context, entries []rules.Entry) []rules.Finding
	})
	if !ok {
		return nil
	}
	return asked.examine(ctx, entries)
}

// examination is one rule while its ruler is asked about it.
type examination struct {
	base
	entry    rules.Entry
	recorded map[string]bool // the series that rules of the same change record: the ruler cannot have them yet
	now      time.Time
	found    []rules.Finding
}

// look asks about one selector.
type look func(ctx context.Context, x *examination, read expr.Read) error

func (b base) examine(ctx context.Context, entries []rules.Entry) (found []rules.Finding) {
	ctx, cancel := context.WithTimeout(ctx, examineBudget)
	defer cancel()
	recorded := map[string]bool{}
	for _, entry := range entries {
		recorded[entry.Rule.Record] = entry.Rule.Record != ""
	}
	for _, entry := range entries[:min(len(entries), maxEntries)] {
		x := &examination{base: b, entry: entry, recorded: recorded, now: time.Now()}
		answered := x.ask(ctx)
		found = append(found, x.found...)
		if !answered {
			break
		}
	}
	return found
}

// ask looks at what one rule reads, and reports whether the ruler answered.
func (x *examination) ask(ctx context.Context) bool {
	reads, err := x.info.Dialect.Reads(x.entry.Rule.Expr)
	if err != nil {
		return true // the rule's own check says so
	}
	for _, read := range reads[:min(len(reads), maxSelectors)] {
		if x.recorded[read.Metric] {
			continue
		}
		if err := x.look(ctx, x, read); err != nil {
			reason := x.Name + " could not be asked"
			if e, ok := errors.AsType[*rules.Error](err); ok {
				reason = strings.TrimSuffix(e.Text, ".")
			}
			if ctx.Err() != nil {
				reason = fmt.Sprintf("%s did not answer within %s", x.Name, examineBudget)
			}
			x.find(rules.CheckUnanswered, rules.SeverityInfo, read, reason+", so it is not known whether it has what the rule reads",
				"a name that is mistyped would be seen only when the alert does not fire")
			return false
		}
	}
	return true
}

// find adds a finding about a selector and returns it.
func (x *examination) find(check string, severity rules.Severity, read expr.Read, text, why string) *rules.Finding {
	f := rules.Finding{Check: check, Severity: severity, Ref: x.entry.Ref, Line: x.entry.Line, Text: text, Why: why}
	if start := strings.Index(x.entry.Rule.Expr, read.Text); start >= 0 && read.Text != "" {
		f.Start, f.End = start, start+len(read.Text)
	}
	x.found = append(x.found, f)
	return &x.found[len(x.found)-1]
}

// missing adds the finding that nothing is there, with what may have been meant: typed is the word that the ruler does not know, and known the
// words that it does.
func (x *examination) missing(read expr.Read, what, typed string, known []string) {
	why := "the expression has no result, and the alert stays silent, until there is"
	if read.Absent {
		why = "the alert fires as soon as it is there"
	}
	f := x.find(checkMissing, rules.SeverityWarning, read, fmt.Sprintf("%s %s for %s", x.Name, what, read.Text), why)
	if typed == "" {
		return
	}
	f.Text += fmt.Sprintf("; it does not know %q", typed)
	near := rules.Nearest(typed, known)
	if len(near) == 0 {
		return
	}
	f.Text += ": did you mean " + strings.Join(near, ", ") + "?"
	if f.End > 0 && strings.Count(read.Text, typed) == 1 {
		fixed := x.entry.Rule.Expr[:f.Start] + strings.Replace(read.Text, typed, near[0], 1) + x.entry.Rule.Expr[f.End:]
		if _, err := x.info.Dialect.Canonical(fixed); err == nil {
			f.Fix = fixed
		}
	}
}

// unknown returns the first word of the matchers that the ruler does not know, with the words that it does; "" when it knows them all.
// names and values ask for the names of labels and the values of one.
func unknown(matchers []expr.Matcher, names func() ([]string, error), values func(label string) ([]string, error)) (typed string, known []string, err error) {
	if len(matchers) == 0 {
		return "", nil, nil
	}
	if known, err = names(); err != nil {
		return "", nil, err
	}
	for _, m := range matchers {
		if (m.Op == "=" || m.Op == "=~") && m.Value != "" && !slices.Contains(known, m.Name) {
			return m.Name, known, nil
		}
	}
	for _, m := range matchers {
		if m.Op != "=" || m.Value == "" {
			continue
		}
		if known, err = values(m.Name); err != nil {
			return "", nil, err
		}
		if !slices.Contains(known, m.Value) {
			return m.Value, known, nil
		}
	}
	return "", nil, nil
}

// reads adds the finding that says how much of a kind a selector reads.
func (x *examination) reads(severity rules.Severity, read expr.Read, what string) {
	x.find(CheckFound, severity, read, read.Text+" reads "+what, "that is what the rule is evaluated over, each time")
}

// get asks a ruler's API and decodes the answer into value.
func (b base) get(ctx context.Context, path []string, query url.Values, value any) error {
	a, err := b.client.do(ctx, call{method: http.MethodGet, path: path, query: query, timeout: examineBudget, limit: maxListBody})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return b.client.unexpected(a)
	}
	if err := json.Unmarshal(a.body, value); err != nil {
		return b.client.unreachable(err, "does not answer as a ruler does: is the URL right?")
	}
	return nil
}

// list asks for a list of names or values.
func (b base) list(ctx context.Context, path []string, query url.Values) ([]string, error) {
	var answer struct {
		Data []string `json:"data"`
	}
	err := b.get(ctx, path, query, &answer)
	return answer.Data[:min(len(answer.Data), maxValues)], err
}
