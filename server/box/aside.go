package box

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// An aside is a small server beside the main one, on an address of its own: metrics,
// profiles, or the redirect to TLS.
type aside struct {
	name     string
	listener net.Listener
	server   *http.Server
}

func newAside(name, address string, handler http.Handler, log *slog.Logger) (*aside, error) {
	l, err := listenTCP(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &aside{name, l, &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// debugHandler serves profiles, which show memory and take time: never on an address that
// others reach.
func debugHandler(address string) (http.Handler, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("profiles on %s would be open to other machines: use localhost:port, and forward the port to them (ssh -L)", address)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux, nil
}
