package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/torrent"
)

// TestMain lets the test program be the publisher itself, in a process that can be killed.
func TestMain(m *testing.M) {
	// Whatever the machine has of its own must not help a test along.
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
		os.Unsetenv(name)
	}
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_ACCESS_KEY_ID", "test-key")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
	if os.Getenv("MIXTAB_TEST_PUBLISH") != "" {
		main()
	}
	os.Exit(m.Run())
}

// hasty is as patient as a test may be.
var hasty = patience{attempts: 4, backoff: 20 * time.Millisecond, stall: time.Second}

const tinyConfig = `{"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 256, "intermediate_size": 512,
  "max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 3,
  "num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 100}`

// newPack writes a pack of random weights in which each tensor is a shard, so that there
// are many and small ones. Packs of different seeds share none but those that equal.
func newPack(t *testing.T, seed uint64) string {
	t.Helper()
	c, err := weights.ParseConfig([]byte(tinyConfig))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "shards"), 0o777); err != nil {
		t.Fatal(err)
	}
	m := plan.Manifest(make([]string, len(plan.Shards)))
	m.Name, m.Shards = fmt.Sprint("test ", seed), nil
	random := rand.NewChaCha8([32]byte{byte(seed)})
	for i := range m.Tensors {
		for j := range m.Tensors[i].Parts {
			part := &m.Tensors[i].Parts[j]
			data := make([]byte, part.Length)
			random.Read(data)
			sum := sha256.Sum256(data)
			part.Shard, part.Offset = hex.EncodeToString(sum[:]), 0
			m.Shards = append(m.Shards, weights.Shard{SHA256: part.Shard, Bytes: part.Length})
			write(t, filepath.Join(dir, weights.ShardPath(part.Shard)), data)
		}
	}
	tokenizer := fmt.Appendf(nil, "tokenizer %d", seed)
	sum := sha256.Sum256(tokenizer)
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindSentencePiece, File: "tokenizer.model", SHA256: hex.EncodeToString(sum[:]), VocabSize: c.VocabSize}
	write(t, filepath.Join(dir, "tokenizer.model"), tokenizer)
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, weights.ManifestPath), text)
	addTorrent(t, dir, "test")
	if len(m.Shards) < 40 {
		t.Fatalf("only %d shards", len(m.Shards))
	}
	return dir
}

// addTorrent gives a pack a torrent of that name.
func addTorrent(t *testing.T, dir, name string) {
	t.Helper()
	p, err := packdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	found, err := p.Check(t.Context(), 1<<20, nil)
	if err != nil || len(found.Faults) > 0 {
		t.Fatal(err, found.Faults)
	}
	text, err := (&torrent.Torrent{Name: name, PieceLength: 1 << 20, Pieces: found.Pieces, Files: found.Files, WebSeeds: []string{"https://example.com/packs/"}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, weights.TorrentPath), text)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// aShard is the path of one shard of a pack.
func aShard(t *testing.T, dir string) string {
	t.Helper()
	shards, err := filepath.Glob(filepath.Join(dir, "shards/*.bin"))
	if err != nil || len(shards) == 0 {
		t.Fatal("no shards: ", err)
	}
	return shards[len(shards)/2]
}

// An outcome is what a run of the publisher came to.
type outcome struct {
	code           int
	stdout, stderr string
}

// start runs the publisher in this process.
func start(ctx context.Context, args ...string) outcome {
	var stdout, stderr strings.Builder
	code := run(ctx, args, hasty, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want fails the test unless the run came to this.
func (o outcome) want(t *testing.T, code int, text string) {
	t.Helper()
	if o.code != code || !strings.Contains(o.stdout+o.stderr, text) {
		t.Fatalf("exit code %d, want %d; want %q in\n%s%s", o.code, code, text, o.stdout, o.stderr)
	}
	if n := strings.Count(o.stderr, "\n"); code != 0 && n != 1 || code == 0 && n != 0 {
		t.Fatalf("%d lines on standard error:\n%s", n, o.stderr)
	}
}

func TestBody(t *testing.T) {
	data := make([]byte, 100_000)
	rand.NewChaCha8([32]byte{}).Read(data)
	right := small("x", "", data)
	for _, tt := range []struct {
		name string
		data []byte
		want string // of the error
	}{
		{"right", data, ""},
		{"first byte", append([]byte{data[0] ^ 1}, data[1:]...), "other bytes"},
		{"last byte", append(append([]byte{}, data[:len(data)-1]...), data[len(data)-1]^1), "other bytes"},
		{"short", data[:len(data)-1], "cut short"},
		{"empty", nil, "cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sent int64
			b := newBody(strings.NewReader(string(tt.data)), "the file", right, func(n int64) { sent += n })
			for range 2 { // as before a second attempt
				if _, err := b.Seek(0, io.SeekStart); err != nil || sent != 0 {
					t.Fatalf("after going back %d bytes count as sent, %v", sent, err)
				}
				got, err := io.ReadAll(b)
				if tt.want == "" {
					if err != nil || string(got) != string(data) || sent != int64(len(data)) {
						t.Fatalf("%d bytes, %d sent, %v", len(got), sent, err)
					}
					continue
				}
				var unfit packError
				if !errors.As(err, &unfit) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "the file: ") {
					t.Fatal(err)
				}
				if len(got) >= len(data) {
					t.Fatal("all bytes left, so that a store could make an object of them")
				}
			}
		})
	}
}
