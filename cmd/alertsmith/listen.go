package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"

	"github.com/coreos/go-systemd/v22/activation"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"
)

// listen opens the addresses, or takes what systemd has opened. There is at least one.
func listen(addresses []string, systemd bool) (listeners []net.Listener, err error) {
	if systemd {
		listeners, err = activation.Listeners()
		listeners = slices.DeleteFunc(listeners, func(l net.Listener) bool { return l == nil }) // where it is a socket of another kind
		if err == nil && len(listeners) == 0 {
			err = errors.New("it has handed over none; start the service by its socket unit")
		}
		if err != nil {
			return nil, fmt.Errorf("cannot listen on the sockets of systemd: %w", err)
		}
		return listeners, nil
	}
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// servers returns a server for each listener: exporter-toolkit changes the one that it serves with.
//
// It puts what --web.config.file asks of a request around the server's handler, all of it. That is done when the server asks for its base context, and no
// connection was accepted yet: then the routes that need no user and password go in front.
func (s *service) servers(ctx context.Context, n int) (servers []*http.Server) {
	endpoints := s.endpoints(ctx.Done())
	guarded := endpoints.guarded()
	for range n {
		server := newServer(guarded, s.chat.handler.LongestAnswer(), s.logger)
		server.BaseContext = func(net.Listener) context.Context {
			server.Handler = surviving(s.metrics, s.logger, behindProxies(s.cfg.Web.proxies(), endpoints.open(server.Handler)))
			return context.WithoutCancel(ctx) // a request that is being answered when the service is told to end goes on
		}
		servers = append(servers, server)
	}
	return servers
}

// serveHTTP serves until the server is shut down.
func serveHTTP(server *http.Server, listener net.Listener, flags *toolkit.FlagConfig, logger *slog.Logger) error {
	err := toolkit.Serve(listener, server, flags, logger)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown lets the servers end what they answer. All of them stop listening at once.
func shutdown(ctx context.Context, servers []*http.Server) error {
	var group errgroup.Group
	for _, server := range servers {
		group.Go(func() error { return server.Shutdown(ctx) })
	}
	return group.Wait()
}
