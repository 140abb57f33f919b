package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/alertsmith/alertsmith/rules"
)

func exampleStatus(context.Context) rules.Status {
	return rules.Status{
		Overdue: make([]rules.Overdue, 1),
		Rulers: []rules.RulerStatus{
			{
				Info: rules.RulerInfo{Name: "prometheus"}, Files: 3, Rules: 7, NotLive: make([]rules.NotLive, 2), Foreign: []string{"old.yml"},
				LastApply: time.UnixMilli(1_700_000_000_500), LastSeen: time.UnixMilli(1_700_000_001_000),
			},
			{Info: rules.RulerInfo{Name: "loki"}, Rules: 1, LastSeen: time.UnixMilli(1_700_000_001_000), Err: errors.New("unreachable")},
		},
		Waiting:  []rules.Waiting{{Outcome: rules.Outcome{Ruler: "loki"}}},
		Problems: make([]rules.Problem, 3),
		Sinks:    []rules.SinkStatus{{Name: "hook", Kind: "webhook", Queued: 3, Oldest: time.UnixMilli(1_700_000_004_000), GivenUp: 1}},
		Held:     &rules.HeldPush{Commits: make([]rules.PastCommit, 1), Paths: []string{"loki/a.yaml", "loki/b.yaml"}},
		Remote: rules.RemoteStatus{
			URL: "ssh://git@127.0.0.1/rulebook.git", Unpushed: 4, Oldest: time.UnixMilli(1_700_000_002_000), LastFetch: time.UnixMilli(1_700_000_003_000),
			LastPush: time.UnixMilli(1_700_000_001_000), Rewritten: &rules.Rewritten{}, Refusal: &rules.PushRefusal{},
		},
	}
}

func TestStatusMetrics(t *testing.T) {
	t.Parallel()
	want := `
# HELP alertsmith_changes_waiting Changes that are committed and not live in the ruler yet.
# TYPE alertsmith_changes_waiting gauge
alertsmith_changes_waiting{ruler="loki"} 1
alertsmith_changes_waiting{ruler="prometheus"} 0
# HELP alertsmith_foreign_files Files or namespaces where the ruler reads that are not the rulebook's.
# TYPE alertsmith_foreign_files gauge
alertsmith_foreign_files{ruler="loki"} 0
alertsmith_foreign_files{ruler="prometheus"} 1
# HELP alertsmith_git_history_rewritten Whether the remote's history was rewritten, so that nothing is fetched or pushed.
# TYPE alertsmith_git_history_rewritten gauge
alertsmith_git_history_rewritten 1
# HELP alertsmith_git_last_fetch_timestamp_seconds When the Git remote was last read; 0 when not since the start.
# TYPE alertsmith_git_last_fetch_timestamp_seconds gauge
alertsmith_git_last_fetch_timestamp_seconds 1.700000003e+09
# HELP alertsmith_git_last_push_timestamp_seconds When the Git remote last took a push; 0 when not since the start.
# TYPE alertsmith_git_last_push_timestamp_seconds gauge
alertsmith_git_last_push_timestamp_seconds 1.700000001e+09
# HELP alertsmith_git_oldest_unpushed_timestamp_seconds When the oldest of these commits was made; 0 when there is none.
# TYPE alertsmith_git_oldest_unpushed_timestamp_seconds gauge
alertsmith_git_oldest_unpushed_timestamp_seconds 1.700000002e+09
# HELP alertsmith_git_push_refused Whether the Git remote refuses the oldest of these commits again and again, so that all of them wait.
# TYPE alertsmith_git_push_refused gauge
alertsmith_git_push_refused 1
# HELP alertsmith_git_remote_up Whether the last attempt to read or write the rulebook's Git remote succeeded.
# TYPE alertsmith_git_remote_up gauge
alertsmith_git_remote_up 1
# HELP alertsmith_git_unpushed_commits Commits of the rulebook that its Git remote does not have yet.
# TYPE alertsmith_git_unpushed_commits gauge
alertsmith_git_unpushed_commits 4
# HELP alertsmith_last_successful_apply_timestamp_seconds When rule files were last published for the ruler and read by it; 0 when not since the start.
# TYPE alertsmith_last_successful_apply_timestamp_seconds gauge
alertsmith_last_successful_apply_timestamp_seconds{ruler="loki"} 0
alertsmith_last_successful_apply_timestamp_seconds{ruler="prometheus"} 1.7000000005e+09
# HELP alertsmith_overdue What the service should have done by itself, such as the resumption of a paused rule, and has not.
# TYPE alertsmith_overdue gauge
alertsmith_overdue 1
# HELP alertsmith_rule_files Rule files of the rulebook that the ruler is to read: those that are not published, as something is wrong with them, are not counted.
# TYPE alertsmith_rule_files gauge
alertsmith_rule_files{ruler="loki"} 0
alertsmith_rule_files{ruler="prometheus"} 3
# HELP alertsmith_rulebook_held_commits Commits that were pushed and are not applied, as they would not be taken.
# TYPE alertsmith_rulebook_held_commits gauge
alertsmith_rulebook_held_commits 1
# HELP alertsmith_rulebook_held_files Rule files that were pushed and are not applied, as what was pushed would not be taken.
# TYPE alertsmith_rulebook_held_files gauge
alertsmith_rulebook_held_files 2
# HELP alertsmith_rulebook_problems What is wrong with files of the rulebook, which are not published therefore.
# TYPE alertsmith_rulebook_problems gauge
alertsmith_rulebook_problems 3
# HELP alertsmith_ruler_up Whether the last attempt to bring and compare the ruler's rules succeeded.
# TYPE alertsmith_ruler_up gauge
alertsmith_ruler_up{ruler="loki"} 0
alertsmith_ruler_up{ruler="prometheus"} 1
# HELP alertsmith_rules Rules of the rulebook that the ruler is to run.
# TYPE alertsmith_rules gauge
alertsmith_rules{ruler="loki"} 1
alertsmith_rules{ruler="prometheus"} 7
# HELP alertsmith_rules_not_live Rules of the rulebook that the ruler does not run as the rulebook has them, or cannot evaluate.
# TYPE alertsmith_rules_not_live gauge
alertsmith_rules_not_live{ruler="loki"} 0
alertsmith_rules_not_live{ruler="prometheus"} 2
# HELP alertsmith_sink_given_up Changes of the journal that the sink was not told, as it did not take them for too long.
# TYPE alertsmith_sink_given_up gauge
alertsmith_sink_given_up{kind="webhook",sink="hook"} 1
# HELP alertsmith_sink_oldest_queued_timestamp_seconds Since when the oldest of these waits; 0 when there is none.
# TYPE alertsmith_sink_oldest_queued_timestamp_seconds gauge
alertsmith_sink_oldest_queued_timestamp_seconds{kind="webhook",sink="hook"} 1.700000004e+09
# HELP alertsmith_sink_queue_length Changes of the journal that the sink is still to be told.
# TYPE alertsmith_sink_queue_length gauge
alertsmith_sink_queue_length{kind="webhook",sink="hook"} 3
`
	if err := testutil.CollectAndCompare(statusCollector{func() rules.Status { return exampleStatus(t.Context()) }}, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestCommandMetricsAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.commanded("add", rules.Success, 300*time.Millisecond)
	m.commanded("add", rules.Success, 200*time.Millisecond)
	m.commanded("", rules.ValidationError, time.Millisecond)
	want := `
# HELP alertsmith_commands_total Commands that were given, by the command's name and how it ended.
# TYPE alertsmith_commands_total counter
alertsmith_commands_total{command="add",result="SUCCESS"} 2
alertsmith_commands_total{command="unknown",result="VALIDATION_ERROR"} 1
`
	if err := testutil.CollectAndCompare(m.commands, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestReloadMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.reloaded(nil)
	succeeded := testutil.ToFloat64(m.reloadTime)
	if testutil.ToFloat64(m.reloadOK) != 1 || succeeded == 0 {
		t.Error("a success is not told")
	}
	m.reloaded(errors.New("tokens: gone"))
	if testutil.ToFloat64(m.reloadOK) != 0 || testutil.ToFloat64(m.reloadTime) != succeeded {
		t.Error("a failure is not told, or hides when the last success was")
	}
}

// TestMetricNames holds the names and helps to Prometheus's conventions.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.observe(t.Context(), exampleStatus)
	m.commanded("add", rules.Success, time.Second)
	m.stepSeconds.WithLabelValues("committed").Observe(.01)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "alertsmith_") {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
}
