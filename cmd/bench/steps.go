package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// steps is how much time a service says that it has spent in each step of a change, and how often it took it.
type steps map[string]step

type step struct{ seconds, count float64 }

var stepLine = regexp.MustCompile(`(?m)^alertsmith_step_duration_seconds_(sum|count)\{step="([^"]*)"\} (\S+)$`)

// metrics returns the text of the service's metrics.
func (s *service) metrics(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/metrics", http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// steps reads the service's metrics.
func (s *service) steps(ctx context.Context) (steps, error) {
	text, err := s.metrics(ctx)
	if err != nil {
		return nil, err
	}
	all := steps{}
	for _, m := range stepLine.FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		one := all[m[2]]
		if m[1] == "sum" {
			one.seconds = value
		} else {
			one.count = value
		}
		all[m[2]] = one
	}
	return all, nil
}

// since says how long each step took on average since an earlier look, the longest first.
func (s steps) since(before steps) string {
	type mean struct {
		name string
		took time.Duration
	}
	var means []mean
	for name, now := range s {
		if n := now.count - before[name].count; n > 0 {
			means = append(means, mean{name, time.Duration((now.seconds - before[name].seconds) / n * float64(time.Second))})
		}
	}
	slices.SortFunc(means, func(a, b mean) int { return int(b.took - a.took) })
	var texts []string
	for _, m := range means {
		texts = append(texts, fmt.Sprintf("%s %s", m.name, show(m.took)))
	}
	return strings.Join(texts, ", ")
}
