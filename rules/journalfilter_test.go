package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var asker = JournalAsker{
	ID: "u1", Now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), Zone: time.FixedZone("JST", 9*3600),
	Actions: map[string]string{"add": "add", "delete": "delete", "rm": "delete", "list": "list"},
}

func TestParseJournalQuery(t *testing.T) {
	t.Parallel()
	jst := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, asker.Zone)
	}
	for name, tc := range map[string]struct {
		terms []JournalTerm
		want  JournalQuery
	}{
		"nothing":           {nil, JournalQuery{}},
		"a person":          {[]JournalTerm{{"by", "@aiko"}}, JournalQuery{By: "aiko"}},
		"me":                {[]JournalTerm{{"by", "me"}}, JournalQuery{By: "u1"}},
		"another word":      {[]JournalTerm{{"WHO", "＠愛子"}}, JournalQuery{By: "愛子"}},
		"a rule":            {[]JournalTerm{{"rule", "sshd-ban"}}, JournalQuery{Rule: "sshd-ban"}},
		"an alias":          {[]JournalTerm{{"action", "RM"}}, JournalQuery{Actions: []string{"delete"}}},
		"actions":           {[]JournalTerm{{"action", "add, RM，delete"}}, JournalQuery{Actions: []string{"add", "delete"}}},
		"changes":           {[]JournalTerm{{"変更", "YES"}}, JournalQuery{Changed: "yes"}},
		"questions":         {[]JournalTerm{{"changed", "no"}}, JournalQuery{Changed: "no"}},
		"a result":          {[]JournalTerm{{"result", "failed"}}, JournalQuery{Results: []string{"FAILED"}}},
		"results":           {[]JournalTerm{{"result", "denied,Not-Loaded"}}, JournalQuery{Results: []string{"DENIED", "NOT_LOADED"}}},
		"results twice":     {[]JournalTerm{{"result", "denied,refused,Denied"}}, JournalQuery{Results: []string{"DENIED", "VALIDATION_ERROR", "REVERTED"}}},
		"a long word":       {[]JournalTerm{{"", strings.Repeat("監", 500)}}, JournalQuery{Words: []string{strings.Repeat("監", 500)}}},
		"a group":           {[]JournalTerm{{"state", "refused"}}, JournalQuery{Results: []string{"VALIDATION_ERROR", "DENIED", "REVERTED"}}},
		"a channel":         {[]JournalTerm{{"channel", "~ops"}}, JournalQuery{Channel: "ops"}},
		"free words":        {[]JournalTerm{{"", "障害"}, {"", " disk full "}, {"", " "}}, JournalQuery{Words: []string{"障害", "disk full"}}},
		"a label":           {[]JournalTerm{{"severity", "critical"}}, JournalQuery{Words: []string{"severity=critical"}}},
		"since long":        {[]JournalTerm{{"since", "7d"}}, JournalQuery{Since: asker.Now.Add(-7 * 24 * time.Hour)}},
		"until a day":       {[]JournalTerm{{"until", "2026-11-01"}}, JournalQuery{Until: jst(11, 2, 0, 0)}},
		"until a time":      {[]JournalTerm{{"until", "2026-11-01 02:00"}}, JournalQuery{Until: jst(11, 1, 2, 0)}},
		"on a day":          {[]JournalTerm{{"at", "2026-11-01"}}, JournalQuery{Since: jst(11, 1, 0, 0), Until: jst(11, 2, 0, 0)}},
		"in a minute":       {[]JournalTerm{{"at", "2026-11-01 02:00"}}, JournalQuery{Since: jst(11, 1, 2, 0), Until: jst(11, 1, 2, 1)}},
		"the day of so ago": {[]JournalTerm{{"at", "1d"}}, JournalQuery{Since: jst(11, 21, 0, 0), Until: jst(11, 22, 0, 0)}},
		"everything at once": {
			[]JournalTerm{{"by", "aiko"}, {"rule", "x"}, {"action", "add"}, {"ruler", "loki"}, {"", "noisy"}},
			JournalQuery{By: "aiko", Rule: "x", Actions: []string{"add"}, Ruler: "loki", Words: []string{"noisy"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseJournalQuery(tc.terms, asker)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseJournalQueryRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		terms            []JournalTerm
		field, text, fix string
	}{
		"a key misspelled":     {[]JournalTerm{{"chanel", "ops"}}, "chanel", "Did you mean channel=?", "channel=ops"},
		"a command misspelled": {[]JournalTerm{{"action", "delte"}}, "action", "add, delete, list", "delete"},
		"one of two":           {[]JournalTerm{{"action", "add,delte"}}, "action", "several with commas", "add,delete"},
		"no action":            {[]JournalTerm{{"action", ","}}, "action", "name of a command", ""},
		"neither yes nor no":   {[]JournalTerm{{"changed", "maybe"}}, "changed", "takes yes", "yes"},
		"a result misspelled":  {[]JournalTerm{{"result", "faild"}}, "result", "not_loaded", "failed"},
		"nothing behind it":    {[]JournalTerm{{"by", " "}}, "by", "no value", ""},
		"nobody":               {[]JournalTerm{{"by", "@"}}, "by", "name of a person", ""},
		"a pattern":            {[]JournalTerm{{"rule", "disk*full"}}, "rule", "without a key: disk full", ""},
		"a wide star":          {[]JournalTerm{{"name", "k＊"}}, "name", "without a key: k", ""},
		"anybody":              {[]JournalTerm{{"by", "*"}}, "by", "Leave it out", ""},
		"some channels":        {[]JournalTerm{{"channel", "~ops-*"}}, "channel", "no * in it", ""},
		"a number":             {[]JournalTerm{{"n", "2"}}, "n", "n= is no filter here", ""},
		"a page":               {[]JournalTerm{{"Page", "2"}}, "Page", "--limit at a terminal", ""},
		"twice":                {[]JournalTerm{{"by", "a"}, {"user", "b"}}, "user", "given twice", ""},
		"no time":              {[]JournalTerm{{"since", "soon"}}, "since", "such as 7d", ""},
		"the future":           {[]JournalTerm{{"since", "2027-01-01"}}, "since", "in the future", ""},
		"two spans":            {[]JournalTerm{{"at", "today"}, {"until", "today"}}, "at", "leave it out", ""},
		"a word too long":      {[]JournalTerm{{"", strings.Repeat("監", 501)}}, "", "501 characters long; at most 500", ""},
		"a key too long":       {[]JournalTerm{{strings.Repeat("x", 500), "y"}}, "", "501 characters long; at most 500", ""},
		"a value too long":     {[]JournalTerm{{"result", strings.Repeat("denied,", 72)}}, "", "510 characters long; at most 500", ""},
		"too many words":       {slices.Repeat([]JournalTerm{{"", "x"}}, 21), "", "has 21 words; at most 20", ""},
		"a zone that is none":  {[]JournalTerm{{"since", "2026-11-01 02:00 XST"}}, "since", "such as 7d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseJournalQuery(tc.terms, asker)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind != Invalid || e.Field != tc.field || !strings.Contains(e.Text, tc.text) {
				t.Fatalf("%+v, want one about %q that says %q", err, tc.field, tc.text)
			}
			if tc.fix != "" && (len(e.Fixes) == 0 || e.Fixes[0] != tc.fix) {
				t.Errorf("Fixes = %q, want %q first", e.Fixes, tc.fix)
			}
		})
	}
}

// TestNobodyAsks holds that by=me finds nothing silently where nobody is known.
func TestNobodyAsks(t *testing.T) {
	t.Parallel()
	for _, me := range []string{"me", "@ME", "ｍｅ"} {
		if q, err := ParseJournalQuery([]JournalTerm{{"who", me}}, JournalAsker{}); err == nil || !strings.Contains(err.Error(), "write a name") {
			t.Errorf("%s is read as %+v, %v", me, q, err)
		}
	}
}

// TestMatches holds each condition on an entry that meets it and on one that does not.
func TestMatches(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	e := JournalEntry{Seq: 7, Record: Record{
		Request: Request{Time: at, Actor: Person{ID: "u1", Name: "Aiko"}, Channel: Place{ID: "c1", Name: "ops"}, Command: `add disk-full … reason="ディスク使用率の監視"`},
		Action:  "add", Done: at, Reply: "live in prometheus",
		Outcome: Outcome{Revision: "0123456", Result: Success, State: Live, Ruler: "prometheus", Refs: []Ref{{Ruler: "prometheus", Name: "disk-full"}}},
	}}
	refused := JournalEntry{Seq: 8, Record: Record{Request: Request{Command: "delete `Disk-Full`"}, Action: "delete", Done: at, Outcome: Outcome{Result: ValidationError,
		Err: &Error{Text: "There is no rule."}}}}
	open := JournalEntry{Seq: 9}
	for name, tc := range map[string]struct {
		q   JournalQuery
		e   JournalEntry
		but JournalQuery
	}{
		"by name":            {q: JournalQuery{By: "aiko"}, but: JournalQuery{By: "aik"}, e: e},
		"by id":              {q: JournalQuery{By: "u1"}, but: JournalQuery{By: "u2"}, e: e},
		"rule":               {q: JournalQuery{Rule: "DISK-full"}, but: JournalQuery{Rule: "disk"}, e: e},
		"rule of a refusal":  {q: JournalQuery{Rule: "disk-full"}, but: JournalQuery{Rule: "full"}, e: refused},
		"result":             {q: JournalQuery{Results: []string{"FAILED", "SUCCESS"}}, but: JournalQuery{Results: []string{"FAILED"}}, e: e},
		"state":              {q: JournalQuery{Results: []string{"LIVE"}}, but: JournalQuery{Results: []string{"PENDING"}}, e: e},
		"open":               {q: JournalQuery{Results: []string{OpenResult}}, but: JournalQuery{Results: []string{"FAILED"}}, e: open},
		"channel":            {q: JournalQuery{Channel: "OPS"}, but: JournalQuery{Channel: "op"}, e: e},
		"ruler":              {q: JournalQuery{Ruler: "prometheus"}, but: JournalQuery{Ruler: "loki"}, e: e},
		"action":             {q: JournalQuery{Actions: []string{"add"}}, but: JournalQuery{Actions: []string{"delete", "list"}}, e: e},
		"actions":            {q: JournalQuery{Actions: []string{"list", "ADD"}}, but: JournalQuery{Actions: []string{"list"}}, e: e},
		"changed":            {q: JournalQuery{Changed: Yes}, but: JournalQuery{Changed: No}, e: e},
		"not changed":        {q: JournalQuery{Changed: No}, but: JournalQuery{Changed: Yes}, e: refused},
		"since":              {q: JournalQuery{Since: at}, but: JournalQuery{Since: at.Add(time.Millisecond)}, e: e},
		"until":              {q: JournalQuery{Until: at.Add(time.Millisecond)}, but: JournalQuery{Until: at}, e: e},
		"before":             {q: JournalQuery{Before: 8}, but: JournalQuery{Before: 7}, e: e},
		"words":              {q: JournalQuery{Words: []string{"使用率", "LIVE in"}}, but: JournalQuery{Words: []string{"使用率", "no"}}, e: e},
		"words of a refusal": {q: JournalQuery{Words: []string{"no rule"}}, but: JournalQuery{Words: []string{"live"}}, e: refused},
		"full width":         {q: JournalQuery{Words: []string{"ｄｉｓｋ"}}, but: JournalQuery{Words: []string{"ｄｉｓｃ"}}, e: e},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !tc.q.Matches(tc.e) {
				t.Errorf("%+v does not match", tc.q)
			}
			if tc.but.Matches(tc.e) {
				t.Errorf("%+v matches", tc.but)
			}
		})
	}
}
