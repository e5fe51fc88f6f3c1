package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// shardName is what we would have written: nothing else is ever deleted.
var shardName = regexp.MustCompile(`^shards/[0-9a-f]{64}\.bin$`)

// prune deletes the shards that the published manifest does not name and that are older
// than age, after it has listed them. Younger ones may belong to a publisher that is at
// work, or to a manifest that a browser still has.
func (p *publisher) prune(ctx context.Context, age time.Duration, dryRun bool, out io.Writer) (int, error) {
	there, err := p.store.shards(ctx, p.store.cfg.attempts)
	if err != nil {
		return 0, err
	}
	for _, f := range p.local.shards {
		delete(there, f.name)
	}
	var old []file
	for name, o := range there {
		if shardName.MatchString(name) && time.Since(o.time) >= age {
			old = append(old, file{name: name, size: o.size})
		}
	}
	slices.SortFunc(old, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, f := range old {
		fmt.Fprintf(out, "prune  %s  %s\n", f.name, humanize.Bytes(uint64(f.size)))
	}
	if dryRun {
		return 0, nil
	}
	var deleted atomic.Int64
	err = p.each(ctx, old, func(ctx context.Context, f file) error {
		if err := p.store.delete(ctx, f.name); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		deleted.Add(1)
		return nil
	})
	return int(deleted.Load()), err
}
