package ruler

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// maxGroupFilters is how many groups are asked for by name; beyond it all are, for the sake of the URL's length.
const maxGroupFilters = 50

// runningRules is the answer of Prometheus's (v3.15) and Loki's (v3.7.8) rules API, as far as it is of use.
type runningRules struct {
	Status string `json:"status"`
	Data   struct {
		Groups []struct {
			Name     string        `json:"name"`
			File     string        `json:"file"`
			Interval seconds       `json:"interval"`
			Limit    int           `json:"limit"`
			Rules    []runningRule `json:"rules"`
		} `json:"groups"`
	} `json:"data"`
}

type runningAlert struct {
	State           string    `json:"state"` // "pending", "firing"
	ActiveAt        time.Time `json:"activeAt"`
	KeepFiringSince time.Time `json:"keepFiringSince"` // Prometheus only: since when the expression returns it no more
}

type runningRule struct {
	Type           string            `json:"type"` // "alerting", "recording"
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	Duration       seconds           `json:"duration"`
	KeepFiringFor  seconds           `json:"keepFiringFor"`
	Labels         map[string]string `json:"labels"`
	Annotations    map[string]string `json:"annotations"`
	Alerts         []runningAlert    `json:"alerts"`
	Health         string            `json:"health"`
	LastError      string            `json:"lastError"`
	LastEvaluation time.Time         `json:"lastEvaluation"`
	State          string            `json:"state"`
}

// seconds is a duration as rulers write it, a floating-point number.
type seconds float64

func (s seconds) duration() time.Duration {
	nanoseconds := math.Round(float64(s) * float64(time.Second))
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(max(0, nanoseconds))
}

// running asks a rules API what runs. filter is the name of its parameter for groups.
func (b base) running(ctx context.Context, api []string, filter string, groups []string) ([]rules.RunningRule, error) {
	query := url.Values{}
	if len(groups) <= maxGroupFilters {
		query[filter] = groups
	}
	a, err := b.client.do(ctx, call{method: http.MethodGet, path: api, query: query, timeout: b.Timeout, limit: maxRulesBody})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, b.client.unexpected(a)
	}
	var listed runningRules
	if err := json.Unmarshal(a.body, &listed); err != nil || listed.Status != "success" {
		return nil, b.client.unreachable(err, "does not answer as a ruler does: is the URL right?")
	}
	var running []rules.RunningRule
	for _, group := range listed.Data.Groups {
		if len(groups) > 0 && !slices.Contains(groups, group.Name) { // Prometheus knows the filter since 2.50
			continue
		}
		for _, rule := range group.Rules {
			r := rule.value()
			r.Path, r.File, r.Group = rulebookPath(group.File), group.File, group.Name
			r.Interval, r.Limit = group.Interval.duration(), group.Limit
			running = append(running, r)
		}
	}
	return running, nil
}

// rulebookPath returns the rulebook's path of a file or namespace as the ruler names it; the ruler may see our directory under another
// name than we do. A file that was removed a moment ago has its path still, or a deleted rule would be called gone while it runs.
func rulebookPath(file string) string {
	path, _ := rules.RulebookPath(file[strings.LastIndexByte(file, '/')+1:])
	return path
}

// value returns the rule in the domain's words, without its place.
func (r runningRule) value() rules.RunningRule {
	running := rules.RunningRule{
		Rule: rules.Rule{
			Expr:          r.Query,
			For:           r.Duration.duration(),
			KeepFiringFor: r.KeepFiringFor.duration(),
			Labels:        r.Labels,
			Annotations:   r.Annotations,
		},
		Health:         r.Health,
		LastError:      clean(r.LastError),
		LastEvaluation: r.LastEvaluation,
		State:          r.State,
		Active:         len(r.Alerts),
	}
	for _, alert := range r.Alerts {
		if alert.State == "firing" {
			running.Firing = append(running.Firing, rules.FiringAlert{Since: alert.ActiveAt, Lingered: alert.KeepFiringSince})
		} else {
			running.Pending = append(running.Pending, alert.ActiveAt)
		}
	}
	if r.Type == "recording" {
		running.Rule.Record = r.Name
	} else {
		running.Rule.Alert = r.Name
	}
	return running
}
