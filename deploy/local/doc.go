// Package local starts the real programs beside Alertsmith (Prometheus, Alertmanager, Loki) on loopback, for tests and the demo.
// Their configurations are derived from the files of package deploy, the ones that the compose deployment mounts.
//
// It knows nothing of Alertsmith itself.
package local
