package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/peterbourgon/ff/v3"

	"mixtab/packdir"
	"mixtab/packdir/progress"
	"mixtab/packdir/torrent"
)

const aboutVerify = `mixtab-server verify reads packs whole, and compares every file with its hash in the manifest, and
with the pack's torrent where there is one.

  mixtab-server verify -pack ~/packs/mixtral-q4

It tells of every fault on standard error, with what helps against it, and then ends with
status 1. Files that belong to no pack are told of too, but are no fault.

`

// verify checks packs down to their last byte, which the server does not do when it starts.
func verify(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var packs packFlags
	flags := flag.NewFlagSet("mixtab-server verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	flags.Usage = func() {}
	flags.Var(&packs, "pack", "`folder` of a pack, or name=folder; may be repeated")
	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("MIXTAB"), ff.WithEnvVarSplit(","))
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, aboutVerify)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w (verify -h lists the flags)", explain(flags, err))
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: packs are named with -pack", flags.Arg(0))
	case len(packs) == 0:
		return errors.New("-pack is needed: name the folder to verify")
	}
	faults := 0
	for _, pack := range packs {
		found, err := verifyPack(ctx, pack, stdout)
		if err != nil {
			return err
		}
		for _, fault := range found {
			fmt.Fprintln(stderr, fault)
		}
		faults += len(found)
	}
	switch faults {
	case 0:
		return nil
	case 1:
		return errors.New("1 fault was found")
	}
	return fmt.Errorf("%d faults were found", faults)
}

// verifyPack returns all faults of a pack. Its own error is that it was interrupted.
func verifyPack(ctx context.Context, pack namedPack, stdout io.Writer) (faults []error, err error) {
	root, err := os.OpenRoot(pack.dir)
	if err != nil {
		return []error{fmt.Errorf("-pack: %w: name a folder that tools/pack wrote", err)}, nil
	}
	defer root.Close()
	p, err := packdir.OpenRoot(root)
	if err != nil {
		return []error{err}, nil
	}
	seeds, err := torrent.Of(p)
	var pieces int64 // the length of those to compare; 0 where there is nothing to compare
	if seeds != nil {
		if err = seeds.FitsPack(p); err == nil {
			pieces = seeds.PieceLength
		}
	}
	if err != nil {
		faults = append(faults, err)
	}
	start := time.Now()
	bar := progress.New("verifying")
	report, err := p.Check(ctx, pieces, bar.Set)
	bar.Clear()
	if err != nil {
		return nil, fmt.Errorf("%s: interrupted: it is not verified", pack.dir)
	}
	faults = append(faults, report.Faults...)
	if report.Pieces != nil {
		if err := seeds.Compare(report.Pieces); err != nil {
			faults = append(faults, err)
		}
	}
	strangers, err := p.Strangers()
	if err != nil {
		faults = append(faults, err)
	}
	for _, f := range strangers {
		fmt.Fprintf(stdout, "%s: %s (%.1f MB) belongs to no pack: it is served to nobody, and may be removed\n", pack.dir, f.Path, float64(f.Bytes)/1e6)
	}
	if seeds != nil {
		if err := seeds.Named(pack.name); err != nil {
			fmt.Fprintln(stdout, err)
		}
	}
	if len(faults) == 0 {
		var n int64
		for _, f := range report.Files {
			n += f.Bytes
		}
		with := ""
		if seeds != nil {
			with = ", and its torrent"
		}
		took := time.Since(start).Seconds()
		fmt.Fprintf(stdout, "%s: whole%s: %d files, %.1f MB, %.1f s, %.0f MB/s\n", pack.dir, with, len(report.Files), float64(n)/1e6, took, float64(n)/1e6/took)
	}
	return faults, nil
}
