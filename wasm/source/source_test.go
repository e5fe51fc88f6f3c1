//go:build js && wasm

package source

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
	"mixtab/tools/pack/testdata"
	"mixtab/wasm/webgpu"
)

const base = "https://packs.test/tiny/"

// A network answers fetch from memory.
type network struct {
	files map[string][]byte // by path below base
	wrong map[string][]byte // what the first answer is instead; nil: the connection fails
	asked []string
}

// install takes the place of fetch until the test ends.
func (n *network) install(t *testing.T) {
	t.Helper()
	global := safejs.Global()
	real, err := global.Get("fetch")
	if err != nil {
		t.Fatal(err)
	}
	response, _ := global.Get("Response")
	typeError, _ := global.Get("TypeError")
	promise, _ := global.Get("Promise")
	fake, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		url, _ := args[0].String()
		name := strings.TrimPrefix(url, base)
		n.asked = append(n.asked, name)
		body, ok := n.files[name]
		if instead, isWrong := n.wrong[name]; isWrong {
			delete(n.wrong, name)
			if body = instead; body == nil {
				reason, _ := typeError.New("connection refused")
				failed, _ := promise.Call("reject", reason)
				return safejs.Unsafe(failed)
			}
		}
		status := 200
		if !ok {
			status = 404
		}
		array, _ := global.Get("Uint8Array")
		array, _ = array.New(len(body))
		safejs.CopyBytesToJS(array, body)
		r, _ := response.New(array, map[string]any{"status": status})
		return safejs.Unsafe(r)
	})
	if err != nil {
		t.Fatal(err)
	}
	global.Set("fetch", fake)
	t.Cleanup(func() {
		global.Set("fetch", real)
		fake.Release()
	})
}

func tinyPack(t *testing.T) (*weights.Memory, *weights.Manifest, *network) {
	t.Helper()
	dir, err := fs.Sub(testdata.FS, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	pack, err := convert.Memory(t.Context(), "tiny", dir, convert.Options{Format: quant.Q4})
	if err != nil {
		t.Fatal(err)
	}
	man, err := weights.ParseManifest(pack.ManifestBytes)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{files: map[string][]byte{weights.ManifestPath: pack.ManifestBytes}, wrong: map[string][]byte{}}
	for sha, data := range pack.Shards {
		n.files[weights.ShardPath(sha)] = data
	}
	return pack, man, n
}

func open(t *testing.T) *webgpu.Device {
	t.Helper()
	dev, err := webgpu.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dev.Close)
	return dev
}

// loadAll brings every part to the device and compares it with the pack.
func loadAll(t *testing.T, dev *webgpu.Device, f *Fetch, pack *weights.Memory) error {
	t.Helper()
	raw, err := f.Manifest(t.Context())
	if err != nil {
		return err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return err
	}
	for _, tensor := range man.Tensors {
		for _, p := range tensor.Parts {
			b, err := dev.NewBuffer(t.Context(), tensor.Name, gpu.Storage, int(p.Length))
			if err != nil {
				return err
			}
			defer b.Release()
			if err := f.Load(t.Context(), p, b, 0); err != nil {
				return err
			}
			got := make([]byte, p.Length)
			if err := gpu.ReadInto(t.Context(), dev, b, 0, got); err != nil {
				return err
			}
			if want := pack.Shards[p.Shard][p.Offset : p.Offset+p.Length]; !bytes.Equal(got, want) {
				t.Errorf("%s has other bytes on the device", tensor.Name)
			}
		}
	}
	return nil
}

func TestLoad(t *testing.T) {
	pack, man, n := tinyPack(t)
	n.install(t)
	dev := open(t)
	f := New(base, dev)
	var loaded, total int64
	f.Progress = func(l, t int64) { loaded, total = l, t }
	if err := loadAll(t, dev, f, pack); err != nil {
		t.Fatal(err)
	}
	if loaded != man.Bytes() || total != man.Bytes() {
		t.Errorf("progress ended at %d of %d, want %d", loaded, total, man.Bytes())
	}
	if got, want := len(n.asked), 1+len(man.Shards); got != want {
		t.Errorf("%d requests, want %d: %v", got, want, n.asked)
	}
	for sha, s := range f.come {
		if length, err := s.bytes.Get("byteLength"); err != nil {
			t.Error(err)
		} else if left, _ := length.Int(); left != 0 {
			t.Errorf("%d bytes of shard %s are still in memory", left, sha)
		}
	}
	if tok, err := f.Tokenizer(t.Context()); err != nil || tok != nil {
		t.Errorf("a pack without a tokenizer gave %d bytes, %v", len(tok), err)
	}
}

func TestBadNetworks(t *testing.T) {
	dev := open(t)
	for _, c := range []struct {
		name   string
		damage func(n *network, shard string, data []byte)
		want   error  // nil: it heals
		line   string // what the visitor can read; %s is the shard's URL
	}{
		{"refused once", func(n *network, shard string, _ []byte) { n.wrong[shard] = nil }, nil, ""},
		{"cut off once", func(n *network, shard string, data []byte) { n.wrong[shard] = data[:len(data)/2] }, nil, ""},
		{"missing", func(n *network, shard string, _ []byte) { delete(n.files, shard) }, weights.ErrBadShard,
			"%s answered 404: the pack is not there, or not all of it: check its address, or copy it there again"},
		{"one bit", func(n *network, shard string, data []byte) {
			bad := bytes.Clone(data)
			bad[len(bad)-1] ^= 1
			n.files[shard] = bad
		}, weights.ErrBadShard, "%s has other bytes than its name says: the server's copy is damaged: copy the pack there again"},
		{"too short", func(n *network, shard string, data []byte) { n.files[shard] = data[:len(data)-4] }, weights.ErrBadShard, "%s has "},
		{"too long", func(n *network, shard string, data []byte) { n.files[shard] = append(bytes.Clone(data), 0) }, weights.ErrBadShard, "%s has more than its "},
		{"no manifest", func(n *network, _ string, _ []byte) { delete(n.files, weights.ManifestPath) }, weights.ErrBadShard,
			base + "manifest.json answered 404: the pack is not there"},
		{"another manifest", func(n *network, _ string, _ []byte) { n.files[weights.ManifestPath] = []byte(`{"version": 99}`) }, weights.ErrBadManifest,
			base + "manifest.json: has format version 99, newer than this mixtab's (1): update mixtab"},
		{"refused", func(n *network, _ string, _ []byte) { n.wrong[weights.ManifestPath] = nil }, ErrNetwork,
			base + "manifest.json cannot be reached (connection refused): check the connection and try again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pack, man, n := tinyPack(t)
			shard := weights.ShardPath(man.Shards[0].SHA256)
			c.damage(n, shard, n.files[shard])
			n.install(t)
			err := loadAll(t, dev, New(base, dev), pack)
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("got %v, want %v", err, c.want)
			}
			line := strings.ReplaceAll(c.line, "%s", base+shard)
			if err != nil && (strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), line)) {
				t.Errorf("got %v\nwant one line: %s", err, line)
			}
		})
	}
}

// The tokenizer is verified like a shard.
func TestBadTokenizer(t *testing.T) {
	_, _, n := tinyPack(t)
	n.files["tokenizer.model"] = []byte("another model's")
	n.install(t)
	f := New(base, nil)
	f.tokenizer = weights.Tokenizer{File: "tokenizer.model", SHA256: strings.Repeat("0", 64)}
	_, err := f.Tokenizer(t.Context())
	want := base + "tokenizer.model has other bytes than its manifest says: the server's copy is damaged: copy the pack there again"
	if !errors.Is(err, weights.ErrBadShard) || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
