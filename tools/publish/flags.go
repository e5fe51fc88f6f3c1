package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/peterbourgon/ff/v3"
)

const usage = `usage: go run ./tools/publish -pack DIR -to s3://BUCKET/PREFIX -endpoint https://ACCOUNT.r2.cloudflarestorage.com

Uploads a pack to a bucket of Cloudflare R2, S3, or a store that speaks as they do.
Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from where else AWS's
programs find them. What the bucket holds already is not sent again, so an interrupted run
goes on where it stopped. The manifest comes last: a pack that can be seen is whole.

Ends with 0 if the pack is published, 1 if something failed that may work another time, 2 if
the flags or the pack must be changed first, 130 if interrupted.

`

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
