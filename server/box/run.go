package box

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// A run is the time from a server's start to its end.
type run struct {
	*Server
	goroutines sync.WaitGroup
	failed     chan error // a listener broke: the first of them counts
}

func newRun(s *Server) *run {
	return &run{Server: s, failed: make(chan error, len(s.addresses)+len(s.asides))}
}

func (r *run) until(ctx context.Context) error {
	watched, unwatch := context.WithCancel(ctx)
	defer r.goroutines.Wait()
	defer unwatch()
	for _, a := range r.asides {
		r.start(a.name, func() error { return a.server.Serve(a.listener) })
	}
	for _, a := range r.addresses {
		if a.TLS {
			r.start(a.Spec, func() error { return r.main.ServeTLS(a.listener, "", "") })
		} else {
			r.start(a.Spec, func() error { return r.main.Serve(a.listener) })
		}
	}
	if r.tls != nil {
		r.goroutines.Go(func() { r.tls.watch(watched, r.cfg.Log) })
	}
	r.notify(daemon.SdNotifyReady)
	for {
		select {
		case err := <-r.failed:
			r.cut()
			return err
		case <-r.cfg.Reload:
			r.reload()
		case <-ctx.Done():
			return r.stop()
		}
	}
}

func (r *run) start(name string, serve func() error) {
	r.goroutines.Go(func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			r.failed <- fmt.Errorf("%s: %w", name, err)
		}
	})
}

// stop goes in three steps: it tells, and serves on while whoever sends visitors here
// takes notice; it takes no more connections, and lets running responses end; it cuts what
// is left.
func (r *run) stop() error {
	log := r.cfg.Log
	r.notify(daemon.SdNotifyStopping)
	if r.cfg.Stopping != nil {
		r.cfg.Stopping()
	}
	if r.cfg.LameDuck > 0 {
		log.Info("stopping: serving on while the news spreads", "for", r.cfg.LameDuck)
		time.Sleep(r.cfg.LameDuck)
	}
	log.Info("stopping: running downloads may finish", "running", r.site.limiter.running.Load(), "within", r.cfg.Drain)
	timeout, cancel := context.WithTimeout(context.Background(), r.cfg.Drain)
	defer cancel()
	err := r.main.Shutdown(timeout)
	if r.linger.wait(timeout.Done()); err != nil {
		log.Warn("stopped in the middle of downloads", "cut", r.site.limiter.running.Load(), "after", r.cfg.Drain)
	}
	r.cut()
	return nil
}

// cut ends everything at once.
func (r *run) cut() {
	r.linger.cut()
	r.main.Close()
	for _, a := range r.asides {
		a.server.Close()
	}
	r.Close()
}

func (r *run) reload() {
	log := r.cfg.Log
	log.Info("reading the certificate and opening the logs again")
	for _, l := range r.cfg.LogFiles {
		if err := l.Reopen(); err != nil {
			log.Error("the log was not opened again, and goes on in the old file", "reason", err)
		}
	}
	if r.tls != nil && r.tls.pair != nil {
		r.tls.pair.reload(log)
	}
}

// notify tells systemd, where it is that which started us.
func (r *run) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		r.cfg.Log.Warn("systemd does not hear us", "reason", err)
	}
}
