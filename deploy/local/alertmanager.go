package local

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/alertsmith/alertsmith/deploy"
)

// AlertmanagerOptions say how an Alertmanager is started. Only Dir is required.
type AlertmanagerOptions struct {
	Dir        string // where its configuration, data and log go
	Port       int    // a free one by default
	ExtraFlags []string
}

// StartAlertmanager starts Alertmanager and waits until it is ready; ctx ends only the waiting.
func StartAlertmanager(ctx context.Context, o AlertmanagerOptions) (*Program, error) {
	return launch{name: "alertmanager", dir: o.Dir, port: o.Port, ready: "/-/ready", setup: o.setup}.start(ctx)
}

func (o AlertmanagerOptions) setup(port int) ([]string, error) {
	c, err := parseConfiguration(deploy.Alertmanager, nil)
	if err != nil {
		return nil, err
	}
	file, err := c.write(filepath.Join(o.Dir, "alertmanager.yml"))
	if err != nil {
		return nil, err
	}
	return append([]string{
		"--config.file=" + file,
		"--storage.path=" + filepath.Join(o.Dir, "data"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port),
		"--cluster.listen-address=", // alone
	}, o.ExtraFlags...), nil
}

// hostOf returns host:port of a URL; the text itself when it is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}
