package ruler

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// prometheus is a Prometheus (3.15 and 2.42 were tried) with rule files.
type prometheus struct {
	base
	live *liveDir
	view *treeView // of its directory; nil where that is flat
}

func newPrometheus(b base) (rules.Ruler, error) {
	if b.RulesDir == "" {
		return nil, errors.New("a prometheus needs the directory that it reads rule files from")
	}
	live, err := openLiveDir(b.RulesDir, b.Layout, b.statePath(), b.Logger)
	if err != nil {
		return nil, err
	}
	p := &prometheus{base: b, live: live}
	if b.Layout == rules.TreeLayout {
		p.view = newTreeView(b.RulesDir, live.names())
	}
	return p, nil
}

// Publish implements rules.Ruler.
func (p *prometheus) Publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	published, err := p.live.publish(ctx, files)
	if p.view != nil {
		p.view.know(append(p.live.names(), published.Foreign...))
	}
	return published, err
}

// Reload implements rules.Ruler. Prometheus has read everything when it answers.
func (p *prometheus) Reload(ctx context.Context) error {
	a, err := p.client.do(ctx, call{method: http.MethodPost, path: []string{"-", "reload"}, timeout: p.ReloadTimeout, limit: maxOtherBody})
	if err != nil {
		return err
	}
	switch {
	case a.status == http.StatusOK:
		return nil
	case a.status == http.StatusForbidden && strings.Contains(string(a.body), "Lifecycle"):
		return p.client.failed(rules.ReloadOff, nil, "takes no reload order, as it runs without --web.enable-lifecycle: its next own reload or restart is waited for")
	case a.status == http.StatusInternalServerError:
		return p.client.failed(rules.Refused, nil, "refused to load its configuration (the exact reason is in its log): %s", reason(a.body))
	default:
		return p.client.unexpected(a)
	}
}

// Running implements rules.Ruler.
func (p *prometheus) Running(ctx context.Context, groups ...string) ([]rules.RunningRule, error) {
	running, err := p.running(ctx, []string{"api", "v1", "rules"}, "rule_group[]", groups)
	if p.view != nil {
		p.view.place(running)
	}
	return running, err
}
