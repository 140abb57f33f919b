package rulestest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Ruler is a ruler in memory that does on demand what a real one will not: lie, hang, refuse, forget. Left alone it behaves:
// what was published is listed after the reload and evaluated at the next question.
type Ruler struct {
	info rules.RulerInfo
	// Parse turns a rule file into the rules that the ruler would run.
	parse func(rules.RuleFile) []rules.RunningRule

	mu        sync.Mutex
	published map[string]rules.RuleFile
	loaded    map[string]rules.RuleFile
	evaluated time.Time
	calls     []string

	// OnReload, when set, answers a reload; the published files are loaded when it returns nil and Lie is false.
	OnReload func(published map[string]rules.RuleFile) error
	// OnPublish, when set, answers a publication.
	OnPublish func() error
	// OnRunning, when set, may change what the ruler tells.
	OnRunning func([]rules.RunningRule) ([]rules.RunningRule, error)
	// Lie makes a reload succeed without effect.
	Lie bool
	// Taken are paths whose names somebody else's files have.
	Taken []string
}

// NewRuler returns a fake that runs what book would have it run.
func NewRuler(info rules.RulerInfo) *Ruler {
	return &Ruler{info: info, parse: parser(info), published: map[string]rules.RuleFile{}, loaded: map[string]rules.RuleFile{}, evaluated: time.Unix(1, 0)}
}

// parser reads a file the way the domain does: a ruler that reads it otherwise is what the real ones are for.
func parser(info rules.RulerInfo) func(rules.RuleFile) []rules.RunningRule {
	return func(file rules.RuleFile) []rules.RunningRule {
		book := rules.NewBook([]rules.RulerInfo{info}).With(map[string][]byte{info.Dir + "/" + file.Path: file.Content})
		var running []rules.RunningRule
		for _, e := range book.Entries(info.Name) {
			running = append(running, rules.RunningRule{Path: file.Path, File: file.Path, Group: e.Ref.Group, Interval: e.Interval, Limit: e.Limit, Rule: e.Rule})
		}
		return running
	}
}

// Info implements rules.Ruler.
func (r *Ruler) Info() rules.RulerInfo { return r.info }

// Set changes the fake's behaviour under its lock.
func (r *Ruler) Set(change func(*Ruler)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// Calls returns what the fake was asked to do, in order: "publish", "reload".
func (r *Ruler) Calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Published returns the content of one published file; nil when there is none.
func (r *Ruler) Published(path string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.published[path].Content
}

// Publish implements rules.Ruler.
func (r *Ruler) Publish(_ context.Context, files []rules.RuleFile) (rules.Published, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, "publish")
	if r.OnPublish != nil {
		if err := r.OnPublish(); err != nil {
			return rules.Published{}, err
		}
	}
	next := map[string]rules.RuleFile{}
	var account rules.Published
	for _, file := range files {
		old, had := r.published[file.Path]
		switch {
		case slices.Contains(r.Taken, file.Path):
			account.Foreign = append(account.Foreign, rules.LiveName(file.Path))
		case file.Bad && had:
			next[file.Path] = old
		case file.Bad:
		default:
			next[file.Path] = file
			if !had || !bytes.Equal(old.Content, file.Content) {
				account.Changed = append(account.Changed, file.Path)
			}
		}
	}
	for path := range r.published {
		if _, stays := next[path]; !stays {
			account.Changed = append(account.Changed, path)
		}
	}
	slices.Sort(account.Changed)
	r.published = next
	if len(account.Foreign) > 0 {
		return account, &rules.Error{Kind: rules.Conflict, Text: "taken: " + account.Foreign[0], Offset: -1}
	}
	return account, nil
}

// Reload implements rules.Ruler.
func (r *Ruler) Reload(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, "reload")
	if r.OnReload != nil {
		if err := r.OnReload(r.published); err != nil {
			return err
		}
	}
	if !r.Lie {
		r.loaded = r.published
	}
	return nil
}

// Running implements rules.Ruler.
func (r *Ruler) Running(_ context.Context, groups ...string) ([]rules.RunningRule, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evaluated = r.evaluated.Add(time.Second)
	var running []rules.RunningRule
	for _, file := range r.loaded {
		for _, rule := range r.parse(file) {
			if len(groups) > 0 && !slices.Contains(groups, rule.Group) {
				continue
			}
			rule.Health, rule.LastEvaluation = "ok", r.evaluated
			running = append(running, rule)
		}
	}
	if r.OnRunning != nil {
		return r.OnRunning(running)
	}
	return running, nil
}
