package box

import (
	"strings"

	"mixtab/engine/weights"
)

// A thing is what a request asks for, as metrics and log name it: one of few kinds, and
// the pack that it belongs to where that is one of ours. Whatever a client may invent has
// the same name, or the metrics would grow with it.
type thing struct {
	kind string
	pack string
}

// kinds are all there are.
var kinds = []string{"page", "asset", "index", "manifest", "tokenizer", "shard", "torrent", "probe", "other"}

// thingAt looks at the path alone; whether there is something is for the handler to say.
func thingAt(path string, packs map[string]bool) thing {
	rest, isPack := strings.CutPrefix(path, "/packs/")
	switch {
	case path == "/packs.json":
		return thing{kind: "index"}
	case path == "/healthz" || path == "/readyz" || path == "/version":
		return thing{kind: "probe"}
	case strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/lib/") || strings.HasPrefix(path, "/workers/"):
		return thing{kind: "asset"}
	case !isPack:
		return thing{kind: "page"}
	}
	pack, name, _ := strings.Cut(rest, "/")
	if !packs[pack] {
		return thing{kind: "other"}
	}
	switch {
	case name == weights.ManifestPath:
		return thing{"manifest", pack}
	case name == "tokenizer.model":
		return thing{"tokenizer", pack}
	case name == weights.TorrentPath:
		return thing{"torrent", pack}
	case strings.HasPrefix(name, "shards/"):
		return thing{"shard", pack}
	}
	return thing{"other", pack}
}
