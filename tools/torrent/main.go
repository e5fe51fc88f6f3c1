// Command torrent writes the torrent of a pack, with web seeds, into the pack's folder.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"mixtab/packdir/progress"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/torrent -pack PACK -web-seed https://example.com/packs/

Writes pack.torrent into the folder of a pack, from which any BitTorrent client fetches the
whole pack: from the web seeds, which are servers of packs, and from others who have it.
No tracker is needed. The pack is read once, and every shard compared with its name on the
way; a damaged pack gets no torrent. The same pack and flags give the same bytes.

`

type report struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	result
}

func main() {
	var o options
	flag.StringVar(&o.pack, "pack", "", "the pack's `folder`")
	flag.Func("web-seed", "`URL` of the folder above the pack's on a server (https://example.com/packs/); may be repeated", o.addWebSeed)
	flag.Func("tracker", "`URL` of a tracker to announce the pack to; may be repeated", o.addTracker)
	flag.StringVar(&o.name, "name", "", "the `name` under which the web seeds serve the pack (default: what mixtab-server makes of the folder's)")
	flag.BoolVar(&o.private, "private", false, "clients may find each other through the trackers only")
	flag.StringVar(&o.out, "o", "", "the `file` to write (default: pack.torrent in the pack's folder, where servers look for it)")
	asJSON := flag.Bool("json", false, "end standard output with one JSON object")
	cli.Parse("torrent", usage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	bar := progress.New("hashing")
	made, err := create(ctx, o, bar.Set)
	bar.Clear()
	r := report{OK: err == nil, result: made}
	if err != nil {
		r.Error = err.Error()
		fmt.Fprintln(os.Stderr, "torrent:", err)
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(r)
	} else if r.OK {
		fmt.Printf("%s: %d files, %.1f MB in %d pieces of %d KiB, %.1f s, %.0f MB/s\n%s\n%s\n",
			r.Out, r.Files, float64(r.Bytes)/1e6, r.Pieces, r.PieceLength>>10, r.Seconds, r.MBs, r.InfoHash, r.Magnet)
	}
	if !r.OK {
		stop()
		os.Exit(1)
	}
}
