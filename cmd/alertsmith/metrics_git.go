package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/alertsmith/alertsmith/rules"
)

var (
	descHeld      = prometheus.NewDesc("alertsmith_rulebook_held_files", "Rule files that were pushed and are not applied, as what was pushed would not be taken.", nil, nil)
	descHeldPush  = prometheus.NewDesc("alertsmith_rulebook_held_commits", "Commits that were pushed and are not applied, as they would not be taken.", nil, nil)
	descRemoteUp  = prometheus.NewDesc("alertsmith_git_remote_up", "Whether the last attempt to read or write the rulebook's Git remote succeeded.", nil, nil)
	descUnpushed  = prometheus.NewDesc("alertsmith_git_unpushed_commits", "Commits of the rulebook that its Git remote does not have yet.", nil, nil)
	descUnpushedS = prometheus.NewDesc("alertsmith_git_oldest_unpushed_timestamp_seconds", "When the oldest of these commits was made; 0 when there is none.", nil, nil)
	descFetched   = prometheus.NewDesc("alertsmith_git_last_fetch_timestamp_seconds", "When the Git remote was last read; 0 when not since the start.", nil, nil)
	descPushed    = prometheus.NewDesc("alertsmith_git_last_push_timestamp_seconds", "When the Git remote last took a push; 0 when not since the start.", nil, nil)
	descRefused   = prometheus.NewDesc("alertsmith_git_push_refused", "Whether the Git remote refuses the oldest of these commits again and again, so that all of them wait.", nil, nil)
	descRewritten = prometheus.NewDesc("alertsmith_git_history_rewritten", "Whether the remote's history was rewritten, so that nothing is fetched or pushed.", nil, nil)
)

func describeGit(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{descHeld, descHeldPush, descRemoteUp, descUnpushed, descUnpushedS, descFetched, descPushed, descRefused, descRewritten} {
		ch <- desc
	}
}

// collectGit tells what stands between other people's commits and us. Without a remote only what is held is told.
func collectGit(ch chan<- prometheus.Metric, status rules.Status) {
	gauge := func(desc *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	held := rules.HeldPush{}
	if status.Held != nil {
		held = *status.Held
	}
	gauge(descHeld, float64(len(held.Paths)))
	gauge(descHeldPush, float64(len(held.Commits)))
	r := status.Remote
	if r.URL == "" {
		return
	}
	gauge(descRemoteUp, zeroOrOne(r.Err == nil && !r.LastFetch.IsZero()))
	gauge(descUnpushed, float64(r.Unpushed))
	gauge(descUnpushedS, unixSeconds(r.Oldest))
	gauge(descFetched, unixSeconds(r.LastFetch))
	gauge(descPushed, unixSeconds(r.LastPush))
	gauge(descRefused, zeroOrOne(r.Refusal != nil))
	gauge(descRewritten, zeroOrOne(r.Rewritten != nil))
}
