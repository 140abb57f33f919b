package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/alertsmith/alertsmith/rules"
)

func ofSink(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"sink", "kind"}, nil)
}

var (
	descQueued  = ofSink("alertsmith_sink_queue_length", "Changes of the journal that the sink is still to be told.")
	descOldest  = ofSink("alertsmith_sink_oldest_queued_timestamp_seconds", "Since when the oldest of these waits; 0 when there is none.")
	descGivenUp = ofSink("alertsmith_sink_given_up", "Changes of the journal that the sink was not told, as it did not take them for too long.")
)

func describeSinks(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{descQueued, descOldest, descGivenUp} {
		ch <- desc
	}
}

func collectSinks(ch chan<- prometheus.Metric, status rules.Status) {
	for _, s := range status.Sinks {
		for desc, value := range map[*prometheus.Desc]float64{
			descQueued: float64(s.Queued), descOldest: unixSeconds(s.Oldest), descGivenUp: float64(s.GivenUp),
		} {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, s.Name, s.Kind)
		}
	}
}

// verified notes that the journal was looked through as a whole, and whether it is as it was written.
func (m *metrics) verified(sound bool) {
	m.flawed.Set(zeroOrOne(!sound))
	if sound {
		m.verifiedAt.SetToCurrentTime()
	}
}

// How attempts to tell a sink end.
const (
	toldResult    = "success"
	notToldResult = "failure"
)

// told counts an attempt to tell a sink.
func (m *metrics) told(sink string, err error) {
	result := toldResult
	if err != nil {
		result = notToldResult
	}
	m.tellings.WithLabelValues(sink, result).Inc()
}
