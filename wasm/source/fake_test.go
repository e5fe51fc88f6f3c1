//go:build js && wasm

package source

import (
	"bytes"
	"io/fs"
	"slices"
	"testing"

	"github.com/hack-pad/safejs"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
	"mixtab/tools/pack/testdata"
	"mixtab/wasm/webgpu"
)

const base = "https://packs.test/tiny/"

// A fake stands in for the store's client: it answers from memory.
type fake struct {
	t         *testing.T
	manifest  []byte
	shards    map[string][]byte
	stored    int64
	complete  bool
	faults    map[string]*fault // by method, of the next call
	hold      chan struct{}     // reads wait for it to close, if it is there
	reads     []window          // in bytes: index is the offset
	alive     []safejs.Value    // what was given and not released
	most      int               // alive at once, in bytes
	progress  []map[string]any
	downloads int
}

// A fault is what a method does once instead of its work.
type fault struct {
	kind, message string
	short         bool // gives less than was asked for
}

func (f *fake) next(method string) *fault {
	x := f.faults[method]
	delete(f.faults, method)
	return x
}

func js(t *testing.T) func(safejs.Value, error) safejs.Value {
	return func(v safejs.Value, err error) safejs.Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// store is a Store whose client is the fake.
func (f *fake) store() *Store {
	must := js(f.t)
	global := safejs.Global()
	client := must(must(global.Get("Object")).New())
	method := func(name string, answer func(args []safejs.Value) any) {
		fn, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
			executor, _ := safejs.FuncOf(func(_ safejs.Value, settle []safejs.Value) any {
				go func() {
					if f.hold != nil && name == "read" {
						<-f.hold
					}
					if x := f.next(name); x != nil && !x.short {
						reason := must(must(global.Get("Error")).New(x.message))
						reason.Set("kind", x.kind)
						settle[1].Invoke(reason)
						return
					} else if x != nil {
						args[3] = must(safejs.ValueOf(4))
					}
					settle[0].Invoke(answer(args))
				}()
				return nil
			})
			return safejs.Unsafe(must(must(global.Get("Promise")).New(executor)))
		})
		if err != nil {
			f.t.Fatal(err)
		}
		f.t.Cleanup(fn.Release)
		client.Set(name, fn)
	}
	method("open", func([]safejs.Value) any {
		return map[string]any{"manifest": safejs.Unsafe(f.array(f.manifest)), "storedBytes": f.stored, "complete": f.complete, "persistent": true}
	})
	method("file", func([]safejs.Value) any { return safejs.Unsafe(f.array([]byte("a tokenizer"))) })
	method("read", func(args []safejs.Value) any {
		sha, _ := args[1].String()
		from, _ := args[2].Int()
		n, _ := args[3].Int()
		f.reads = append(f.reads, window{sha, int64(from)})
		buffer := must(f.array(f.shards[sha][from : from+n]).Get("buffer"))
		f.alive = append(f.alive, buffer)
		f.most = max(f.most, f.bytesAlive())
		return safejs.Unsafe(buffer)
	})
	method("download", func(args []safejs.Value) any {
		f.downloads++
		for _, p := range f.progress {
			args[1].Invoke(p)
		}
		return nil
	})
	release, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		f.alive = slices.DeleteFunc(f.alive, args[0].Equal)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	client.Set("release", release)
	return &Store{client}
}

func (f *fake) bytesAlive() (n int) {
	for _, b := range f.alive {
		length, _ := number(b, "byteLength")
		n += int(length)
	}
	return n
}

func (f *fake) array(data []byte) safejs.Value {
	must := js(f.t)
	array := must(must(safejs.Global().Get("Uint8Array")).New(len(data)))
	if _, err := safejs.CopyBytesToJS(array, data); err != nil {
		f.t.Fatal(err)
	}
	return array
}

func tinyPack(t *testing.T) (*fake, *weights.Manifest) {
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
	return &fake{t: t, manifest: pack.ManifestBytes, shards: pack.Shards, faults: map[string]*fault{}}, man
}

// hugeShard gives the pack a shard of so many bytes that belongs to no tensor, for parts
// of the test's choice.
func (f *fake) hugeShard(p *Source, size int64) weights.Part {
	const sha = "huge"
	f.shards[sha] = bytes.Repeat([]byte("0123456789abcde"), int(size/15+1))[:size]
	p.shards[sha] = size
	return weights.Part{Shard: sha, Length: size}
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
