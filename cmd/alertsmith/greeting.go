package main

import (
	"fmt"
	"io"
	"net/netip"
	"path/filepath"

	"github.com/alertsmith/alertsmith/rules"
)

// greet tells whoever started the service where everything is and what to try first.
func (s *service) greet(w io.Writer) {
	storage, err := filepath.Abs(s.settings.storage)
	if err != nil {
		storage = s.settings.storage
	}
	fmt.Fprintf(w, "Rulebook       %s (a bare Git repository)\n", filepath.Join(storage, rulebookName))
	fmt.Fprintf(w, "Command token  %s\n", filepath.Join(storage, tokenName))
	for _, r := range s.cfg.Rulers {
		fmt.Fprintf(w, "Ruler          %s\n", r.describe())
	}
	if s.address == "" {
		return
	}
	send := "alertsmith send --url=" + s.address + " --storage.path=" + rules.ShellWord(storage)
	fmt.Fprintf(w, "\nTry first, in another terminal:\n\n  %s status\n  %s add node-down expr='up == 0' for=1m\n  %s web\n\n", send, send, send)
}

// describe says in a line what the ruler is and what it has to be told.
func (r rulerConfig) describe() string {
	text := fmt.Sprintf("%s: a %s at %s", r.Name, r.Kind, r.URL)
	dir, err := filepath.Abs(r.RulesDir)
	switch {
	case r.RulesDir == "":
		return text + ", by its rule API"
	case err != nil:
		dir = r.RulesDir
	}
	if r.Kind == "loki" {
		return text + ", which has to have the parent of " + dir + " as its ruler_storage.local.directory"
	}
	if r.Layout == rules.TreeLayout {
		return text + ", which has to have the files of each directory of " + dir + " among its rule_files"
	}
	return text + ", which has to have " + filepath.Join(dir, "*.yaml") + " among its rule_files"
}

// reachable returns where this machine reaches a listener; "" where it is no port, but a socket of the file system.
func reachable(address string, tls bool) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return ""
	case at.Addr().IsUnspecified():
		address = fmt.Sprintf("127.0.0.1:%d", at.Port())
	}
	return scheme + "://" + address
}
