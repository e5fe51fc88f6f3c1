//go:build js && wasm

package source

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/hack-pad/safejs"
	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/wasm/webgpu"
)

// The real store: the demo pack from the network, and again from the file system.
func TestRealStore(t *testing.T) {
	url := os.Getenv("MIXTAB_ORIGIN") + "/module/demo/pack/"
	store, err := Connect()
	if err != nil {
		t.Fatal(err)
	}
	dev := open(t)
	for _, complete := range []bool{false, true} {
		p := store.Pack(url).On(dev)
		s, err := p.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Complete != complete || !s.Persistent {
			t.Errorf("got %+v, want complete: %v", s, complete)
		}
		f := &fake{t: t, shards: map[string][]byte{}} // only to compare with
		for _, shard := range s.Manifest.Shards {
			f.shards[shard.SHA256] = get(t, url+weights.ShardPath(shard.SHA256))
		}
		if err := loadAll(t, dev, p, f); err != nil {
			t.Fatal(err)
		}
		tok, err := p.Tokenizer(t.Context())
		if err != nil || string(tok) != string(get(t, url+s.Manifest.Tokenizer.File)) {
			t.Errorf("the tokenizer has %d bytes, %v", len(tok), err)
		}
		var last Progress
		if err := p.Download(func(p Progress) { last = p }); err != nil {
			t.Fatal(err)
		}
		if last.DoneBytes != last.TotalBytes {
			t.Errorf("the download ended at %+v", last)
		}
	}
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r.Status, err)
	}
	return body
}

// TestLoadBandwidth compares loading experts, file system to GPU, with the store's raw
// reads, and with the staging ring alone bringing as many bytes from memory to the same
// slots, in turns:
//
//	go run ./tools/synth -out build/synth-1 -layers 1 -vocab 4096
//	MIXTAB_SERVE=build/synth-1 GOOS=js GOARCH=wasm go test -exec $PWD/build/gobrowser ./wasm/source -run Bandwidth -v
func TestLoadBandwidth(t *testing.T) {
	if os.Getenv("MIXTAB_SERVE") == "" {
		t.Skip("MIXTAB_SERVE names no pack to load")
	}
	store, err := Connect()
	if err != nil {
		t.Fatal(err)
	}
	dev := open(t)
	p := store.Pack(os.Getenv("MIXTAB_ORIGIN") + "/serve/").On(dev)
	s, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Download(func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	must := js(t)
	memory := must(must(must(safejs.Global().Get("Uint8Array")).New(256<<20)).Call("fill", 1)) // touched
	slots := slotsOf(t, dev, s.Manifest)
	var raw, staging, loads float64
	for range 5 {
		r, err := store.Measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		raw = max(raw, r)
		at := 0
		staging = max(staging, fill(t, dev, s.Manifest, slots, func(part weights.Part, slot gpu.Buffer) error {
			at = (at + int(part.Length)) % (128 << 20) // other bytes each time, as weights are
			return dev.UploadJS(t.Context(), slot, 0, memory, at, int(part.Length))
		}))
		loads = max(loads, fill(t, dev, s.Manifest, slots, func(part weights.Part, slot gpu.Buffer) error {
			return p.Load(t.Context(), part, slot, 0)
		}))
	}
	share := loads / min(raw, staging)
	t.Logf("GB/s: raw reads %.2f, staging ring %.2f, loads of experts %.2f: %.0f %% of the smaller", raw/1e9, staging/1e9, loads/1e9, 100*share)
	if share < 0.8 {
		t.Errorf("loads reach %.2f of the smaller of the two, want 0.8", share)
	}
}

// slotsOf are buffers for the matrices of an expert.
func slotsOf(t *testing.T, dev *webgpu.Device, man *weights.Manifest) (slots []gpu.Buffer) {
	t.Helper()
	for _, name := range weights.ExpertNames {
		b, err := dev.NewBuffer(t.Context(), "slot", gpu.Storage, int(expert(t, man, 0, name).Length))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Release)
		slots = append(slots, b)
	}
	return slots
}

// fill brings the experts of a layer to the slots, two experts at a time, as the engine does
// where a layer lacks two. It returns bytes a second, of the GPU's part of it too.
func fill(t *testing.T, dev *webgpu.Device, man *weights.Manifest, slots []gpu.Buffer, load func(weights.Part, gpu.Buffer) error) float64 {
	t.Helper()
	var loads errgroup.Group
	loads.SetLimit(2 * len(slots))
	var bytes int64
	start := time.Now()
	for e := range man.Config.NExperts {
		for i, name := range weights.ExpertNames {
			part := expert(t, man, e, name)
			bytes += part.Length
			loads.Go(func() error { return load(part, slots[i]) })
		}
	}
	if err := loads.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := gpu.ReadInto(t.Context(), dev, slots[0], 0, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	return float64(bytes) / time.Since(start).Seconds()
}

func expert(t *testing.T, man *weights.Manifest, e int, name weights.ExpertName) weights.Part {
	t.Helper()
	tensor, err := man.Tensor(weights.Expert(0, e, name))
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Parts[0]
}
