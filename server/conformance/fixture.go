package conformance

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// What a target has to serve: [Write] makes it, as folders page, packs/small and
// packs/large, and Small is the default pack.
const (
	Small = "small"
	Large = "large"
)

// BigShard is the path in Large of a shard of 64 MiB.
func BigShard() string { return made().big }

// secret is in files that no list names, and must never leave.
const secret = "not in the manifest"

// fixture is what the suite knows of these files.
type fixture struct {
	page     map[string][]byte // by name
	small    map[string][]byte
	shard    string // name of a shard of Small
	manifest []byte // of Large
	big      string // name of its shard of 64 MiB
}

// Write makes the fixture in a folder, the same at each call.
func Write(dir string) error {
	f := made()
	for name, data := range f.page {
		if err := write(filepath.Join(dir, "page"), name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	for name, data := range f.small {
		if err := write(filepath.Join(dir, "packs", Small), name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	large := filepath.Join(dir, "packs", Large)
	if err := write(large, weights.ManifestPath, bytes.NewReader(f.manifest)); err != nil {
		return err
	}
	for _, s := range largePlan().Shards {
		if err := write(large, weights.ShardPath(hashOf(counted(s.Bytes))), counted(s.Bytes)); err != nil {
			return err
		}
	}
	return nil
}

func write(dir, name string, from io.Reader) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, from); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

var made = sync.OnceValue(func() *fixture {
	f := &fixture{page: page(), small: make(map[string][]byte)}
	plan := planOf(weights.Config{Dim: 64, HiddenDim: 96, NLayers: 2, NHeads: 4, NKVHeads: 2, HeadDim: 16, NExperts: 4, VocabSize: 256}, quant.Q8)
	var names []string
	for _, s := range plan.Shards {
		data, _ := io.ReadAll(counted(s.Bytes)) // it never fails
		names = append(names, hashOf(bytes.NewReader(data)))
		f.small[weights.ShardPath(names[len(names)-1])] = data
	}
	f.shard = weights.ShardPath(names[0])
	m := plan.Manifest(names)
	m.Name = "A small pack"
	tokenizer := []byte(strings.Repeat("a tokenizer, ", 100))
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindSentencePiece, File: "tokenizer.model", SHA256: hashOf(bytes.NewReader(tokenizer)), VocabSize: 256}
	f.small["tokenizer.model"] = tokenizer
	f.small["pack.torrent"] = []byte("d4:infod4:name5:smallee")
	f.small["secret.txt"] = []byte(secret)
	f.small[weights.ManifestPath] = marshal(m)

	plan = largePlan()
	names = nil
	for _, s := range plan.Shards {
		names = append(names, hashOf(counted(s.Bytes)))
		if s.Bytes == bigBytes {
			f.big = weights.ShardPath(names[len(names)-1])
		}
	}
	m = plan.Manifest(names)
	m.Name = "A large pack"
	f.manifest = marshal(m)
	return f
})

const bigBytes = 64 << 20

// largePlan has one shard of 64 MiB, for embed and lm_head, whose bytes are the same.
func largePlan() *weights.Plan {
	return planOf(weights.Config{Dim: 1024, HiddenDim: 32, NLayers: 1, NHeads: 2, NKVHeads: 1, HeadDim: 16, NExperts: 2, VocabSize: bigBytes / 4096}, quant.F32)
}

func planOf(c weights.Config, format quant.Format) *weights.Plan {
	c.Architectures, c.ModelType, c.HiddenAct = []string{"MixtralForCausalLM"}, "mixtral", "silu"
	c.NExpertsPerTok, c.MaxPositions, c.NormEps, c.RopeTheta, c.BOS, c.EOS = 2, 64, 1e-5, 1e4, 1, weights.TokenIDs{2}
	plan, err := weights.NewPlan(c, format, format)
	if err != nil {
		panic(err) // the configs are constants
	}
	return plan
}

func marshal(m *weights.Manifest) []byte {
	text, err := m.Marshal()
	if err != nil {
		panic(fmt.Sprintf("conformance: %v", err)) // of a plan that is a constant
	}
	return text
}

// page is a page as the build leaves it. Its coded files are texts that say what they are,
// as no server looks into them, but for those of gzip, which a client may undo unasked.
func page() map[string][]byte {
	const script = "assets/index-CvB_93xq.js"
	files := map[string][]byte{
		"index.html":                  []byte("<!doctype html><title>mixtab</title>"),
		"about/index.html":            []byte("<!doctype html><title>about</title>"),
		"sw.js":                       []byte("self.addEventListener('fetch', () => {})"),
		"manifest.webmanifest":        []byte("{}"),
		"lib/mixtab.js":               []byte("export {}"),
		"assets/mixtab-Ab3dE6_8.wasm": []byte("\x00asm\x01\x00\x00\x00"),
		"workers/main-Zy9_xW0v.js":    []byte("self.onmessage = () => {}"),
		script:                        []byte(strings.Repeat("console.log('a script');\n", 40)),
		script + ".br":                []byte("(the script, br)"),
		script + ".zst":               []byte("(the script, zstd)"),
		"lib/alone.css.gz":            []byte("(a file without a plain sibling)"),
		".hidden":                     []byte(secret),
	}
	files[script+".gz"] = gzipped(files[script])
	return files
}

func gzipped(data []byte) []byte {
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	zw.Write(data) // a bytes.Buffer takes everything
	zw.Close()
	return z.Bytes()
}

// counted is a file of size bytes in which each stretch of 8 says where it is, so that no
// two places look alike.
func counted(size int64) io.ReadSeeker { return io.NewSectionReader(counting{size}, 0, size) }

type counting struct{ size int64 }

func (c counting) ReadAt(p []byte, offset int64) (int, error) {
	var word [8]byte
	for n := 0; n < len(p); {
		at := offset + int64(n)
		binary.LittleEndian.PutUint64(word[:], mixed(uint64(at/8+c.size)))
		n += copy(p[n:], word[at%8:])
	}
	return len(p), nil
}

// mixed is the finisher of SplitMix64: it tells neighbours apart in all bits.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func hashOf(r io.Reader) string {
	h := sha256.New()
	io.Copy(h, r) // what is read here never fails
	return hex.EncodeToString(h.Sum(nil))
}
