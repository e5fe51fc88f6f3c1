package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/peterbourgon/ff/v3"

	"mixtab/demo"
	"mixtab/server"
	"mixtab/web"
)

// config is what the flags say.
type config struct {
	addr     string
	packs    packFlags
	drain    time.Duration
	logLevel slog.Level
}

func parse(args []string, stdout io.Writer) (config, error) {
	var cfg config
	flags := flag.NewFlagSet("mixtab-server", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	flags.Usage = func() {}
	help := func() {
		flags.SetOutput(stdout)
		fmt.Fprint(stdout, "mixtab-server serves the page, its WebAssembly and packs of weights.\n\n"+
			"  mixtab-server                            the built-in demo model on http://localhost:8080\n"+
			"  mixtab-server -pack ~/packs/mixtral-q4   a pack written by tools/pack\n\n"+
			"Each flag can also be set in the environment: MIXTAB_ADDR, MIXTAB_PACK (several with commas between), …\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&cfg.addr, "addr", "localhost:8080", "`host:port` to listen on; \":8080\" is every interface")
	flags.Var(&cfg.packs, "pack", "`folder` of a pack, or name=folder; may be repeated, and the page opens the first; without it, the demo")
	flags.DurationVar(&cfg.drain, "drain", 20*time.Second, "how long running downloads may go on after SIGINT or SIGTERM")
	flags.TextVar(&cfg.logLevel, "log", slog.LevelInfo, "`level` of the log on stderr: debug (with every request), info, warn, error")
	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("MIXTAB"), ff.WithEnvVarSplit(","))
	switch {
	case errors.Is(err, flag.ErrHelp):
		help()
		return cfg, err
	case err != nil:
		return cfg, fmt.Errorf("%w (-h lists the flags)", err)
	case flags.NArg() > 0:
		return cfg, fmt.Errorf("unexpected argument %q: packs are named with -pack", flags.Arg(0))
	}
	return cfg, nil
}

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := parse(args, stdout)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: cfg.logLevel}))

	site := server.Config{Packs: make(map[string]server.Store)}
	if site.Page, err = web.Dist(); err != nil {
		log.Warn("serving packs without the page", "reason", err)
		site.Page = embed.FS{} // an empty one, for which the handler has an explanation
	}
	for _, p := range cfg.packs {
		root, err := os.OpenRoot(p.dir)
		if err != nil {
			return fmt.Errorf("-pack: %w: name a folder that tools/pack wrote", err)
		}
		defer root.Close()
		site.Packs[p.name] = server.Files(offered(root, p.name, log))
	}
	if len(cfg.packs) > 0 {
		site.Default = cfg.packs[0].name
	} else {
		site.Packs["demo"] = server.Files(demo.FS())
	}
	handler, err := server.New(ctx, site)
	if err != nil {
		return err
	}

	listener, err := net.Listen("tcp", cfg.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken by another program: stop it, or choose another port with -addr (make run ADDR=localhost:8081)", cfg.addr)
	} else if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	fmt.Fprint(stdout, greeting(cfg.addr, listener.Addr(), site.Default))
	return serveUntil(ctx, listener, handler, cfg.drain, log)
}

// serveUntil serves until ctx ends. It then takes no more connections, and gives those
// that are in the middle of a response the time drain.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler, drain time.Duration, log *slog.Logger) error {
	srv := &http.Server{
		Handler: handler,
		// No WriteTimeout: gigabytes to a slow reader take hours. The handler bounds
		// each response by its size.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients that break off
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: running downloads may finish", "within", drain)
	timeout, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := srv.Shutdown(timeout); err != nil {
		log.Warn("stopped in the middle of downloads", "after", drain)
		return srv.Close()
	}
	return nil
}

// greeting tells where the page is, and where it will not work. The page opens the demo
// unless its address names another pack; "" is the demo.
func greeting(asked string, bound net.Addr, pack string) string {
	host, _, _ := net.SplitHostPort(asked)
	_, port, _ := net.SplitHostPort(bound.String())
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // one of the addresses it listens on
	}
	text := "mixtab: http://" + net.JoinHostPort(host, port)
	if pack != "" {
		text += "/?pack=packs/" + pack + "/"
	}
	text += "\n"
	if !local {
		text += "Over plain http, browsers give a page WebGPU on localhost only. For other machines, put a proxy with TLS\n" +
			"in front of this server, or forward its port to them (ssh -L).\n"
	}
	return text
}
