// Package weights knows what a pack is: the manifest that describes a model, the
// tensors it is made of, and the parts of shards in which their bytes lie. A Source
// brings those bytes to a device.
//
// A pack is a folder of manifest.json, a tokenizer file and shards/<sha256>.bin.
// docs/FORMAT.md specifies it. Tensor bytes are already in the layout that kernels
// read (see engine/quant), so loading is moving: in the browser no weight byte ever
// enters Go's memory.
package weights

import (
	"context"
	"errors"
	"fmt"

	"mixtab/engine/gpu"
)

// Kinds of errors that say what is wrong with a pack. Such an error is shown to people
// as it is: one line that names the file and the remedy, without the kind's own name.
var (
	// ErrBadManifest is what ParseManifest's errors are.
	ErrBadManifest = errors.New("bad manifest")
	// ErrBadShard is what a Source's errors are where a shard is missing, too short or
	// not what its name says: the host may fetch it again.
	ErrBadShard = errors.New("bad shard")
)

// A packError is an error in its own words that is also of a kind.
type packError struct {
	error
	kind error
}

func (e packError) Is(target error) bool { return target == e.kind }
func (e packError) Unwrap() error        { return e.error }

// BadShard makes an ErrBadShard, which has to name the shard's file.
func BadShard(format string, args ...any) error {
	return packError{fmt.Errorf(format, args...), ErrBadShard}
}

// A Source is where a pack comes from, joined with the device that it goes to.
type Source interface {
	// Manifest returns the bytes of manifest.json, for ParseManifest.
	Manifest(ctx context.Context) ([]byte, error)

	// Tokenizer returns the tokenizer file that the manifest names; nil if it names
	// none.
	Tokenizer(ctx context.Context) ([]byte, error)

	// Load moves the bytes of a part to dst at a byte offset, a multiple of 4. What
	// is behind Load is verified: a corrupt shard is an ErrBadShard.
	Load(ctx context.Context, part Part, dst gpu.Buffer, offset int) error
}

// Names of tensors. Layers and experts are counted from 0.
const (
	Embed  = "embed"   // [vocabSize, dim]
	LMHead = "lm_head" // [vocabSize, dim]
	Norm   = "norm"    // [dim], before lm_head
)

// A LayerName is the name of a tensor inside a layer.
type LayerName string

const (
	AttnNorm LayerName = "attn_norm" // [dim]
	QKV      LayerName = "qkv"       // [(nHeads+2·nKVHeads)·headDim, dim]: query rows, key rows, value rows
	Output   LayerName = "o"         // [dim, nHeads·headDim]
	FFNNorm  LayerName = "ffn_norm"  // [dim]
	Router   LayerName = "router"    // [nExperts, dim]
)

// An ExpertName is the name of a matrix of an expert.
type ExpertName string

const (
	Gate ExpertName = "gate" // [hiddenDim, dim]
	Up   ExpertName = "up"   // [hiddenDim, dim]
	Down ExpertName = "down" // [dim, hiddenDim]
)

// ExpertNames are an expert's matrices, in the order they lie in a pack.
var ExpertNames = []ExpertName{Gate, Up, Down}

// Layer is the full name of a layer's tensor.
func Layer(layer int, name LayerName) string {
	return fmt.Sprintf("layers.%d.%s", layer, name)
}

// Expert is the full name of an expert's matrix.
func Expert(layer, expert int, name ExpertName) string {
	return fmt.Sprintf("layers.%d.experts.%d.%s", layer, expert, name)
}

// ShardPath is where a shard lies in a pack, with slashes.
func ShardPath(sha256 string) string { return "shards/" + sha256 + ".bin" }

// ManifestPath is where a pack's manifest lies in it.
const ManifestPath = "manifest.json"

// TorrentPath is where the torrent of a pack lies in it, if it has one.
const TorrentPath = "pack.torrent"
