package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"mixtab/demo"
	"mixtab/server"
	"mixtab/server/box"
	"mixtab/web"
)

const aboutServe = `mixtab-server serves the page, its WebAssembly and packs of weights.

  mixtab-server                                the built-in demo model on http://localhost:8080
  mixtab-server -pack ~/packs/mixtral-q4       a pack written by tools/pack
  mixtab-server -listen :8443 -tls self        for other machines, by a certificate of its own
  mixtab-server healthcheck                    asks the server that has these flags whether it is ready
  mixtab-server verify -pack DIR               checks every byte of a pack

Each flag can also be set in the environment: MIXTAB_LISTEN, MIXTAB_PACK (several with commas between), …
docs/SERVER.md tells more.

`

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := parse(args, stdout, aboutServe)
	if err != nil {
		return err
	}
	// A pipe that is closed under a log is an error of that log, and not the end.
	signal.Ignore(syscall.SIGPIPE)
	logs, err := openLogs(cfg, stderr)
	if err != nil {
		return err
	}
	defer logs.close()

	site, closePacks, err := openSite(cfg, logs.program)
	if err != nil {
		return err
	}
	defer closePacks()
	handler, err := server.New(ctx, site)
	if err != nil {
		return err
	}
	trust, err := box.ParseProxies(cfg.trust.items)
	if err != nil {
		return fmt.Errorf("-trust-proxy: %w", err)
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	s, err := box.New(box.Config{
		Handler: handler, Packs: slices.Collect(maps.Keys(site.Packs)),
		Listen: cfg.listen.items, UnixMode: fs.FileMode(cfg.unixMode), TLS: cfg.tls, Limits: cfg.limits, Trust: trust,
		Redirect: cfg.redirect, Metrics: cfg.metrics, Debug: cfg.debug,
		Log: logs.program, AccessLog: logs.access, LogFiles: logs.files,
		LameDuck: cfg.lameDuck, Drain: cfg.drain, Stopping: handler.Stop, Reload: reload,
	})
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, greeting(s, cfg.tls, site.Default))
	defer runtime.KeepAlive(heapFloor())
	return s.Run(ctx)
}

// openSite opens the page and the packs.
func openSite(cfg *config, log *slog.Logger) (site server.Config, closePacks func(), err error) {
	var roots []*os.Root
	closePacks = func() {
		for _, root := range roots {
			root.Close()
		}
	}
	site = server.Config{Packs: make(map[string]server.Store)}
	if site.Page, err = web.Dist(); err != nil {
		log.Warn("serving packs without the page", "reason", err)
		site.Page = embed.FS{} // an empty one, for which the handler has an explanation
	}
	for _, p := range cfg.packs {
		root, err := os.OpenRoot(p.dir)
		if err != nil {
			closePacks()
			if errors.Is(err, fs.ErrPermission) {
				return site, nil, fmt.Errorf("-pack: %w: let this user read the folder and what is in it (chmod -R o+rX)", err)
			}
			return site, nil, fmt.Errorf("-pack: %w: name a folder that tools/pack wrote", err)
		}
		roots = append(roots, root)
		site.Packs[p.name] = server.Files(offered(root, p.name, log))
	}
	if len(cfg.packs) > 0 {
		site.Default = cfg.packs[0].name
	} else {
		site.Packs["demo"] = server.Files(demo.FS())
	}
	return site, closePacks, nil
}
