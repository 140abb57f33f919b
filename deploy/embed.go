// Package deploy holds the configuration files with which Alertsmith is deployed. Embedding them lets tests and the demo start
// the real programs with the very same files (package local), so that these cannot rot.
package deploy

import _ "embed"

// The configuration files of the three programs, as the compose deployment mounts them.
var (
	//go:embed prometheus/prometheus.yml
	Prometheus []byte
	//go:embed alertmanager/alertmanager.yml
	Alertmanager []byte
	//go:embed loki/loki.yml
	Loki []byte
)
