package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// metrics is what the service tells about itself, on a registry of its own.
type metrics struct {
	registry       *prometheus.Registry
	commands       *prometheus.CounterVec
	commandSeconds *prometheus.HistogramVec
	stepSeconds    *prometheus.HistogramVec
	panics         prometheus.Counter
	tellings       *prometheus.CounterVec
	flawed         prometheus.Gauge
	claims         prometheus.Gauge
	verifiedAt     prometheus.Gauge
	reloadOK       prometheus.Gauge
	reloadTime     prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertsmith_commands_total",
			Help: "Commands that were given, by the command's name and how it ended.",
		}, []string{"command", "result"}),
		commandSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alertsmith_command_duration_seconds",
			Help:    "Time from a command's arrival until its final answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"command"}),
		stepSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alertsmith_step_duration_seconds",
			Help:    "Time that one step of the path of a change took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"step"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertsmith_panics_total",
			Help: "Panics outside of commands, which the service survived: mistakes in it, of which the log says more.",
		}),
		tellings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertsmith_sink_deliveries_total",
			Help: "Attempts to tell a sink what was written to the journal, by how they ended.",
		}, []string{"sink", "result"}),
		flawed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertsmith_journal_flawed",
			Help: "Whether the journal is not as it was written, as far as it was looked through.",
		}),
		claims: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertsmith_journal_claims",
			Help: "Commits that contradict the journal and that it does not know: somebody else's, or the newest entries were removed.",
		}),
		verifiedAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertsmith_journal_last_verified_timestamp_seconds",
			Help: "When the whole journal was last found to be as it was written; 0 when not since the start.",
		}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertsmith_config_last_reload_successful",
			Help: "Whether the last attempt to read the configuration succeeded.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertsmith_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last read with success.",
		}),
	}
	m.registry.MustRegister(m.commands, m.commandSeconds, m.stepSeconds, m.panics, m.tellings, m.flawed, m.claims, m.verifiedAt, m.reloadOK, m.reloadTime,
		version.NewCollector("alertsmith"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin makes every counter that may be counted, for these commands and sinks: the first sample of a series is no increase to Prometheus, so one that began
// with a burst would hide it.
func (m *metrics) begin(commands []bot.Command, sinks []journal.SinkConfig) {
	names := []string{unknownCommand}
	for _, c := range commands {
		names = append(names, c.Name)
	}
	for _, name := range names {
		for _, result := range []rules.Result{rules.Success, rules.ValidationError, rules.DeniedResult, rules.Failed} {
			m.commands.WithLabelValues(name, string(result))
		}
	}
	for _, sink := range sinks {
		for _, result := range []string{toldResult, notToldResult} {
			m.tellings.WithLabelValues(sink.Name, result)
		}
	}
}

// unknownCommand stands for what is no command.
const unknownCommand = "unknown"

// handler serves the metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// commanded counts one finished command. The name comes from the table of commands, or is empty when the text named none of it,
// so that nobody can make metrics by typing.
func (m *metrics) commanded(name string, result rules.Result, took time.Duration) {
	if name == "" {
		name = unknownCommand
	}
	m.commands.WithLabelValues(name, string(result)).Inc()
	m.commandSeconds.WithLabelValues(name).Observe(took.Seconds())
}

// panicked counts a panic. The log says in which job: as a label, the counter would only begin with its first one, which no increase() shows.
func (m *metrics) panicked(string) { m.panics.Inc() }

// reloaded notes an attempt to read the configuration.
func (m *metrics) reloaded(err error) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadTime.SetToCurrentTime()
}

// statusCollector turns the applier's account of itself into metrics at each scrape.
type statusCollector struct {
	status func() rules.Status
}

func ofRuler(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"ruler"}, nil)
}

var (
	descRules   = ofRuler("alertsmith_rules", "Rules of the rulebook that the ruler is to run.")
	descFiles   = ofRuler("alertsmith_rule_files", "Rule files of the rulebook that the ruler is to read: those that are not published, as something is wrong with them, are not counted.")
	descNotLive = ofRuler("alertsmith_rules_not_live", "Rules of the rulebook that the ruler does not run as the rulebook has them, or cannot evaluate.")
	descApplied = ofRuler("alertsmith_last_successful_apply_timestamp_seconds", "When rule files were last published for the ruler and read by it; 0 when not since the start.")
	descUp      = ofRuler("alertsmith_ruler_up", "Whether the last attempt to bring and compare the ruler's rules succeeded.")
	descForeign = ofRuler("alertsmith_foreign_files", "Files or namespaces where the ruler reads that are not the rulebook's.")
	descWaiting = ofRuler("alertsmith_changes_waiting", "Changes that are committed and not live in the ruler yet.")

	descOverdue  = prometheus.NewDesc("alertsmith_overdue", "What the service should have done by itself, such as the resumption of a paused rule, and has not.", nil, nil)
	descProblems = prometheus.NewDesc("alertsmith_rulebook_problems", "What is wrong with files of the rulebook, which are not published therefore.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c statusCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{descRules, descFiles, descNotLive, descApplied, descUp, descForeign, descWaiting, descOverdue, descProblems} {
		ch <- desc
	}
	describeGit(ch)
	describeSinks(ch)
}

// Collect implements prometheus.Collector.
func (c statusCollector) Collect(ch chan<- prometheus.Metric) {
	status := c.status()
	waiting := map[string]int{}
	for _, w := range status.Waiting {
		waiting[w.Outcome.Ruler]++
	}
	for _, r := range status.Rulers {
		for desc, value := range map[*prometheus.Desc]float64{
			descRules:   float64(r.Rules),
			descFiles:   float64(r.Files),
			descNotLive: float64(len(r.NotLive)),
			descApplied: unixSeconds(r.LastApply),
			descUp:      zeroOrOne(r.Err == nil && !r.LastSeen.IsZero()),
			descForeign: float64(len(r.Foreign)),
			descWaiting: float64(waiting[r.Info.Name]),
		} {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, r.Info.Name)
		}
	}
	ch <- prometheus.MustNewConstMetric(descOverdue, prometheus.GaugeValue, float64(len(status.Overdue)))
	ch <- prometheus.MustNewConstMetric(descProblems, prometheus.GaugeValue, float64(len(status.Problems)))
	collectGit(ch, status)
	collectSinks(ch, status)
}

func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func zeroOrOne(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// observe registers the applier's account; status must be safe to call at any time.
func (m *metrics) observe(ctx context.Context, status func(context.Context) rules.Status) {
	m.registry.MustRegister(statusCollector{func() rules.Status { return status(ctx) }})
}
