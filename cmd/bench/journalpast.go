package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// journalPast makes up the records of a busy journal, the same for every run: thirty people in twelve channels, some thousand rules, reasons in two
// languages; one in fourteen is refused.
type journalPast struct{ rand *rand.Rand }

func newJournalPast() *journalPast { return &journalPast{rand.New(rand.NewPCG(1, 5))} }

func (j *journalPast) pick(of ...string) string { return of[j.rand.IntN(len(of))] }

// record returns the record number n of so many, at times that end where the histories do.
func (j *journalPast) record(n, of int) rules.Record {
	name := fmt.Sprintf("%s-%s-%d", j.pick("sshd", "nginx", "disk", "ceph", "mysql", "router"), j.pick("ban", "5xx", "full", "down", "slow"), j.rand.IntN(100))
	person := j.rand.IntN(30)
	r := rules.Record{Action: j.pick("add", "add", "add", "list", "list", "show", "delete", "edit", "history")}
	r.Request = rules.Request{
		ID: fmt.Sprintf("r%025d", n), Time: historyEnd.Add(-time.Duration(of-n) * commitEvery), Entry: rules.EntryChat,
		Actor: rules.Person{ID: fmt.Sprintf("u%025d", person), Name: fmt.Sprint("person", person)}, Team: rules.Place{ID: fmt.Sprintf("t%025d", 0), Name: "ops"},
		Channel: rules.Place{ID: fmt.Sprintf("c%025d", person%12), Name: fmt.Sprint("channel", person%12)}, Command: r.Action + " " + name,
	}
	if r.Action == "add" {
		r.Request.Command += fmt.Sprintf(` job=amane_%s_log %q %dm severity=%s`, j.pick("fail2ban", "nginx", "auth"), j.pick("Ban", "error", "timeout", "失敗"), 1+j.rand.IntN(60), j.pick("critical", "warning"))
	}
	r.Request.Command += j.pick("", ` reason="障害対応のため"`, ` reason="too noisy at night"`, ` reason="ディスク使用率の監視を追加"`, fmt.Sprintf(` reason="ticket OPS-%d"`, j.rand.IntN(5000)))
	r.Done = r.Request.Time.Add(time.Second)
	o := &r.Outcome
	switch o.Result = rules.Success; {
	case j.rand.IntN(20) == 0:
		o.Result, o.Err = rules.ValidationError, &rules.Error{Kind: rules.NotFound, Text: "There is no rule " + name, Offset: -1}
	case j.rand.IntN(50) == 0:
		o.Result, o.Err = rules.DeniedResult, &rules.Error{Kind: rules.Denied, Text: "You may not do this here.", Offset: -1}
	case slices.Contains([]string{"add", "delete", "edit"}, r.Action):
		o.Action, o.Ruler, o.State = r.Action, j.pick("prometheus", "prometheus", "loki"), rules.Live
		if j.rand.IntN(40) == 0 {
			o.State = rules.Pending
		}
		o.Refs = []rules.Ref{{Ruler: o.Ruler, Path: "ops/" + name + ".yaml", Group: name, Name: name, Nth: 1}}
		o.Revision = fmt.Sprintf("%040x", n)
		o.Diff = fmt.Sprintf("--- /dev/null\n+++ b/%s/ops/%s.yaml\n@@ -0,0 +1,2 @@\n+- alert: %s\n+  expr: up == %d\n", o.Ruler, name, name, n)
	}
	r.Reply = fmt.Sprintf("**%s** %s %s", name, o.Result, o.State)
	return r
}

// question is a filter that somebody could ask, of two to four conditions, in the three languages that answer it.
type question struct {
	query rules.JournalQuery
	grep  []string // of git log
	jq    string
}

// question makes one up.
func (j *journalPast) question() question {
	q := question{query: rules.JournalQuery{Limit: 20}, jq: "true"}
	add := func(pattern, jq string) {
		q.grep = append(q.grep, "--grep="+pattern)
		q.jq += " and " + jq
	}
	for _, condition := range j.rand.Perm(6)[:2+j.rand.IntN(3)] {
		switch condition {
		case 0:
			q.query.By = fmt.Sprint("person", j.rand.IntN(30))
			add("^Actor: "+q.query.By+" ", fmt.Sprintf(".actor.name == %q", q.query.By))
		case 1:
			action := j.pick("add", "delete", "edit", "list")
			q.query.Actions = []string{action}
			add("^Action: "+action+"$", fmt.Sprintf(".action == %q", action))
		case 2:
			q.query.Channel = fmt.Sprint("channel", j.rand.IntN(12))
			add("^Channel: "+q.query.Channel+" ", fmt.Sprintf(".channel.name == %q", q.query.Channel))
		case 3:
			result := j.pick("DENIED", "VALIDATION_ERROR", "SUCCESS")
			q.query.Results = []string{result}
			add("^Result: "+result+"$", fmt.Sprintf(".result == %q", result))
		case 4:
			q.query.Rule = fmt.Sprintf("disk-full-%d", j.rand.IntN(100))
			add("^Alert: "+q.query.Rule+"$", fmt.Sprintf("([.rules[]?.name] | index(%q) != null)", q.query.Rule))
		default:
			word := j.pick("障害", "fail2ban", "noisy", "使用率", fmt.Sprint("OPS-", j.rand.IntN(5000)))
			q.query.Words = append(q.query.Words, word)
			add(word, fmt.Sprintf("(.command | contains(%q))", word))
		}
	}
	return q
}
