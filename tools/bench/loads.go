//go:build !js

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/tools/bench/measure"
)

// loads prints how fast experts of a pack come to the device. files are the pack's, and
// are read again here by the plainest means there are, for comparison.
func (o *options) loads(ctx context.Context, dev gpu.Device, src weights.Source, files fs.FS) error {
	buf := make([]byte, 4<<20)
	r, err := measure.Loads(ctx, dev, src, func(parts []weights.Part) error {
		for _, p := range parts {
			f, err := files.Open(weights.ShardPath(p.Shard))
			if err != nil {
				return err
			}
			defer f.Close()
			for at := int64(0); at < p.Length; at += int64(len(buf)) {
				if _, err := f.(io.ReaderAt).ReadAt(buf[:min(int64(len(buf)), p.Length-at)], p.Offset+at); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s (%s) · %s, %s, %d experts of %.1f MB\n", r.Device, r.Adapter, r.Pack, r.Format, r.Experts, float64(r.ExpertBytes)/1e6)
	fmt.Printf("raw read     %6.2f GB/s\n", r.RawReadGBs)
	fmt.Printf("staging copy %6.2f GB/s\n", r.StagingGBs)
	fmt.Printf("expert load  %6.2f GB/s  (%.0f %% of the smaller; %.2f GB/s the first time, with SHA-256)\n", r.LoadGBs, 100*r.Share, r.FirstGBs)
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
