package ruler

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// lokiRules is the path of Loki's rule API, which shows what is stored.
var lokiRules = []string{"loki", "api", "v1", "rules"}

func newLoki(b base) (rules.Ruler, error) {
	if b.Layout != rules.FlatLayout {
		return nil, fmt.Errorf("a loki cannot have the layout %q: Loki does not read directories below a tenant's, and its rule API knows none", b.Layout)
	}
	if b.RulesDir == "" {
		return newLokiAPI(b)
	}
	return newLokiFiles(b)
}

// storedRules asks Loki for what is stored, as YAML; nil when nothing is.
func (b base) storedRules(ctx context.Context) (answer, error) {
	a, err := b.client.do(ctx, call{method: http.MethodGet, path: lokiRules, timeout: b.Timeout, limit: maxRulesBody})
	if err != nil {
		return a, err
	}
	if a.status == http.StatusNotFound && strings.Contains(string(a.body), "no rule groups found") {
		return answer{status: http.StatusOK}, nil
	}
	if a.status == http.StatusNotFound {
		return a, b.client.unreachable(nil, "has no rule API: set ruler.enable_api and its storage in Loki's configuration, or mend the URL")
	}
	return a, nil
}

// runningInLoki asks Loki what it runs.
func (b base) runningInLoki(ctx context.Context, groups []string) ([]rules.RunningRule, error) {
	return b.running(ctx, []string{"prometheus", "api", "v1", "rules"}, "rule_group", groups)
}
