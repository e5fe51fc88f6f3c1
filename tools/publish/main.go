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

	"github.com/peterbourgon/ff/v3"

	"mixtab/packdir/progress"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/publish -pack DIR -to s3://BUCKET/PREFIX -endpoint https://ACCOUNT.r2.cloudflarestorage.com

Uploads a pack to a bucket of Cloudflare R2, S3, or a store that speaks as they do.
Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from where else AWS's
programs find them. What the bucket holds already is not sent again, so an interrupted run
goes on where it stopped. The manifest comes last: a pack that can be seen is whole.

Ends with 0 if the pack is published, 1 if something failed that may work another time, 2 if
the flags or the pack must be changed first, 130 if interrupted.

`

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

// options are the flags.
type options struct {
	dir, to          string
	endpoint, region string
	parallel         int
	verify           string
	prune            time.Duration
	pruning          bool
	cors             string
	dryRun, asJSON   bool
}

// A usageError is a mistake in the flags.
type usageError struct{ error }

func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("publish", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringVar(&o.dir, "pack", "", "the pack's `folder`")
	flags.StringVar(&o.to, "to", "", "where it goes: `s3://BUCKET/PREFIX`; the page then finds it under PREFIX/")
	flags.StringVar(&o.endpoint, "endpoint", "", "the store's `URL`, for R2 https://ACCOUNT.r2.cloudflarestorage.com (default: AWS)")
	flags.StringVar(&o.region, "region", "", "the bucket's `region` (default: auto with -endpoint, else AWS_REGION)")
	flags.IntVar(&o.parallel, "parallel", 8, "`files` sent at a time")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only list what would be sent and deleted")
	flags.BoolFunc("verify", "check every object in the bucket afterwards: by the hash that the store computed of what it received, by a download where it tells none; -verify=download downloads all", func(how string) error {
		switch how {
		case "true":
			o.verify = verifyStore
		case verifyDownload:
			o.verify = how
		default:
			return errors.New("want -verify or -verify=download")
		}
		return nil
	})
	flags.Func("prune", "afterwards list and delete shards that the manifest does not name and that are older than this `duration`, such as 48h", func(s string) error {
		age, err := time.ParseDuration(s)
		if err == nil && age < 0 {
			err = errors.New("is negative")
		}
		o.prune, o.pruning = age, true
		return err
	})
	flags.StringVar(&o.cors, "cors", "", "`print` the rules that let pages of other origins read the bucket, or set them (set needs a key that may)")
	flags.BoolVar(&o.asJSON, "json", false, "end standard output with one JSON object")
	err := ff.Parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, usageError{fmt.Errorf("%w (-h lists the flags)", err)}
	case flags.NArg() > 0:
		return o, usageError{fmt.Errorf("unexpected argument %q (-h lists the flags)", flags.Arg(0))}
	}
	if err := o.check(); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

func (o options) check() error {
	switch {
	case o.cors == corsPrint:
		return nil
	case o.cors != "" && o.cors != corsSet:
		return fmt.Errorf("-cors: %q is neither print nor set", o.cors)
	case o.to == "" || o.dir == "":
		return errors.New("-pack and -to are needed: see -h")
	case o.parallel < 1 || o.parallel > 64:
		return fmt.Errorf("-parallel: %d is not between 1 and 64", o.parallel)
	}
	if _, _, err := parseTarget(o.to); err != nil {
		return err
	}
	return parseEndpoint(o.endpoint)
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
		defer bar.Clear()
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
		defer bar.Clear()
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
