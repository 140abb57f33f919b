package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// journalOf gives the chat a journal of these records to search, the oldest first.
func (c *chat) journalOf(records ...rules.Record) {
	c.backend.Journal = func(_ context.Context, q rules.JournalQuery) (rules.JournalPage, error) {
		var page rules.JournalPage
		for i, record := range slices.Backward(records) {
			e := rules.JournalEntry{Seq: int64(i + 1), Record: record}
			if !q.Matches(e) {
				continue
			}
			if len(page.Entries) == q.Limit {
				page.More = true
				break
			}
			page.Entries = append(page.Entries, e)
		}
		return page, nil
	}
}

func journalRecords(now time.Time) (records []rules.Record) {
	for i := range 45 {
		records = append(records, rules.Record{
			Request: rules.Request{ID: fmt.Sprintf("old%023d", i), Time: now.Add(time.Duration(i-100) * time.Hour), Actor: rules.Person{ID: "u2", Name: "bob"},
				Channel: rules.Place{ID: "c", Name: "ops"}, Command: fmt.Sprintf("show rule-%d", i)},
			Action: "show", Done: now, Outcome: rules.Outcome{Result: rules.Success},
		})
	}
	return append(records,
		rules.Record{
			Request: rules.Request{ID: "aaaaaaaaaaaaaaaaaaaaaaaaaa", Time: now.Add(-2 * time.Hour), Actor: rules.Person{ID: alice, Name: "alice"}, Entry: "chat",
				Channel: rules.Place{ID: "c", Name: "ops"}, Command: `add disk-full … reason="障害対応" @all **bold**`},
			Action: "add", Done: now, Outcome: rules.Outcome{Stages: []rules.Stage{{Name: "received", Took: 400 * time.Microsecond}, {Name: "live", Took: 2 * time.Second, Failed: true}},
				Templates: []rules.TemplateUse{{Name: "log-silence", Version: 2}}, Accepted: []rules.Acceptance{{Check: "duplicate", Reason: "@here is *meant*"}},
				Result: rules.Success, State: rules.Live, Revision: "0123456789", Diff: "+x\n",
				Refs: []rules.Ref{{Ruler: "loki", Path: "ops/x.yaml", Group: "g", Name: "disk-full"}}},
		},
		rules.Record{
			Request: rules.Request{ID: "bbbbbbbbbbbbbbbbbbbbbbbbbb", Time: now.Add(-time.Hour), Actor: rules.Person{ID: "u3", Name: "mallory"}, Command: "delete disk-full"},
			Action:  "delete", Done: now, Outcome: rules.Outcome{Result: rules.DeniedResult, Err: &rules.Error{Kind: rules.Denied, Text: "You may not @here."}},
		},
		rules.Record{Request: rules.Request{ID: "cccccccccccccccccccccccccc", Time: now, Actor: rules.Person{ID: "u3", Name: "mallory"}, Command: "add"}})
}

// TestJournalDoesNotFindItself holds that a search is no part of what it finds.
func TestJournalDoesNotFindItself(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) {
		c.backend.Journal = func(ctx context.Context, q rules.JournalQuery) (rules.JournalPage, error) {
			var now chat
			now.journalOf(c.journal.all()...)
			return now.backend.Journal(ctx, q)
		}
	})
	if reply := c.say("journal xyzzy"); reply.Text != "The journal has no such entries." {
		t.Errorf("the first search: %s", reply.Text)
	}
	if reply := c.say("journal xyzzy"); strings.Count(reply.Text, "journal xyzzy") != 1 || strings.Contains(reply.Text, "OPEN") {
		t.Errorf("the second search, of which the first one is an entry: %s", reply.Text)
	}
	if reply := c.say("journal"); strings.Contains(reply.Text, "OPEN") {
		t.Errorf("without words: %s", reply.Text)
	}
}

func TestJournalCommand(t *testing.T) {
	t.Parallel()
	c := newChat(t, func(c *chat) { c.journalOf(journalRecords(c.now)...) })
	for name, tc := range map[string]struct {
		command   string
		want, not []string
	}{
		"the newest":                   {"journal", []string{"**Journal**, the newest first", "**OPEN**", "**DENIED**: You may not @\u200bhere", "**SUCCESS, LIVE** `0123456`", "…and more: `/alert journal page=2`"}, []string{"rule-20"}},
		"a page":                       {"journal action=show page=3", []string{"page 3", "`show rule-4`", "`show rule-0`"}, []string{"rule-5`", "and more"}},
		"by me":                        {"journal by=me", []string{"disk-full"}, []string{"mallory", "bob"}},
		"refusals":                     {"journal result=refused", []string{"mallory"}, []string{"alice", "bob"}},
		"a result in Japanese, a rule": {"journal 結果=拒否 rule=disk-full", []string{"mallory"}, []string{"alice"}},
		"Japanese":                     {"journal 障害", []string{"alice"}, []string{"mallory"}},
		"a full-width sign":            {"journal by＝@mallory", []string{"mallory"}, []string{"alice"}},
		"the next page":                {"journal by=bob n=5", []string{"`/alert journal by=bob n=5 page=2`"}, nil},
		"one entry":                    {"journal aaaaaaaaaaaaaaaaaaaaaaaaaa", []string{"Entry 46", "by chat", "loki:ops/x.yaml", "```diff", "Stages: received 0.4 ms, live **failed** 2.0 s", "`log-silence`, version 2", "Accepted: `duplicate`: @\u200bhere"}, nil},
		"nothing":                      {"journal by=nobody", []string{"no such entries"}, nil},
		"a page that cannot be":        {"journal page=9223372036854775807", []string{"takes a number from 1"}, nil},
		"a page too far":               {"journal action=show n=50 page=41", []string{"goes up to 40 here", "since=", "/alert journal action=show n=50 page=40"}, []string{"no more"}},
		"behind the end":               {"journal by=me page=9", []string{"no more entries"}, nil},
		"a key misspelled":             {"journal rueler=loki", []string{"Did you mean ruler=", "/alert journal ruler=loki"}, nil},
		"a value misspelled":           {"journal result=denid", []string{"/alert journal result=denied"}, nil},
		"an action":                    {"journal action=ls", []string{"no such entries"}, nil},
		"no action":                    {"journal action=ad", []string{"/alert journal action=add"}, nil},
		"a word too long":              {"journal " + strings.Repeat("x", 501), []string{"501 characters long; at most 500"}, []string{"^"}},
		"too many words":               {"journal" + strings.Repeat(" x", 21), []string{"21 words; at most 20"}, []string{"^"}},
		"no moment":                    {"journal since=whenever", []string{"such as 7d"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := c.say(tc.command)
			for _, want := range tc.want {
				if !strings.Contains(reply.Text, want) {
					t.Errorf("%q does not say %q:\n%s", tc.command, want, reply.Text)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(reply.Text, not) {
					t.Errorf("%q says %q:\n%s", tc.command, not, reply.Text)
				}
			}
			if strings.Contains(reply.Text, "@here") { // what stands in code calls nobody
				t.Errorf("%q calls people:\n%s", tc.command, reply.Text)
			}
		})
	}
}
