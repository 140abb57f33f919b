package main

import (
	"fmt"
	"strings"
)

// madeRule is one alerting rule of a built rulebook.
type madeRule struct {
	name      string
	team      string
	form      int // of its expression
	threshold int
	gone      bool // it was deleted, and comes back later
}

// madeFile is one rule file of a built rulebook: one group, named after the file.
type madeFile struct {
	namespace string
	group     string
	moved     int // how often somebody renamed it
	rules     []*madeRule
}

// path returns where the file stands in the rulebook.
func (f *madeFile) path() string {
	stem := f.group
	if f.moved > 0 {
		stem += fmt.Sprintf("-v%d", f.moved+1)
	}
	return ruler + "/" + f.namespace + "/" + stem + ".yaml"
}

// forms are the expressions, with the team and the threshold to be filled in.
var forms = []string{
	`sum by (job) (rate(http_requests_total{team="%[1]s",code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total{team="%[1]s"}[5m])) > 0.%02[2]d`,
	`histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket{team="%[1]s"}[5m]))) > %[2]d`,
	`avg_over_time(node_load5{team="%[1]s"}[10m]) / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle"}) > %[2]d`,
	`predict_linear(node_filesystem_avail_bytes{team="%[1]s",fstype!="tmpfs"}[6h], %[2]d * 3600) < 0`,
	`absent(up{team="%[1]s"} == 1) or sum(up{team="%[1]s"} == 0) > %[2]d`,
}

func (r *madeRule) expr() string { return fmt.Sprintf(forms[r.form], r.team, r.threshold) }

// content returns the file as a person would have written it.
func (f *madeFile) content() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "groups:\n  - name: %s\n    interval: 30s\n    rules:\n", f.group)
	for _, r := range f.rules {
		if r.gone {
			continue
		}
		fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n        for: %dm\n        labels:\n          severity: %s\n          team: %s\n",
			r.name, r.expr(), 1+r.form, []string{"page", "ticket"}[r.form%2], r.team)
		fmt.Fprintf(&b, "        annotations:\n          summary: \"{{ $labels.job }} of %s is not well\"\n", r.team)
		fmt.Fprintf(&b, "          description: \"%s: {{ $value | humanize }} on {{ $labels.instance }}\"\n", r.name)
	}
	return []byte(b.String())
}

// diff returns what changed between two versions of a file as one hunk of a unified diff.
func diff(path string, before, after []byte) string {
	old, now := strings.SplitAfter(string(before), "\n"), strings.SplitAfter(string(after), "\n")
	from := 0
	for from < min(len(old), len(now)) && old[from] == now[from] {
		from++
	}
	oldEnd, nowEnd := len(old), len(now)
	for oldEnd > from && nowEnd > from && old[oldEnd-1] == now[nowEnd-1] {
		oldEnd--
		nowEnd--
	}
	const context = 3
	first, last := max(0, from-context), min(len(old), oldEnd+context)
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%[1]s\n+++ b/%[1]s\n@@ -%[2]d,%[3]d +%[2]d,%[4]d @@\n", path, first+1, last-first, last-first+nowEnd-oldEnd)
	section := func(mark string, lines []string) {
		for _, line := range lines {
			b.WriteString(mark + line)
		}
	}
	section(" ", old[first:from])
	section("-", old[from:oldEnd])
	section("+", now[from:nowEnd])
	section(" ", old[oldEnd:last])
	return b.String()
}
