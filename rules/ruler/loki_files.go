package ruler

import (
	"context"
	"net/http"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// lokiFiles is a Loki (3.7.8 was tried) whose ruler reads files: ruler storage "local". RulesDir is the tenant's directory.
type lokiFiles struct {
	base
	live    *liveDir
	foreign []string // as of the last publication
}

func newLokiFiles(b base) (rules.Ruler, error) {
	live, err := openLiveDir(b.RulesDir, b.Layout, b.statePath(), b.Logger)
	if err != nil {
		return nil, err
	}
	return &lokiFiles{base: b, live: live}, nil
}

// Publish implements rules.Ruler.
func (l *lokiFiles) Publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	published, err := l.live.publish(ctx, files)
	l.foreign = published.Foreign
	return published, err
}

// Reload implements rules.Ruler. Loki takes no reload order, it polls; but asked what is stored it reads all files of the tenant at once,
// and tells exactly why it cannot. A file that is not ours and cannot be read is no refusal of ours: it stops Loki's updates
// until somebody mends it (kind Unreachable).
func (l *lokiFiles) Reload(ctx context.Context) error {
	a, err := l.storedRules(ctx)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest:
		for _, name := range l.foreign {
			if strings.Contains(string(a.body), "/"+name+":") {
				return l.client.unreachable(nil, "reads no rules at all because of %s, a file that is not Alertsmith's: %s", clean(name), reason(a.body))
			}
		}
		return l.client.failed(rules.Refused, nil, "refused the rule files: %s", reason(a.body))
	default:
		return l.client.unexpected(a)
	}
}

// Running implements rules.Ruler.
func (l *lokiFiles) Running(ctx context.Context, groups ...string) ([]rules.RunningRule, error) {
	return l.runningInLoki(ctx, groups)
}
