package cli

import (
	"context"
	"errors"
	"fmt"

	"mixtab/packdir"
	"mixtab/packdir/progress"
)

// Verify reads a finished pack again, with a progress bar, and checks every shard.
func Verify(ctx context.Context, dir string) error {
	p, err := packdir.Open(dir)
	if err != nil {
		return err
	}
	bar := progress.New("verifying")
	defer bar.Clear()
	return p.Verify(ctx, bar.Set)
}

// Resumable tells whoever interrupted a command that writes a pack how to go on.
func Resumable(err error, out string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: interrupted: run the same command again, it continues where it stopped", out)
	}
	return err
}
