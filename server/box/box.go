// Package box is what one machine puts around the handler of package server: listeners,
// TLS, limits, an access log, metrics, and an end that loses no download.
//
// A request goes through, in this order: the connection's gate (how many there are, in all
// and by client), net/http, and [site], which counts the request, asks the limiter,
// recovers from a panic and writes the access log. There is one ResponseWriter of ours
// between net/http and the handler (writer), which hands on ReadFrom, so that the kernel
// still copies files to the network.
package box

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// Config says how to serve. What is wrong with it is told by the names of the flags of
// mixtab-server, which has one for each.
type Config struct {
	Handler http.Handler
	Packs   []string // names under /packs/, which have metrics of their own

	Listen   []string    // host:port, unix:PATH, or systemd for the sockets that it hands over
	UnixMode fs.FileMode // of the sockets of unix:PATH
	TLS      TLS         // of all but unix sockets
	Limits   Limits
	Trust    Proxies

	Redirect string // host:port of a listener that sends plain HTTP on to TLS; "" is none
	Metrics  string // host:port of Prometheus' metrics; "" is none
	Debug    string // host:port of profiles, of this machine only; "" is none

	Log       *slog.Logger
	AccessLog *slog.Logger // nil is none
	LogFiles  []*LogFile   // to be opened again on Reload

	LameDuck time.Duration    // between the news that it stops and its stopping
	Drain    time.Duration    // how long running downloads may go on after that
	Stopping func()           // called when stopping begins; may be nil
	Reload   <-chan os.Signal // reads the certificate and opens the logs again; may be nil
}

// A Server has its listeners open.
type Server struct {
	cfg       Config
	main      *http.Server
	site      *site
	addresses []Address
	tls       *certificates // nil without
	asides    []*aside
	linger    lingerer
}

// An Address is where a server can be reached.
type Address struct {
	Spec     string // the entry of Config.Listen
	TLS      bool
	listener net.Listener
}

// Bound is the address that the system gave.
func (a Address) Bound() net.Addr { return a.listener.Addr() }

// New opens all that the configuration names, so that whatever is wrong with it is an
// error here.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg}
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open() error {
	cfg, m := &s.cfg, newMetrics()
	var err error
	if s.tls, err = openTLS(cfg.TLS, m); err != nil {
		return fmt.Errorf("-tls: %w", err)
	}
	cfg.Limits.Connections = affordable(cfg.Limits, cfg.Log)
	gate := newGate(cfg.Limits.Connections, cfg.Limits.ClientConnections, func(limit string) { m.limited.WithLabelValues(limit).Inc() })
	for _, spec := range cfg.Listen {
		listeners, err := listen(spec, cfg.UnixMode)
		if err != nil {
			return fmt.Errorf("-listen: %w", err)
		}
		for _, l := range listeners {
			secure := s.tls != nil && l.Addr().Network() != "unix"
			gated := &gatedListener{Listener: l, gate: gate, trusted: cfg.Trust}
			if secure { // and therefore with HTTP/2
				gated.linger = &s.linger
			}
			s.addresses = append(s.addresses, Address{spec, secure, gated})
		}
	}
	if err := s.openAsides(m); err != nil {
		return err
	}
	m.watchConnections(gate)
	m.watchLogs(cfg.LogFiles)
	s.site = &site{handler: cfg.Handler, packs: make(map[string]bool), log: cfg.Log, access: cfg.AccessLog, trusted: cfg.Trust, limiter: newLimiter(cfg.Limits), grace: grace, metrics: m}
	for _, name := range cfg.Packs {
		s.site.packs[name] = true
	}
	s.main = &http.Server{
		Handler: s.site,
		// No ReadTimeout and no WriteTimeout: gigabytes to a slow reader take hours. The
		// site bounds bodies, and writer bounds each piece.
		ReadHeaderTimeout: cfg.Limits.HeaderTimeout,
		IdleTimeout:       cfg.Limits.IdleTimeout,
		ConnContext:       withConn,
		MaxHeaderBytes:    cfg.Limits.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug), // clients that break off
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 64,
			// The least that the protocol allows: clients send no bodies.
			MaxReceiveBufferPerConnection: 64 << 10,
			MaxReceiveBufferPerStream:     64 << 10,
			SendPingTimeout:               time.Minute, // is a silent client still there?
			PingTimeout:                   grace,
			WriteByteTimeout:              grace,
		},
	}
	if s.tls != nil {
		s.main.TLSConfig = s.tls.config
	}
	return nil
}

func (s *Server) openAsides(m *metrics) error {
	add := func(name, address string, handler http.Handler) error {
		a, err := newAside(name, address, handler, s.cfg.Log)
		if err == nil {
			s.asides = append(s.asides, a)
		}
		return err
	}
	if s.cfg.Metrics != "" {
		if err := add("-metrics-addr", s.cfg.Metrics, m.handler()); err != nil {
			return err
		}
	}
	if s.cfg.Debug != "" {
		handler, err := debugHandler(s.cfg.Debug)
		if err != nil {
			return fmt.Errorf("-debug-addr: %w", err)
		}
		if err := add("-debug-addr", s.cfg.Debug, handler); err != nil {
			return err
		}
	}
	if s.cfg.Redirect == "" {
		return nil
	}
	if s.tls == nil {
		return errors.New("-redirect: there is no TLS to redirect to: choose one with -tls")
	}
	port := "443"
	for _, a := range s.addresses {
		if a.TLS {
			_, port, _ = net.SplitHostPort(a.Bound().String())
			break
		}
	}
	handler := redirect(port)
	if s.tls.manager != nil {
		handler = s.tls.manager.HTTPHandler(handler) // the authority asks here whether the name is ours
	}
	return add("-redirect", s.cfg.Redirect, handler)
}

// Addresses are where the server listens.
func (s *Server) Addresses() []Address { return s.addresses }

// SelfSigned is the certificate that the server made for itself, or nil.
func (s *Server) SelfSigned() *SelfSigned {
	if s.tls == nil {
		return nil
	}
	return s.tls.made
}

// Close ends a server that does not run.
func (s *Server) Close() {
	for _, a := range s.addresses {
		a.listener.Close()
	}
	for _, a := range s.asides {
		a.listener.Close()
	}
}

// Run serves until ctx ends, and then lets what runs come to its end. It returns when all
// that it started has ended.
func (s *Server) Run(ctx context.Context) error {
	return newRun(s).until(ctx)
}
