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
// reads and with the staging ring alone, in turns:
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
	var raw, staging, loads float64
	for range 4 {
		r, err := store.Measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		raw, staging, loads = max(raw, r), max(staging, stagingBandwidth(t, dev)), max(loads, loadBandwidth(t, p, s.Manifest))
	}
	share := loads / min(raw, staging)
	t.Logf("GB/s: raw reads %.2f, staging ring %.2f, loads of experts %.2f: %.0f %% of the smaller", raw/1e9, staging/1e9, loads/1e9, 100*share)
	if share < 0.8 {
		t.Errorf("loads reach %.2f of the smaller of the two, want 0.8", share)
	}
}

// stagingBandwidth copies one array again and again: bytes a second.
func stagingBandwidth(t *testing.T, dev *webgpu.Device) float64 {
	t.Helper()
	const stagingBytes = 16 << 20
	must := js(t)
	chunk := must(must(safejs.Global().Get("ArrayBuffer")).New(stagingBytes))
	b, err := dev.NewBuffer(t.Context(), "staging", gpu.Storage, stagingBytes)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	const chunks = 32
	return bandwidth(t, dev, b, chunks*stagingBytes, func() error {
		var all errgroup.Group
		all.SetLimit(5)
		for range chunks {
			all.Go(func() error { return dev.UploadJS(t.Context(), b, 0, chunk, 0, stagingBytes) })
		}
		return all.Wait()
	})
}

// loadBandwidth loads the experts of a layer, as the engine does where a layer lacks two:
// bytes a second.
func loadBandwidth(t *testing.T, p *Source, man *weights.Manifest) float64 {
	t.Helper()
	var bytes int64
	var slots []gpu.Buffer
	var loads errgroup.Group
	loads.SetLimit(2 * len(weights.ExpertNames))
	for _, name := range weights.ExpertNames {
		b, err := p.dev.NewBuffer(t.Context(), "slot", gpu.Storage, int(expert(t, man, 0, name).Length))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		slots = append(slots, b)
		bytes += int64(man.Config.NExperts) * int64(b.Size())
	}
	return bandwidth(t, p.dev, slots[0], bytes, func() error {
		for e := range man.Config.NExperts {
			for i, name := range weights.ExpertNames {
				part := expert(t, man, e, name)
				loads.Go(func() error { return p.Load(t.Context(), part, slots[i], 0) })
			}
		}
		return loads.Wait()
	})
}

func expert(t *testing.T, man *weights.Manifest, e int, name weights.ExpertName) weights.Part {
	t.Helper()
	tensor, err := man.Tensor(weights.Expert(0, e, name))
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Parts[0]
}

// bandwidth times f and the GPU's part of it.
func bandwidth(t *testing.T, dev *webgpu.Device, b gpu.Buffer, bytes int64, f func() error) float64 {
	t.Helper()
	start := time.Now()
	if err := f(); err != nil {
		t.Fatal(err)
	}
	if err := gpu.ReadInto(t.Context(), dev, b, 0, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	return float64(bytes) / time.Since(start).Seconds()
}
