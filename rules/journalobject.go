package rules

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// JournalObject is an entry of the journal as programs get it, in JSON: the API, `alertsmith journal --format json` and what follows the journal
// tell it alike. Fields are only ever added.
type JournalObject struct {
	Seq      int64         `json:"seq"`     // its number; later entries have higher ones
	Request  string        `json:"request"` // the id that replies, logs and commits name
	Time     time.Time     `json:"time"`    // when the command came in, UTC, to the millisecond
	Done     *time.Time    `json:"done,omitempty"`
	Actor    JournalNamed  `json:"actor"`
	Team     JournalNamed  `json:"team"`
	Channel  JournalNamed  `json:"channel"`
	Entry    string        `json:"entry"` // as of Request
	Remote   string        `json:"remote,omitempty"`
	Client   string        `json:"client,omitempty"`  // the program that sent it
	Host     string        `json:"host,omitempty"`    // where the service ran that took it
	Version  string        `json:"version,omitempty"` // of that service
	Zone     string        `json:"zone,omitempty"`    // in which times are told to people
	Command  string        `json:"command"`           // as typed, secrets cut; the subject of what somebody pushed
	Why      string        `json:"why,omitempty"`     // why it was given: its reason=; of what somebody pushed the message below the subject
	Action   string        `json:"action,omitempty"`
	Ruler    string        `json:"ruler,omitempty"`
	Rules    []JournalRule `json:"rules,omitempty"`
	Result   string        `json:"result"`             // SUCCESS, VALIDATION_ERROR, DENIED, FAILED; OPEN while it has not ended
	State    string        `json:"state,omitempty"`    // of a change at its ruler
	Error    string        `json:"error,omitempty"`    // for the person
	Reason   string        `json:"reason,omitempty"`   // why it stands so at its ruler: why it is not live
	Revision string        `json:"revision,omitempty"` // the commit
	Undone   string        `json:"undone,omitempty"`   // the commit that took it back
	Diff     string        `json:"diff,omitempty"`
	Fields   []FieldChange `json:"fields,omitempty"` // what the diff means: which field from what to what
	Reply    string        `json:"reply,omitempty"`
	TookMS   int64         `json:"took_ms,omitempty"` // from the commit until the ruler showed it live

	Thread    string              `json:"thread,omitempty"` // the post that it was given below
	Stages    []JournalStage      `json:"stages,omitempty"`
	Templates []TemplateUse       `json:"templates,omitempty"` // that the change's rules remember to be made from
	Findings  []JournalFinding    `json:"findings,omitempty"`  // warnings that were shown
	Accepted  []JournalAcceptance `json:"accepted,omitempty"`  // findings that the change accepts

	Interrupted bool `json:"interrupted,omitempty"` // how it ended was looked up in the rulebook later: the service was stopped meanwhile, or the Git server's answer lost
}

// JournalStage is one step of the path that a command has walked.
type JournalStage struct {
	Name   string  `json:"name"`
	Result string  `json:"result"`  // "ok" or "failed"
	TookMS float64 `json:"took_ms"` // to the microsecond
}

// JournalFinding is a warning about a rule.
type JournalFinding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`
	Text     string   `json:"text"`
}

// JournalAcceptance is a finding that is meant from now on.
type JournalAcceptance struct {
	Check  string     `json:"check"`
	Until  *time.Time `json:"until,omitempty"` // for good without it
	Reason string     `json:"reason"`
}

// JournalNamed is a person, a team or a channel: its id that stays, and its name at that time.
type JournalNamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// JournalRule is where a rule stands that an entry touched.
type JournalRule struct {
	Ruler string `json:"ruler"`
	Path  string `json:"path"`
	Group string `json:"group"`
	Name  string `json:"name"`
	Nth   int    `json:"nth"`
}

// Object returns the entry as programs get it.
func (e JournalEntry) Object() JournalObject {
	r := e.Record
	q, out := r.Request, r.Outcome
	o := JournalObject{
		Seq: e.Seq, Request: q.ID, Time: q.Time.UTC().Truncate(time.Millisecond),
		Actor: JournalNamed{q.Actor.ID, q.Actor.Name}, Team: JournalNamed(q.Team), Channel: JournalNamed(q.Channel),
		Entry: q.Entry, Remote: q.Remote, Client: q.Client, Host: q.Host, Version: q.Version, Zone: q.Zone, Command: q.Command, Why: out.Why, Action: r.Action, Ruler: out.Ruler,
		Result: JournalResults(r)[0], State: string(out.State), Reason: out.Reason, Revision: out.Revision, Undone: out.Undone,
		Diff: out.Diff, Fields: out.Fields, Reply: r.Reply, TookMS: out.Took.Milliseconds(),
		Thread: q.Thread, Templates: out.Templates, Interrupted: out.Interrupted,
	}
	o.addStages(out)
	if !r.Done.IsZero() {
		done := r.Done.UTC().Truncate(time.Millisecond)
		o.Done = &done
	}
	for _, ref := range out.Refs {
		o.Rules = append(o.Rules, JournalRule(ref))
	}
	if out.Err != nil {
		o.Error = out.Err.Error()
		if e, ok := errors.AsType[*Error](out.Err); ok {
			o.Error = e.Text
		}
	}
	return o
}

// addStages adds what the outcome says of the way to it.
func (o *JournalObject) addStages(out Outcome) {
	for _, s := range out.Stages {
		stage := JournalStage{s.Name, "ok", float64(s.Took.Microseconds()) / 1000}
		if s.Failed {
			stage.Result = "failed"
		}
		o.Stages = append(o.Stages, stage)
	}
	for _, f := range out.Findings {
		o.Findings = append(o.Findings, JournalFinding{f.Check, f.Severity, f.Ref.Name, f.Text})
	}
	for _, a := range out.Accepted {
		accepted := JournalAcceptance{Check: a.Check, Reason: a.Reason}
		if !a.Until.IsZero() {
			accepted.Until = &a.Until
		}
		o.Accepted = append(o.Accepted, accepted)
	}
}

// JournalColumns are the columns of the journal as a table of text.
var JournalColumns = []string{
	"seq", "time", "result", "state", "actor", "actor_id", "channel", "channel_id", "team", "entry", "remote",
	"action", "rules", "ruler", "command", "error", "reason", "revision", "request", "done", "why", "interrupted",
}

// Row returns the entry as a line under JournalColumns, in which no cell is a formula to a spreadsheet: see PlainCell.
func (o JournalObject) Row() []string {
	const layout = "2006-01-02T15:04:05.000Z07:00"
	done := ""
	if o.Done != nil {
		done = o.Done.Format(layout)
	}
	interrupted := ""
	if o.Interrupted {
		interrupted = "true"
	}
	var names []string
	for _, r := range o.Rules {
		names = append(names, r.Name)
	}
	row := []string{
		strconv.FormatInt(o.Seq, 10), o.Time.Format(layout), o.Result, o.State, o.Actor.Name, o.Actor.ID, o.Channel.Name, o.Channel.ID, o.Team.Name,
		o.Entry, o.Remote, o.Action, strings.Join(names, " "), o.Ruler, o.Command, o.Error, o.Reason, o.Revision, o.Request, done, o.Why, interrupted,
	}
	for i, cell := range row {
		row[i] = PlainCell(cell)
	}
	return row
}

// formula matches where a formula may begin: at the start of a text, and behind a character at which a spreadsheet may begin another cell.
var formula = regexp.MustCompile("(^|[;\t\n])([ \u00a0\u3000'\"]*[=+\\-@＝＋－＠])")

// PlainCell returns a text that a spreadsheet, or a terminal, shows and does nothing else with: with U+FFFD for what Invisible tells of, but tabs and ends of
// lines, and with an apostrophe before whatever could begin a formula, which is =, +, -, @
// and their full-width forms, after white space and quotes as well.
//
// In a quoted cell of comma-separated values only the start counts, line breaks or not. But an Excel whose list separator is the semicolon, as in German
// or French, knows no cell of such a file: to it a semicolon and a line break begin another one. LibreOffice takes semicolons and tabs for separators
// beside the comma, where they are ticked. So the apostrophe stands behind these too.
func PlainCell(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && Invisible(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
	text = formula.ReplaceAllString(text, "$1'$2")
	if text != "" && strings.ContainsRune("\t\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
