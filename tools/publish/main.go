// Command publish uploads a pack to a bucket, from which pages can load it: Cloudflare
// R2, S3, or any store that speaks as they do. docs/WEIGHTS.md tells how.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"syscall"
	"time"

	"mixtab/packdir/progress"
	"mixtab/tools/cli"
)

// patience is with what the network and the store may do. Tests have less.
type patience struct {
	attempts int
	backoff  time.Duration
	stall    time.Duration
}

var patient = patience{attempts: 10, backoff: 30 * time.Second, stall: 2 * time.Minute}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], patient, os.Stdout, os.Stderr))
}

type report struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Pack  string `json:"pack"`
	To    string `json:"to"`
	result
	DryRun   bool          `json:"dry_run,omitempty"`
	Verified *verification `json:"verified,omitempty"`
	Pruned   int           `json:"pruned"`
	Seconds  float64       `json:"seconds"`
	MBs      float64       `json:"mb_s"`
}

func (r report) String() string {
	if r.DryRun {
		return fmt.Sprintf("%s: %d of %d files, %.1f MB, would be sent to %s", r.Pack, r.Sent, r.Files, float64(r.SentBytes)/1e6, r.To)
	}
	s := fmt.Sprintf("%s: published, %d files, %.1f MB", r.To, r.Files, float64(r.Bytes)/1e6)
	switch r.Sent {
	case 0:
		s += ", all of which were there"
	default:
		s += fmt.Sprintf("; %d of them, %.1f MB, sent in %.1f s, %.0f MB/s", r.Sent, float64(r.SentBytes)/1e6, r.Seconds, r.MBs)
	}
	if v := r.Verified; v != nil {
		s += fmt.Sprintf("; verified, %d by the store's hash, %d by download", v.ByStore, v.Downloaded)
	}
	if r.Pruned > 0 {
		s += fmt.Sprintf("; %d old shards deleted", r.Pruned)
	}
	return s
}

// run is main with its surroundings given; it returns the exit code.
func run(ctx context.Context, args []string, pat patience, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	r := report{Pack: o.dir, To: o.to, DryRun: o.dryRun}
	if err == nil && o.cors == corsPrint {
		fmt.Fprint(stdout, corsText())
		return 0
	}
	if err == nil {
		err = publish(ctx, o, pat, &r, stdout)
	}
	code := 0
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err, code = cli.Resumable(context.Canceled, o.to), 130
	case errors.As(err, new(usageError)), errors.As(err, new(packError)):
		code = 2
	default:
		code = 1
	}
	r.OK = err == nil
	if err != nil {
		r.Error = err.Error()
		fmt.Fprintln(stderr, "publish:", err)
	}
	if o.asJSON {
		json.NewEncoder(stdout).Encode(r)
	} else if r.OK {
		fmt.Fprintln(stdout, r)
	}
	return code
}

func publish(ctx context.Context, o options, pat patience, r *report, stdout io.Writer) error {
	start := time.Now()
	cfg := storeConfig{endpoint: o.endpoint, region: o.region, attempts: pat.attempts, backoff: pat.backoff, stall: pat.stall}
	cfg.bucket, cfg.prefix, _ = parseTarget(o.to)
	l, err := openLocal(o.dir, path.Base("/"+cfg.prefix))
	if err != nil {
		return err
	}
	s, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	cfg = s.cfg
	if o.cors == corsSet && !o.dryRun {
		if err := s.setCORS(ctx); err != nil {
			return explain(err, cfg)
		}
	}
	p := &publisher{store: s, local: l, parallel: o.parallel}
	missing, err := p.survey(ctx)
	if err != nil {
		return explain(err, cfg)
	}
	if o.dryRun {
		r.result = p.list(missing, stdout)
	} else {
		bar := progress.New("publishing")
		p.progress = bar.Set
		r.result, err = p.run(ctx, missing)
		bar.Clear()
		r.Seconds = time.Since(start).Seconds()
		r.MBs = float64(r.SentBytes) / 1e6 / r.Seconds
		if err != nil {
			return explain(err, cfg)
		}
	}
	if o.verify != verifyNothing {
		bar := progress.New("verifying")
		p.progress = bar.Set
		v, err := p.verify(ctx, o.verify)
		bar.Clear()
		if err != nil {
			return explain(err, cfg)
		}
		r.Verified = &v
	}
	if o.pruning {
		if r.Pruned, err = p.prune(ctx, o.prune, o.dryRun, stdout); err != nil {
			return explain(err, cfg)
		}
	}
	return nil
}
