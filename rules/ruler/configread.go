package ruler

import (
	"context"
	"errors"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// ConfigRead asks a ruler that New returned when it last read its configuration, and its rule files with that, without a mistake: by its own clock, in full
// seconds. Prometheus tells (3.15). It takes two seconds at most. An error says why that is not known.
func ConfigRead(ctx context.Context, r rules.Ruler) (time.Time, error) {
	p, ok := r.(*prometheus)
	if !ok {
		return time.Time{}, errors.New("this ruler does not tell when it read its configuration")
	}
	ctx, cancel := context.WithTimeout(ctx, examineBudget)
	defer cancel()
	var answer struct {
		Data struct {
			LastConfigTime time.Time `json:"lastConfigTime"`
		} `json:"data"`
	}
	if err := p.get(ctx, []string{"api", "v1", "status", "runtimeinfo"}, nil, &answer); err != nil {
		return time.Time{}, err
	}
	if answer.Data.LastConfigTime.IsZero() {
		return time.Time{}, p.client.unreachable(nil, "does not tell when it read its configuration")
	}
	return answer.Data.LastConfigTime, nil
}
