package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Alert is an alert as Alertmanager's HTTP API v2 lists it.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Status      struct {
		State string `json:"state"` // "active", "suppressed", "unprocessed"
	} `json:"status"`
}

// Alerts returns the alerts that Alertmanager holds.
func Alerts(ctx context.Context, alertmanagerURL string) ([]Alert, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, alertmanagerURL+"/api/v2/alerts", nil)
	if err != nil {
		return nil, err
	}
	body, err := do(request)
	if err != nil {
		return nil, err
	}
	var alerts []Alert
	if err := json.Unmarshal(body, &alerts); err != nil {
		return nil, fmt.Errorf("Alertmanager's alerts: %w", err)
	}
	return alerts, nil
}

// PushLogs pushes log lines of one stream to Loki, a nanosecond apart, ending now.
func PushLogs(ctx context.Context, lokiURL string, labels map[string]string, lines ...string) error {
	type stream struct {
		Stream map[string]string `json:"stream"`
		Values [][2]string       `json:"values"`
	}
	values := make([][2]string, len(lines))
	start := time.Now().Add(-time.Duration(len(lines)))
	for i, line := range lines {
		values[i] = [2]string{strconv.FormatInt(start.Add(time.Duration(i)).UnixNano(), 10), line}
	}
	body, err := json.Marshal(map[string][]stream{"streams": {{labels, values}}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, lokiURL+"/loki/api/v1/push", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	_, err = do(request)
	return err
}

// do returns the body of an answer in the 200s.
func do(request *http.Request) ([]byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %s: %.300s", request.Method, request.URL.Path, response.Status, bytes.TrimSpace(body))
	}
	return body, nil
}
