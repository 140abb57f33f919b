package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestNotifyRules holds each condition on a change that meets it and on one that does not.
func TestNotifyRules(t *testing.T) {
	t.Parallel()
	change := func(do func(r *rules.Record)) writtenChange {
		r := finished(request("r1", ""), rules.Live)
		r.Action, r.Outcome.Fields = "delete", []rules.FieldChange{{Rule: "x", Field: "label severity", Was: "critical"}}
		do(&r)
		return writtenChange{JournalChange: rules.JournalChange{Entry: rules.JournalEntry{Seq: 1, Record: r}}}
	}
	asItIs := func(*rules.Record) {}
	critical := NotifyRule{Filter: []string{"action=delete"}, Severity: []string{"Critical"}}
	office := NotifyRule{Outside: &WorkingHours{From: "09:00", To: "18:00", Timezone: "Asia/Tokyo"}}
	for name, tc := range map[string]struct {
		rule NotifyRule
		meet func(r *rules.Record)
		not  func(r *rules.Record)
	}{
		"filter":                   {NotifyRule{Filter: []string{"result=denied"}}, func(r *rules.Record) { r.Outcome.Result = rules.DeniedResult }, asItIs},
		"words":                    {NotifyRule{Filter: []string{"drop table", "by=aiko"}}, asItIs, func(r *rules.Record) { r.Request.Command = "add x" }},
		"severity":                 {critical, asItIs, func(r *rules.Record) { r.Outcome.Fields[0].Was = "warning" }},
		"severity, another action": {critical, asItIs, func(r *rules.Record) { r.Action = "edit" }},
		"severity of what nobody knows the fields of": {critical, func(r *rules.Record) { r.Outcome.Fields = nil }, func(r *rules.Record) { r.Outcome.Fields, r.Outcome.Revision = nil, "" }},
		"severity of what touched no rule":            {NotifyRule{Severity: []string{"critical"}}, asItIs, func(r *rules.Record) { r.Outcome.Fields, r.Outcome.Refs = nil, nil }},
		"pushed":                                      {NotifyRule{Filter: []string{"action=external"}}, func(r *rules.Record) { r.Action = rules.ExternalAction }, asItIs},
		"interrupted":                                 {NotifyRule{Filter: []string{"result=interrupted"}}, func(r *rules.Record) { r.Outcome.Interrupted = true }, asItIs},
		"changes":                                     {NotifyRule{Filter: []string{"changed=yes"}}, asItIs, func(r *rules.Record) { r.Outcome.Revision = "" }},
		"commands":                                    {NotifyRule{Filter: []string{"action=add,delete"}}, asItIs, func(r *rules.Record) { r.Action = "list" }},
		// It is a Saturday noon in Tokyo.
		"weekend": {office, asItIs, func(r *rules.Record) { r.Request.Time = arrived.Add(48 * time.Hour) }},
		"night":   {office, func(r *rules.Record) { r.Request.Time = arrived.Add(-28 * time.Hour) }, func(r *rules.Record) { r.Request.Time = arrived.Add(-24 * time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.rule.Name, tc.rule.Sinks = "rule", []string{"sink"}
			tc.rule.Check(nil, func(key, format string, args ...any) { t.Errorf(key+": "+format, args...) })
			n, err := newNotifier(tc.rule, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !n.fires(change(tc.meet)) {
				t.Error("it does not fire")
			}
			if n.fires(change(tc.not)) {
				t.Error("it fires")
			}
		})
	}
}

// TestNotifyFiltersThatNeverFire holds that what only makes sense to somebody who asks is refused.
func TestNotifyFiltersThatNeverFire(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"by=me", "who=@ME", "since=1h", "at=today", "request=r1"} {
		var said []string
		r := NotifyRule{Name: "rule", Sinks: []string{"sink"}, Filter: []string{word}}
		r.Check(nil, func(key, _ string, _ ...any) { said = append(said, key) })
		if diff := cmp.Diff([]string{"filter"}, said); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

func TestWorkingHours(t *testing.T) {
	t.Parallel()
	h, err := WorkingHours{Days: []string{"mon", "Sun"}, To: "24:00", From: "09:30", Timezone: "Europe/Berlin"}.parse()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"2026-11-23T09:29:59+01:00": false, // a Monday
		"2026-11-23T09:30:00+01:00": true,
		"2026-11-23T23:59:59+01:00": true,
		"2026-11-23T22:59:59Z":      true,
		"2026-11-23T23:30:00Z":      false, // Tuesday in Berlin
		"2026-11-22T12:00:00Z":      true,
		"2026-10-25T08:15:00Z":      false, // the day that summer time ends: 09:15 there
		"2026-10-25T08:30:00Z":      true,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.hold(at); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for name, wrong := range map[string]WorkingHours{"day": {Days: []string{"monday"}}, "time": {From: "9"}, "order": {From: "18:00", To: "09:00"}, "zone": {Timezone: "Tokyo"}} {
		if _, err := wrong.parse(); err == nil {
			t.Errorf("%s: %+v is taken", name, wrong)
		}
	}
}

func TestBurstState(t *testing.T) {
	t.Parallel()
	var s burstState
	var told []int
	for i, seconds := range []int{0, 100, 150, 160, 170, 180, 400, 410, 420, 430} {
		if s.add(Burst{Count: 3, Within: time.Minute}, int64(i), arrived.Add(time.Duration(seconds)*time.Second)) {
			told = append(told, i)
		}
	}
	if diff := cmp.Diff([]int{3, 8}, told); diff != "" { // 100 to 160, and 400 to 420: once each
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestABurstIsToldOnce holds that many refusals make one message, also when the service is started anew in the middle of them.
func TestABurstIsToldOnce(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var e ear
	options := TellerOptions{
		Sinks: []Sink{e.sink("ear", TellsNotifications)},
		Rules: []NotifyRule{{Name: "many", Filter: []string{"result=denied"}, Burst: &Burst{Count: 3, Within: time.Hour}, Sinks: []string{"ear"}}},
	}
	next := 0
	for _, n := range []int{2, 2, 3} { // in three runs of the service
		teller := newTeller(t, db, options)
		for range n {
			next++
			command(t, db, fmt.Sprint(next), "add", rules.Outcome{Result: rules.DeniedResult})
		}
		run(t, teller, func() bool { return queueIsEmpty(t, teller) })
	}
	if diff := cmp.Diff([]string{"3 finished DENIED  for many +1 +2 +3"}, e.texts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// queueIsEmpty reports whether all that was written was told.
func queueIsEmpty(t testing.TB, teller *Teller) bool {
	t.Helper()
	var left int
	err := teller.db.reader.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM deliveries WHERE given_up = 0) +
		(SELECT count(*) FROM events, telling WHERE n > behind AND kind <> 'received')`).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	return left == 0
}
